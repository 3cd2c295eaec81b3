// `node bench/compare.mjs COMMIT [--only CASES] [--runs N] [--seconds S]`: what a change costs. Builds that commit in a worktree under
// .tools/compare, measures it and the working tree in turns, each with its own programs, and prints the ratios of the pairs of rounds.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setup } from "../scripts/setup.mjs";
import { readArguments, refuse } from "./harness/arguments.mjs";
import { ROOT, TOOLS } from "./harness/paths.mjs";
import { run } from "./harness/run-command.mjs";

const MAIN = "unary-server,unary-changing-headers,unary-client,server-streaming,client-streaming,bidi,idle-memory-server";

const [commit, ...rest] = process.argv.slice(2);
if (commit === undefined || commit.startsWith("--")) refuse("the first argument is the commit to compare with");
const options = readArguments({ only: MAIN, runs: 8, seconds: 3, warmup: 2 }, rest);
if (!Number.isInteger(options.runs) || options.runs < 1) refuse(`--runs is a whole number from 1, not ${options.runs}`);

const sha = shortName(commit);
const tree = join(ROOT, ".tools", "compare", sha);
try {
  await setup();
  if (!existsSync(tree)) {
    mkdirSync(join(ROOT, ".tools", "compare"), { recursive: true });
    await run("git", ["worktree", "add", "--force", "--detach", tree, sha], { cwd: ROOT });
  }
  await run(process.execPath, ["scripts/setup.mjs"], { cwd: tree });
} catch (error) {
  refuse(`setup: ${error.message}`);
}
mkdirSync(TOOLS, { recursive: true });

// What needs the packages that setup installs is imported after it.
const { cases } = await import("./cases/index.mjs");
const { clients, servers } = await import("./harness/peers.mjs");
const { install } = await import("./harness/install.mjs");
const { measureCase } = await import("./harness/rounds.mjs");
const { comparison } = await import("./harness/comparison.mjs");

servers.before = { ...servers.sluice, program: join(tree, "bench", "serve.mjs") };
clients.before = { ...clients.sluice, program: join(tree, "bench", "load.mjs") };

const names = options.only.split(",");
const unknown = names.find((name) => !cases.some((test) => test.name === name));
if (unknown !== undefined) refuse(`--only: there is no case ${unknown}; there are ${cases.map(({ name }) => name).join(", ")}`);

console.log(`${sha} and the working tree, ${options.runs} rounds each in turns`);
for (const test of cases.filter(({ name }) => names.includes(name))) {
  console.log(`\n${test.title} (${test.name}: ${test.how})`);
  const missing = (await Promise.all((test.needs ?? []).map(install))).find((reason) => reason !== undefined);
  if (missing !== undefined) console.log(`  skipped: ${missing.split("\n")[0]}`);
  for (const row of missing === undefined ? ownRows(test) : []) {
    const pair = [as(row, "before", sha), as(row, "sluice", "working tree")];
    const rounds = { rounds: options.runs, seconds: options.seconds, warmup: options.warmup };
    console.log(comparison(test, row.label, await measureCase(test, pair, rounds)));
  }
}
process.exit(0);

/** The rows of a case where Sluice is measured: the plain one, or all where none is plain. */
function ownRows({ contestants }) {
  const rows = contestants.filter((row) => (row.server ?? row.client) === "sluice");
  const plain = rows.filter(({ id }) => id === "sluice");
  return plain.length > 0 ? plain : rows;
}

/** The row with the programs of one of the two trees. */
function as(row, name, label) {
  return { ...row, id: label, label, ...(row.server !== undefined ? { server: name } : { client: name }) };
}

function shortName(name) {
  try {
    return execFileSync("git", ["rev-parse", "--short=12", "--verify", `${name}^{commit}`], { cwd: ROOT, encoding: "utf8" }).trim();
  } catch {
    return refuse(`${name} is no commit of this repository`);
  }
}
