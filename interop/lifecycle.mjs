// How calls end: R1 to R13 with Sluice and other libraries of JavaScript, then Sluice and Go peers, both ways round, with what each side
// saw and what is left at the end, then through proxies. Tables last.
//   node interop/lifecycle.mjs [--only TEXT] [--long] [--write]
// --long: the other libraries too, and what takes long. --write: what was found about proxies into docs/proxies.md, instead of a check.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readArguments } from "./arguments.mjs";
import { experimentTable, runExperiments } from "./lifecycle/experiments/run.mjs";
import { groups } from "./lifecycle/groups.mjs";
import { needProxy, proxies } from "./lifecycle/proxies/programs.mjs";
import { runProxies } from "./lifecycle/proxies/run.mjs";
import { Table } from "./lifecycle/table.mjs";
import { Report } from "./report.mjs";
import { goPrograms, ToolMissing } from "./tools.mjs";

const PART = fileURLToPath(new URL("lifecycle/part.mjs", import.meta.url));
/** Scenarios wait more than they work. */
const AT_ONCE = 3;

const args = readArguments("node interop/lifecycle.mjs [--only TEXT] [--long] [--write]", {
  only: { type: "string", default: "" },
  long: { type: "boolean", default: process.env.CI === "true" },
  write: { type: "boolean", default: false },
});
const report = new Report({ countsSkips: true });
const tables = new Map(Object.entries(groups).map(([name, { title }]) => [name, new Table(title)]));

const rows = await runExperiments(report, { only: args.only, others: args.long });
report.progress();
try {
  await goPrograms();
  await runParts();
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  report.missing("Go peers", error.message);
}
report.progress();
await runProxies(report, { only: args.write ? "" : args.only, slow: args.long || args.write, write: args.write });
console.log("");
for (const line of experimentTable(rows)) console.log(line);
for (const table of tables.values()) for (const line of ["", ...table.lines()]) console.log(line);
report.end();
process.exit();

async function runParts() {
  console.log("Sluice and programs in Go");
  const waiting = Object.entries(groups).flatMap(([group, { peers }]) => peers.map((peer) => ({ group, peer })));
  if (args.long) waiting.push(...(await proxiedParts()));
  const work = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) await runPart(part);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** The Go peers through each proxy that is here. What is missing, runProxies says. */
async function proxiedParts() {
  const parts = [];
  for (const via of Object.keys(proxies)) {
    const there = await needProxy(via).catch(() => undefined);
    if (there === undefined) continue;
    for (const [group, { proxied = [] }] of Object.entries(groups)) parts.push(...proxied.map((peer) => ({ group, peer, via })));
  }
  return parts;
}

function runPart({ group, peer, via }) {
  return new Promise((resolve) => {
    const part = fork(PART, [group, peer, args.only, args.long ? "long" : "", ...(via === undefined ? [] : [via])]);
    let row;
    part.on("message", ({ kind, label, detail, cell, ...begun }) => {
      if (kind === "begin") {
        row = begun;
        return;
      }
      report[kind](label, detail);
      tables.get(group).set(row.row, row.bound ?? "", via === undefined ? peer : `${peer}, ${via}`, kind === "skip" ? "not run" : cell);
    });
    part.on("exit", (code) => {
      if (code !== 0) report.fail(`${group} with ${peer}`, `its process ended with ${code}`);
      report.progress();
      resolve();
    });
  });
}
