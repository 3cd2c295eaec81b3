// Runs the guarantees without a proxy and through each, and holds the result against the table of docs/proxies.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { TestService } from "../../../build/gen/grpc-testing_pb.js";
import { Finding } from "../../report.mjs";
import { ROOT, ToolMissing } from "../../tools.mjs";
import { allZero, eventually } from "../leaks.mjs";
import { scriptedService } from "../scripted-service.mjs";
import { silentProxy } from "../silent-proxy.mjs";
import { guarantees } from "./guarantees.mjs";
import { needProxy, PROXY_TIMEOUT_MS, proxies, startProxy } from "./programs.mjs";

const DOCUMENT = join(ROOT, "docs", "proxies.md");
const BEGIN = "<!-- measured by interop/lifecycle/proxies, written by node interop/lifecycle.mjs --write -->";
/** What stands for a version where there is no proxy. */
const DIRECT = "proxy";
const END = "<!-- end of the measured table -->";

/** `slow`: also what takes seconds. `write`: put the result into docs/proxies.md; else it must be what stands there, for these versions. */
export async function runProxies(report, { only, slow, write }) {
  const documented = readTable();
  const columns = new Map();
  const versions = {};
  console.log("Promises through a proxy");
  for (const name of ["direct", ...Object.keys(proxies)]) {
    try {
      versions[name] = name === "direct" ? DIRECT : await needProxy(name);
      columns.set(name, new Map());
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      report.missing(`through ${name}`, error.message);
    }
  }
  const runColumn = async ([name, verdicts]) => {
    for (const [title, guarantee] of Object.entries(guarantees)) {
      const label = `${name.padEnd(11)} ${title}`;
      if ((guarantee.slow && !slow) || !`proxy ${label}`.includes(only)) continue;
      await report.check(label, async () => {
        const { verdict, told } = await runOne(name, guarantee);
        verdicts.set(title, verdict);
        const expected = documented.cells.get(`${title}|${name}`);
        if (!write && documented.versions[name] === versions[name] && verdict !== expected) {
          throw new Finding(`docs/proxies.md says "${expected}", found is "${verdict}": ${told}`);
        }
        return [verdict, told].filter((part) => part !== undefined).join(": ");
      });
    }
  };
  await Promise.all([...columns].map(runColumn));
  if (write) writeTable(columns, versions);
}

async function runOne(name, guarantee) {
  const { service, calls } = scriptedService();
  const server = await serve({ routes: (r) => r.service(TestService, service), onLog: () => {}, ...guarantee.serve });
  const elsewhere = await guarantee.elsewhere?.();
  const closing = [() => server.close({ graceMs: 0 }), () => elsewhere?.stop("SIGKILL")];
  let port = elsewhere?.port ?? server.port;
  const silent = async (to) => {
    const proxy = await silentProxy(to);
    closing.unshift(() => proxy.close());
    return proxy;
  };
  let silence;
  let cut;
  if (guarantee.silentBehind && name !== "direct") ({ port, silence, close: cut } = await silent(port));
  if (name !== "direct") {
    const proxy = await startProxy(name, port);
    closing.push(() => proxy.close());
    port = proxy.port;
  }
  if (guarantee.silentBefore || (guarantee.silentBehind && name === "direct")) ({ port, silence, close: cut } = await silent(port));
  const url = `http://127.0.0.1:${port}`;
  const channel = connect(url, { timeoutMs: 20_000, ...guarantee.channel });
  closing.push(() => channel.close({ graceMs: 0 }));
  const call = async () => {
    await eventually("the call arrives", () => calls.length > 0);
    return calls[0];
  };
  try {
    const found = await guarantee.run({ client: createClient(TestService, channel), channel, server, call, elsewhere, silence, cut, url });
    await allZero("the channel", () => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
    const names = ["openStreams", "openCalls", "runningHandlers"];
    await allZero("the server", () => server.statistics(), names, 2 * PROXY_TIMEOUT_MS);
    return found;
  } finally {
    await Promise.all(closing.map((close) => close()));
  }
}

/** The table that stands in the document: the versions of its head, and a cell for `title|name`. */
function readTable() {
  const text = readFileSync(DOCUMENT, "utf8");
  const lines = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split("\n");
  const rows = lines
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [head = [], , ...body] = rows;
  const names = head.slice(1).map((cell) => (cell === "no proxy" ? "direct" : cell.split(" ")[0]));
  const versions = Object.fromEntries(names.map((name, i) => [name, head[i + 1].split(" ")[1]]));
  const cells = new Map(body.flatMap(([title, ...row]) => row.map((cell, i) => [`${title}|${names[i]}`, cell])));
  return { versions, cells };
}

function writeTable(columns, versions) {
  const names = [...columns.keys()];
  const heads = names.map((name) => `${name === "direct" ? "no" : name} ${versions[name]}`);
  const lines = [
    `| | ${heads.join(" | ")} |`,
    `|---|${heads.map(() => "---|").join("")}`,
    ...Object.keys(guarantees).map((title) => `| ${title} | ${names.map((name) => columns.get(name).get(title) ?? "?").join(" | ")} |`),
  ];
  const text = readFileSync(DOCUMENT, "utf8");
  const at = text.indexOf(BEGIN) + BEGIN.length;
  writeFileSync(DOCUMENT, `${text.slice(0, at)}\n\n${lines.join("\n")}\n\n${text.slice(text.indexOf(END))}`);
}
