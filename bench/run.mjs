// `npm run bench [-- --only NAME] [-- --runs N] [-- --quick]`: measures Sluice beside its peers, in turn, on one core each for server and load.
// A whole run, and each case of a run with --only, is kept in bench/results/latest.{json,md,svg}; a quick one in .tools/bench.
import { mkdirSync } from "node:fs";
import { setup } from "../scripts/setup.mjs";
import { readArguments, refuse } from "./harness/arguments.mjs";
import { RESULTS, TOOLS } from "./harness/paths.mjs";

const options = readArguments({ only: "", runs: 3, seconds: 3, quick: false, list: false });
if (!Number.isInteger(options.runs) || options.runs < 1) refuse(`--runs is a whole number from 1, not ${options.runs}`);

await setup().catch((error) => refuse(`setup: ${error.message}`));
// What needs the packages that setup installs is imported after it.
const { cases } = await import("./cases/index.mjs");
const { describeMachine } = await import("./harness/machine.mjs");
const { install } = await import("./harness/install.mjs");
const { measureCase } = await import("./harness/rounds.mjs");
const { judge } = await import("./harness/bars.mjs");
const { caseText, verdictCounts } = await import("./harness/text-table.mjs");
const { keepResults } = await import("./harness/results.mjs");

if (options.list) {
  for (const { name, title } of cases) console.log(`${name.padEnd(24)} ${title}`);
  process.exit(0);
}
const names = options.only === "" ? cases.map(({ name }) => name) : options.only.split(",");
const unknown = names.find((name) => !cases.some((test) => test.name === name));
if (unknown !== undefined) refuse(`--only: there is no case ${unknown}; there are ${cases.map(({ name }) => name).join(", ")}`);

mkdirSync(TOOLS, { recursive: true });
const timing = options.quick
  ? { rounds: 1, seconds: 0.7, warmup: 0.4, quick: true }
  : { rounds: options.runs, seconds: options.seconds, warmup: 2 };
const machine = describeMachine();
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Go ${machine.go}; pinned: ${machine.pinned}`);
if (!options.quick && options.runs < 3) console.log("fewer than 3 rounds: not for publishing");

const results = [];
for (const test of cases.filter(({ name }) => names.includes(name))) {
  console.log(`\n${test.title} (${test.name}: ${test.how})`);
  const contestants = await present(test);
  if (contestants.length === 0) continue;
  const rows = await measureCase(test, contestants, timing);
  const { name, title, how, metrics, plot } = test;
  const result = { name, title, how, metrics, plot, timing, measured: new Date().toISOString(), rows, bars: judge(test, rows) };
  console.log(caseText(result));
  results.push(result);
}
const folder = options.quick ? TOOLS : RESULTS;
keepResults(
  folder,
  machine,
  results,
  cases.map(({ name }) => name),
);
console.log(`\n${verdictCounts(results)}\nwritten: ${folder}/latest.json, latest.md, latest.svg`);
process.exit(0);

/** The contestants whose programs are here; the others are skipped aloud, with their reason. */
async function present(test) {
  const reason = await missing(test.needs);
  if (reason !== undefined) console.log(`  skipped, the whole case: ${reason}`);
  const kept = [];
  for (const contestant of reason === undefined ? test.contestants : []) {
    const reason = await missing(contestant.needs);
    if (reason === undefined) kept.push(contestant);
    else console.log(`  skipped: ${contestant.label}: ${reason}`);
  }
  return kept;
}

/** Installs what is needed; why that could not be done, or undefined. */
async function missing(needs = []) {
  for (const need of needs) {
    const reason = await install(need);
    if (reason !== undefined) return reason.split("\n")[0];
  }
  return undefined;
}
