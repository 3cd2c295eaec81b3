// `node bench/readme.mjs`: puts the figures of results/latest.json into the README, between its two marks.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BENCH, ROOT } from "./harness/paths.mjs";

/** One line of the README's table: a case, one of its metrics, and how rows are called there, where not as ever. */
const LINES = [
  { text: "unary server, requests/s", name: "unary-server", metric: "rate" },
  { text: "… CPU seconds per 100,000", name: "unary-server", metric: "cpu" },
  { text: "… with changing headers, requests/s", name: "unary-changing-headers", metric: "rate" },
  { text: "unary client, calls/s", name: "unary-client", metric: "rate" },
  { text: "server-streaming (push), messages/s", name: "server-streaming", metric: "rate" },
  { text: "client-streaming, messages/s", name: "client-streaming", metric: "rate" },
  { text: "bidi, 100 streams, round trips/s", name: "bidi", metric: "rate" },
  { text: "Connect unary server, HTTP/2, requests/s", name: "connect-unary", metric: "rate" },
  { text: "… JSON, requests/s", name: "json-unary", metric: "rate" },
  { text: "… HTTP/1.1, requests/s", name: "connect-unary-http1", metric: "rate", connectNode: "connect-node-http1" },
  { text: "Connect server-streaming, messages/s", name: "connect-streaming", metric: "rate" },
  { text: "64 KiB messages, MB/s each way", name: "large-messages", metric: "rate", suffix: " 64 KiB" },
  { text: "1 MiB messages, MB/s each way", name: "large-messages", metric: "rate", suffix: " 1 MiB" },
  { text: "a grpc-go client's cancel → the handler's signal, p50 µs", name: "cancel-latency", metric: "p50" },
  { text: "idle bidi stream on a server, bytes RSS", name: "idle-memory-server", metric: "rss" },
  { text: "idle bidi stream on a client, bytes RSS", name: "idle-memory-client", metric: "rss" },
  { text: "cold import beyond @bufbuild/protobuf, ms", name: "import-time", metric: "beyond" },
];
const COLUMNS = [
  ["Sluice", "sluice"],
  ["grpc-go", "grpc-go"],
  ["connect-go", "connect-go"],
  ["tonic (Rust)", "tonic"],
  ["grpc-js", "grpc-js"],
  ["connect-node", "connect-node"],
];

const { machine, cases } = JSON.parse(readFileSync(join(BENCH, "results", "latest.json"), "utf8"));

function figure({ name, metric, suffix = "", connectNode = "connect-node" }, contestant) {
  const id = contestant === "connect-node" ? connectNode : contestant;
  const found = cases.find((one) => one.name === name);
  const row = found?.rows.find((one) => one.id === `${id}${suffix}`);
  const value = row?.median?.[metric];
  if (value === undefined) return "";
  const { digits } = found.metrics[metric];
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const table = [
  `| 43-byte messages unless said | ${COLUMNS.map(([title]) => title).join(" | ")} |`,
  `| --- | ${COLUMNS.map(() => "---:").join(" | ")} |`,
  ...LINES.map((line) => `| ${line.text} | ${COLUMNS.map(([, id]) => figure(line, id)).join(" | ")} |`),
];
const { cpu, cores, node, go } = machine;
const days = cases.map(({ measured }) => measured.slice(0, 10)).sort();
const when =
  days[0] === days.at(-1)
    ? `on ${days[0]}`
    : `case by case between ${days[0]} and ${days.at(-1)}, each with all its peers, on machines of the same size; the last`;
const text = `
${table.join("\n")}

Measured ${when}: ${cpu}, ${cores} cores, Node ${node}, Go ${go}; medians of three interleaved rounds. Each bar that was set, reached or missed:
[bench/results/latest.md](bench/results/latest.md).

![Rates of Sluice and its peers](bench/results/latest.svg)
`;

const readme = join(ROOT, "README.md");
const before = readFileSync(readme, "utf8");
const marked = /(<!-- bench:begin -->)[\s\S]*(<!-- bench:end -->)/;
if (!marked.test(before)) throw new Error("README.md has no bench marks");
writeFileSync(
  readme,
  before.replace(marked, (_, begin, end) => `${begin}${text}\n${end}`),
);
