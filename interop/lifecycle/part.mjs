// One group of scenarios with one peer; the parent is told by messages:  fork part.mjs GROUP PEER ONLY LONG [PROXY]
//   { pass | fail | skip: label, detail, row, cell }
import { Finding, Report } from "../report.mjs";
import { groups } from "./groups.mjs";

const [name, peer, only, long, via] = process.argv.slice(2);
const { scenarios, side, run } = groups[name];
process.on("disconnect", () => process.exit(1));

let cell;
class Told extends Report {
  pass(label, detail) {
    process.send({ kind: "pass", label, detail, cell });
  }
  fail(label, reason) {
    process.send({ kind: "fail", label, detail: String(reason), cell: "FAILS" });
  }
}
const report = new Told();

for (const [row, scenario] of Object.entries(scenarios)) {
  const label = `${`${peer} ${side}${via === undefined ? "" : `, ${via}`}`.padEnd(26)} ${row}`;
  if (via !== undefined && !scenario.passes?.includes(via)) continue;
  if (!label.includes(only) || (scenario.library ?? peer) !== peer) continue;
  const { boundMs } = scenario;
  process.send({ kind: "begin", row, bound: boundMs });
  if (scenario.long && long !== "long") process.send({ kind: "skip", label, detail: "takes long: with --long or CI=true" });
  else await report.check(label, () => judge(scenario, boundMs), scenario.limitMs);
}
process.disconnect();
process.exit();

async function judge(scenario, boundMs) {
  const { ms, told = "" } = (await run(scenario, peer, via)) ?? {};
  if (ms > boundMs) throw new Finding(`ended after ${ms.toFixed(0)} ms, promised are ${boundMs} ms`);
  cell = ms === undefined ? "as promised" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  return [ms === undefined ? "" : `ended after ${ms.toFixed(1)} of ${boundMs} ms`, told].filter((part) => part !== "").join(", ");
}
