// Shows that some test notices every small change of the kernel: `npm run mutation [-- --file receiver.ts] [--sample N] [--seed S] [--jobs 2]`.
// Mutants of src/call/*.ts are tried in a copy of the project, each until a test fails; only tests that come by its place when nothing is changed are
// run for it. Who survives is listed, unless explained.json says why the change makes no difference. `--seconds N` stops after so long, `--list` only
// lists, `--json F` writes the survivors, `--again F` tries those that are written in F. Last line: `N passed, N failed`: mutants noticed or explained,
// and the others.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { transformSync } from "rolldown/utils";
import { membersOf, mutantsOf, withMutants } from "./mutants.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDER = "src/call";
/** Mutants of one process. */
const BATCH = 40;
/** A test that takes longer runs for ever. */
const LIMIT_MS = 30_000;
/** Without any mutant they all run in one process, one after the other. */
const RECORD_LIMIT_MS = 600_000;
const { values } = parseArgs({
  options: {
    file: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    json: { type: "string" },
    again: { type: "string" },
    list: { type: "boolean" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const until = performance.now() + Number(values.seconds) * 1000;
const explained = JSON.parse(readFileSync(new URL("explained.json", import.meta.url), "utf8"));
const sources = readSources();
const all = everyMutant();
/** What became of the mutants, in the order they were tried. */
const results = [];

await main();

async function main() {
  const chosen = choose();
  console.log(`${chosen.length} of ${all.length} mutants${values.sample === undefined ? "" : `, seed ${seed}`}`);
  if (values.list) {
    for (const mutant of chosen) console.log(describe(mutant));
    return;
  }
  const copy = makeCopy();
  try {
    const batches = batchesOf(chosen, await record(copy));
    await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(copy, batches)));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  printTable(chosen);
  const { noticed, explained: known, survivors } = count(results);
  const late = results.filter(({ verdict }) => verdict === "late").length;
  console.log(
    `${results.length} tried: ${noticed} noticed, ${late} of them since they never end; ${known} survive for a reason that is known`,
  );
  if (results.length < chosen.length) console.log(`note: ${chosen.length - results.length} mutants were not tried: the time was up`);
  console.log(`${noticed + known} passed, ${survivors} failed`);
  process.exitCode = survivors > 0 ? 1 : 0;
}

function choose() {
  const { file: files, again, sample } = values;
  const wanted = again === undefined ? undefined : JSON.parse(readFileSync(again, "utf8"));
  const asked = all.filter(
    (mutant) =>
      (files === undefined || files.some((name) => `/${mutant.file}`.endsWith(`/${name}`))) &&
      (wanted === undefined || isIn(wanted, mutant)),
  );
  return sample === undefined ? asked : shuffled(asked).slice(0, Number(sample));
}

async function work(copy, batches) {
  for (let batch = batches.shift(); batch !== undefined && performance.now() < until; batch = batches.shift()) {
    const verdicts = await tryAll(
      copy,
      batch.map(({ id }) => id),
    );
    for (const mutant of batch) take(mutant, verdicts.get(mutant.id));
    const { noticed, explained: known, survivors } = count(results);
    console.log(`${noticed + known} passed, ${survivors} failed`);
    writeSurvivors();
  }
}

function readSources() {
  const names = readdirSync(join(ROOT, FOLDER)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return new Map(names.map((name) => [`${FOLDER}/${name}`, readFileSync(join(ROOT, FOLDER, name), "utf8")]));
}

function everyMutant() {
  const members = Object.assign({}, ...[...sources].map(([file, source]) => membersOf(file, source)));
  const mutants = [...sources].flatMap(([file, source]) => mutantsOf(file, source, members));
  return mutants.map((mutant, index) => ({ ...mutant, id: index + 1 }));
}

/** `atLoad`: places that are come by while modules are loaded; what is computed there is not computed again, and each has a process of its own. */
function batchesOf(mutants, atLoad) {
  const alone = mutants.filter(({ id }) => atLoad.has(id)).map((mutant) => [mutant]);
  const others = mutants.filter(({ id }) => !atLoad.has(id));
  const batches = [];
  for (let at = 0; at < others.length; at += BATCH) batches.push(others.slice(at, at + BATCH));
  return [...batches, ...alone];
}

function key({ file, within, column, text, from, to }) {
  return { file, within, column, text, from, to };
}

function isIn(list, mutant) {
  return list.some((known) => Object.entries(key(mutant)).every(([name, value]) => known[name] === value));
}

function take(mutant, verdict) {
  const outcome = verdict !== "survived" ? "noticed" : isIn(explained, mutant) ? "explained" : "survived";
  results.push({ mutant, verdict, outcome });
  if (outcome === "survived") console.log(`FAIL ${describe(mutant)}`);
}

function count(some) {
  const of = (outcome) => some.filter((result) => result.outcome === outcome).length;
  return { noticed: of("noticed"), explained: of("explained"), survivors: of("survived") };
}

function writeSurvivors() {
  if (values.json === undefined) return;
  const survivors = results.filter(({ outcome }) => outcome === "survived").map(({ mutant }) => key(mutant));
  writeFileSync(values.json, `${JSON.stringify(survivors, null, 2)}\n`);
}

/** As docs/mutation.md has it. */
function printTable(chosen) {
  console.log("\n| file | mutants | noticed | explained | survive |\n|---|---|---|---|---|");
  for (const file of new Set(chosen.map((mutant) => mutant.file))) {
    const some = results.filter(({ mutant }) => mutant.file === file);
    const { noticed, explained: known, survivors } = count(some);
    console.log(`| \`${file}\` | ${some.length} | ${noticed} | ${known} | ${survivors} |`);
  }
  console.log("");
}

function describe({ file, within, line, column, text, from, to }) {
  const short = (it) => it.replace(/\s+/g, " ").slice(0, 100);
  return `${file}:${line}:${column} ${within}: ${short(from)} → ${short(to)}\n    ${text}`;
}

/** A copy of what is built, module by module, with the mutants in the kernel and the tests kept in a list. */
function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), "sluice-mutation-"));
  for (const folder of ["dist", "build"]) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "dir");
  const { exports } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  for (const { types, default: bundle } of Object.values(exports)) {
    if (bundle === undefined) continue;
    const path = join(copy, bundle);
    mkdirSync(dirname(path), { recursive: true });
    const module = relative(dirname(path), join(copy, types.replace(/\.d\.ts$/, ".js")));
    writeFileSync(path, `export * from ${JSON.stringify(module)};\n`);
  }
  for (const [file, source] of sources) {
    const text = withMutants(
      source,
      all.filter((mutant) => mutant.file === file),
    );
    const { code, errors } = transformSync(file, text, { target: "es2022" });
    if (errors.length > 0) throw new Error(`${file} with its mutants: ${errors[0].message}`);
    writeFileSync(join(copy, file.replace(/^src/, "dist").replace(/\.ts$/, ".js")), code);
  }
  const registry = JSON.stringify(new URL("registry.mjs", import.meta.url).href);
  for (const folder of ["dist/call", "build/test/contract"]) {
    for (const name of readdirSync(join(copy, folder)).filter((file) => file.endsWith(".js"))) {
      const path = join(copy, folder, name);
      writeFileSync(path, readFileSync(path, "utf8").replace(/from "node:test"/, `from ${registry}`));
    }
  }
  return copy;
}

/** Runs the tests once without any mutant, so that it is known which places each comes by; gives those that are come by while loading. */
async function record(copy) {
  const said = [];
  const { code, errors } = await run(copy, "record", RECORD_LIMIT_MS, (line) => said.push(line));
  if (code !== 0) throw new Error(`the tests fail without any mutant:\n${said.join("\n")}\n${errors}`);
  return new Set(JSON.parse(readFileSync(join(copy, "reached.json"), "utf8")).load);
}

/** What the tests say of each mutant: `survived`, `late`, or by what it was killed. */
async function tryAll(copy, ids) {
  const verdicts = new Map();
  for (let left = ids; left.length > 0; left = left.filter((id) => !verdicts.has(id))) await tryUntilStopped(copy, left, verdicts);
  return verdicts;
}

/** A process may end before it has tried all of them. The one that was tried then begins the next, unless it had this one for itself. */
async function tryUntilStopped(copy, ids, verdicts) {
  let current = ids[0];
  const { code } = await run(copy, ids.join(), LIMIT_MS, (line) => {
    const [, id, verdict] = /^(\d+) (survived|killed .*)$/.exec(line) ?? [];
    if (id !== undefined) verdicts.set(Number(id), verdict);
    else if (line.startsWith("begin ")) current = Number(line.slice(6));
  });
  if (verdicts.has(current)) return;
  // 13: it waited for what never came
  if (code === "late" || code === 13) verdicts.set(current, "late");
  else if (current === ids[0]) verdicts.set(current, "killed by the end of the process");
  else ids.unshift(...ids.splice(ids.indexOf(current), 1));
}

/** Runs tests.mjs; resolves to its exit code, `late` when nothing was heard of it for so long. */
function run(copy, asked, limitMs, onLine) {
  return new Promise((resolve) => {
    const script = join(ROOT, "scripts/mutation/tests.mjs");
    const child = spawn(process.execPath, ["--expose-gc", "--max-old-space-size=1024", script, copy, asked], { cwd: copy });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limitMs);
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      timer.refresh();
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) onLine(line);
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors = (errors + text).slice(-2_000);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: late ? "late" : code, errors });
    });
  });
}

/** In an order that the seed decides (mulberry32). */
function shuffled(list) {
  let state = seed | 0;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const keyed = list.map((mutant) => [random(), mutant]);
  return keyed.sort(([a], [b]) => a - b).map(([, mutant]) => mutant);
}
