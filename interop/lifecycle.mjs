// How calls end: R1 to R13 with Sluice and other libraries of JavaScript, then Sluice and Go peers, both ways round, with what each side
// saw and what is left at the end. Tables last.
//   node interop/lifecycle.mjs [--only TEXT] [--long] [--write]
// --long: the other libraries too, and what takes long. --write: what was found about proxies into docs/proxies.md, instead of a check.
import { readArguments } from "./arguments.mjs";
import { awfulServers, runAwful } from "./lifecycle/awful-servers.mjs";
import { clientScenarios } from "./lifecycle/client-scenarios.mjs";
import { experimentTable, runExperiments } from "./lifecycle/experiments/run.mjs";
import { runGoClient } from "./lifecycle/go-client.mjs";
import { runAgainstGo } from "./lifecycle/go-server.mjs";
import { leavingGoServers } from "./lifecycle/leaving-go-servers.mjs";
import { runProxies } from "./lifecycle/proxies/run.mjs";
import { serverScenarios } from "./lifecycle/server-scenarios.mjs";
import { Table } from "./lifecycle/table.mjs";
import { Finding, Report } from "./report.mjs";
import { goPrograms, ToolMissing } from "./tools.mjs";

/** The Go peers. */
const LIBRARIES = ["grpc-go", "connect-go"];

const args = readArguments("node interop/lifecycle.mjs [--only TEXT] [--long] [--write]", {
  only: { type: "string", default: "" },
  long: { type: "boolean", default: process.env.CI === "true" },
  write: { type: "boolean", default: false },
});
const report = new Report({ countsSkips: true });
const tables = [];

const rows = await runExperiments(report, { only: args.only, others: args.long });
await withTools("Go peers", async () => {
  const { walker, peer, awful } = await goPrograms();
  const against = (scenario, library) => runAgainstGo(scenario, peer, library);
  await runAll("Go clients, Sluice server", serverScenarios, (scenario, library) => runGoClient(scenario, walker, library));
  await runAll("Sluice client, Go servers", leavingGoServers, against);
  await Promise.all([
    runAll("What a Sluice client is told", clientScenarios, against),
    runAll("close() on servers of frames by hand", awfulServers, (scenario) => runAwful(scenario, awful), ["awful"]),
  ]);
});
await runProxies(report, { only: args.write ? "" : args.only, slow: args.long || args.write, write: args.write });
console.log("");
for (const line of experimentTable(rows)) console.log(line);
for (const table of tables) for (const line of ["", ...table.lines()]) console.log(line);
report.end();
process.exit();

/** Runs every scenario with each library that it is for, the libraries side by side: they wait more than they work. */
async function runAll(title, scenarios, run, libraries = LIBRARIES) {
  console.log(title);
  const table = new Table(title);
  tables.push(table);
  const work = async (library) => {
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (!name.includes(args.only) || (scenario.library ?? library) !== library) continue;
      const label = `${library.padEnd(11)} ${name}`;
      if (scenario.long && !args.long) report.skip(label, "takes long: with --long or CI=true");
      else await report.check(label, () => runOne(table, name, scenario, library, run), scenario.limitMs);
    }
  };
  await Promise.all(libraries.map(work));
}

async function runOne(table, name, scenario, library, run) {
  const { boundMs } = scenario;
  table.set(name, boundMs ?? "", library, "FAILS");
  const { ms, told = "" } = (await run(scenario, library)) ?? {};
  if (ms > boundMs) throw new Finding(`ended after ${ms.toFixed(0)} ms, promised are ${boundMs} ms`);
  table.set(name, boundMs ?? "", library, ms === undefined ? "as promised" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);
  return [ms === undefined ? "" : `ended after ${ms.toFixed(1)} of ${boundMs} ms`, told].filter((part) => part !== "").join(", ");
}

/** What is missing here is skipped aloud; with CI=true it is a failure. */
async function withTools(name, run) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    report.missing(name, error.message);
  }
}
