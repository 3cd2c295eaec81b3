// How calls end: R1 to R13 with Sluice and other libraries of JavaScript, then Sluice and Go peers, both ways round, with what each side
// saw and what is left at the end.
//   node interop/lifecycle.mjs [--only TEXT] [--long]      --long: the others too, and what takes long
import { readArguments } from "./arguments.mjs";
import { clientScenarios, runClientScenario } from "./lifecycle/client-scenarios.mjs";
import { experimentTable, runExperiments } from "./lifecycle/experiments/run.mjs";
import { runServerScenario, serverScenarios } from "./lifecycle/server-scenarios.mjs";
import { Report } from "./report.mjs";
import { grpcGoPrograms, ToolMissing } from "./tools.mjs";

const args = readArguments("node interop/lifecycle.mjs [--only TEXT] [--long]", {
  only: { type: "string", default: "" },
  long: { type: "boolean", default: process.env.CI === "true" },
});
const report = new Report({ countsSkips: true });
const rows = await runExperiments(report, { only: args.only, others: args.long });
try {
  const { walker, peer } = await grpcGoPrograms();
  console.log("grpc-go clients, Sluice server");
  for (const [name, scenario] of Object.entries(serverScenarios)) {
    if (!name.includes(args.only)) continue;
    if (scenario.long && !args.long) report.skip(name, "a minute long: with --long or CI=true");
    else await report.check(name, () => runServerScenario(name, walker), scenario.limitMs);
  }
  console.log("Sluice client, grpc-go server");
  for (const name of Object.keys(clientScenarios)) {
    if (name.includes(args.only)) await report.check(name, () => runClientScenario(name, peer));
  }
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  report.missing("lifecycle", error.message);
}
for (const line of experimentTable(rows)) console.log(line);
report.end();
process.exit();
