// h2spec: all of RFC 9113 and RFC 7541 that it tests, against the plain server on the engine and against a gRPC server.
//   node interop/h2spec.mjs [--runs N] [--only engine|grpc]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments, wholeNumber } from "./arguments.mjs";
import { runToEnd, startServer } from "./children.mjs";
import { Report } from "./report.mjs";
import { h2spec, ROOT, withTool } from "./tools.mjs";

/** h2spec asks with GET for a body, which gRPC refuses: misses of that kind are expected and explained in docs/h2spec.md. */
const GRPC_AT_LEAST = 140;
const RUN_LIMIT_MS = 180_000;

const args = readArguments("node interop/h2spec.mjs [--runs N] [--only engine|grpc]", {
  runs: { type: "string", default: process.env.CI === "true" ? "5" : "1" },
  only: { type: "string" },
});
const runs = wholeNumber("--runs", args.runs, 1, 1000);
const report = new Report();
await withTool(report, "h2spec", h2spec, async (tool) => {
  if (args.only !== "grpc") await engine(tool);
  if (args.only !== "engine") await grpc(tool);
});
report.end();
process.exit();

async function engine(tool) {
  const server = await startServer(process.execPath, [join(ROOT, "interop", "h2spec-server.mjs"), "--port", "0"]);
  for (let run = 1; run <= runs; run++) {
    for (const [strict, want] of [
      [false, 145],
      [true, 146],
    ]) {
      const name = `engine, ${strict ? "strict" : "usual"}, run ${run} of ${runs}`;
      const { passed, misses } = await suite(tool, server.port, strict);
      if (passed === want && misses.length === 0) report.pass(name, `${passed} checks`);
      else report.fail(name, `${passed} of ${want} checks passed\n${misses.map(line).join("\n")}`);
    }
  }
  await server.stop();
}

async function grpc(tool) {
  const server = await startServer(process.execPath, [join(ROOT, "bench", "serve.mjs"), "--port", "0"]);
  const { passed, misses } = await suite(tool, server.port, false);
  const name = `gRPC server, at least ${GRPC_AT_LEAST} of 145`;
  const expected = expectedMisses();
  const unexplained = misses.filter((miss) => !expected.has(miss.id));
  for (const miss of misses) console.log(`  miss  ${line(miss)}${expected.has(miss.id) ? " (explained in docs/h2spec.md)" : ""}`);
  if (passed < GRPC_AT_LEAST) report.fail(name, `${passed} passed`);
  else if (unexplained.length > 0) report.fail(name, `not explained in docs/h2spec.md:\n${unexplained.map(line).join("\n")}`);
  else report.pass(name, `${passed} passed, ${misses.length} missed, each explained`);
  await server.stop();
}

async function suite(tool, port, strict) {
  const dir = mkdtempSync(join(tmpdir(), "h2spec-"));
  try {
    const file = join(dir, "report.xml");
    const own = ["generic", "http2", "hpack", "-h", "127.0.0.1", "-p", String(port), "-j", file, ...(strict ? ["--strict"] : [])];
    const { text } = await runToEnd(tool, own, { limitMs: RUN_LIMIT_MS });
    return junit(readFileSync(file, "utf8").trim() || text);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Reads h2spec's JUnit report: how many checks passed, and those that failed or were skipped. */
function junit(xml) {
  let passed = 0;
  const misses = [];
  for (const [, head, body = ""] of xml.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const section = /package="([^"]*)"/.exec(head)?.[1] ?? "";
    const title = unescapeXml(/classname="([^"]*)"/.exec(head)?.[1] ?? "");
    const kind = /<(failure|error|skipped)/.exec(body)?.[1];
    if (kind === undefined) passed++;
    else
      misses.push({
        id: `${section}: ${title}`,
        kind,
        told: unescapeXml(
          body
            .replace(/<[^>]*>/g, " ")
            .replace(/\s+/g, " ")
            .trim(),
        ),
      });
  }
  if (passed + misses.length === 0) throw new Error(`h2spec's report has no checks:\n${xml.slice(0, 1000)}`);
  return { passed, misses };
}

/** The misses that docs/h2spec.md explains: its list items in backquotes. */
function expectedMisses() {
  try {
    return new Set([...readFileSync(join(ROOT, "docs", "h2spec.md"), "utf8").matchAll(/^- `([^`]+)`/gm)].map(([, id]) => id));
  } catch {
    return new Set();
  }
}

function line({ id, kind, told }) {
  return `${id} (${kind}) ${told.slice(0, 200)}`;
}

function unescapeXml(text) {
  const names = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return text.replace(/&(?:#x?([0-9A-Fa-f]+)|(\w+));/g, (whole, number, name) =>
    number !== undefined ? String.fromCodePoint(Number.parseInt(number, whole.includes("#x") ? 16 : 10)) : (names[name] ?? whole),
  );
}
