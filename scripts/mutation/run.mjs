// Shows that some test notices every small change of the kernel: `npm run mutation [-- --file receiver.ts] [--sample N] [--seed S] [--jobs 2]`.
// Mutants of src/call/*.ts are tried in a copy of the project, each until a test fails. Who survives is listed, unless explained.json says why the
// change makes no difference. `--seconds N` stops after so long, `--list` only lists, `--json F` writes the survivors.
// Last line: `N passed, N failed`: mutants noticed or explained, and the others.
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
/** Its table is computed while it is loaded: such mutants, and all outside of functions, have a process each. */
const AT_LOAD = ["src/call/transition.ts"];
/** Mutants of one process; then it is asked whether the tests still pass without any. */
const BATCH = 40;
/** A mutant that takes longer runs for ever. */
const LIMIT_MS = 120_000;
const { values } = parseArgs({
  options: {
    file: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    json: { type: "string" },
    list: { type: "boolean" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const until = performance.now() + Number(values.seconds) * 1000;
const explained = JSON.parse(readFileSync(new URL("explained.json", import.meta.url), "utf8"));
const sources = readSources();
const all = everyMutant();
const found = { killed: 0, late: 0, explained: 0, tried: 0, survivors: [] };

await main();

async function main() {
  const asked = values.file === undefined ? all : all.filter(({ file }) => values.file.some((name) => `/${file}`.endsWith(`/${name}`)));
  const chosen = values.sample === undefined ? asked : shuffled(asked).slice(0, Number(values.sample));
  console.log(`${chosen.length} of ${all.length} mutants${values.sample === undefined ? "" : `, seed ${seed}`}`);
  if (values.list) {
    for (const mutant of chosen) console.log(describe(mutant));
    return;
  }
  const copy = makeCopy();
  try {
    if ((await tryAll(copy, [0])).get(0) !== "survived") throw new Error("the tests fail without any mutant");
    const batches = batchesOf(chosen);
    await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(copy, batches)));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  const { killed, late, survivors, tried } = found;
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(survivors.map(key), null, 2)}\n`);
  console.log(
    `${tried} tried: ${killed} noticed, ${late} of them since they never end; ${found.explained} survive for a reason that is known`,
  );
  if (tried < chosen.length) console.log(`note: ${chosen.length - tried} mutants were not tried: the time was up`);
  console.log(`${killed + found.explained} passed, ${survivors.length} failed`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

async function work(copy, batches) {
  for (let batch = batches.shift(); batch !== undefined && performance.now() < until; batch = batches.shift()) {
    const verdicts = await tryAll(copy, [...batch.map(({ id }) => id), ...(batch.length > 1 ? [0] : [])]);
    // a mutant has left something behind: each again by itself
    const sound = batch.length === 1 || verdicts.get(0) === "survived";
    for (const mutant of batch) take(mutant, sound ? verdicts.get(mutant.id) : (await tryAll(copy, [mutant.id])).get(mutant.id));
    console.log(`${found.tried - found.survivors.length} passed, ${found.survivors.length} failed`);
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

function batchesOf(mutants) {
  const isAlone = ({ file, atLoad }) => atLoad || AT_LOAD.includes(file);
  const alone = mutants.filter(isAlone).map((mutant) => [mutant]);
  const others = mutants.filter((mutant) => !isAlone(mutant));
  const batches = [];
  for (let at = 0; at < others.length; at += BATCH) batches.push(others.slice(at, at + BATCH));
  return [...batches, ...alone];
}

function key({ file, column, text, from, to }) {
  return { file, column, text, from, to };
}

function take(mutant, verdict) {
  found.tried++;
  if (verdict !== "survived") {
    found.killed++;
    if (verdict === "late") found.late++;
    return;
  }
  const same = (known) => Object.entries(key(mutant)).every(([name, value]) => known[name] === value);
  if (explained.some(same)) {
    found.explained++;
    return;
  }
  found.survivors.push(mutant);
  console.log(`FAIL ${describe(mutant)}`);
}

function describe({ file, line, column, text, from, to }) {
  const short = (it) => it.replace(/\s+/g, " ").slice(0, 100);
  return `${file}:${line}:${column}: ${short(from)} → ${short(to)}\n    ${text}`;
}

/** A copy of what is built, module by module, with the mutants in the kernel and the tests kept in a list. */
function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), "sluice-mutation-"));
  for (const folder of ["dist", "build"]) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "dir");
  mkdirSync(join(copy, "lib"));
  const { exports } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  for (const { types, default: bundle } of Object.values(exports)) {
    if (bundle === undefined) continue;
    const module = relative(join(copy, "lib"), join(copy, types.replace(/\.d\.ts$/, ".js")));
    writeFileSync(join(copy, bundle), `export * from ${JSON.stringify(module)};\n`);
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

/** What the tests say of each mutant: `survived`, `late`, or by what it was killed. A process that does not come to an end is begun anew. */
async function tryAll(copy, ids) {
  const verdicts = new Map();
  for (let left = ids; left.length > 0; left = ids.filter((id) => !verdicts.has(id))) await tryUntilStopped(copy, left, verdicts);
  return verdicts;
}

function tryUntilStopped(copy, ids, verdicts) {
  return new Promise((resolve) => {
    const script = join(ROOT, "scripts/mutation/tests.mjs");
    const child = spawn(process.execPath, ["--expose-gc", script, copy, ids.join()], { cwd: copy, stdio: ["ignore", "pipe", "ignore"] });
    let current = ids[0];
    let timer;
    const begin = (id) => {
      current = id;
      clearTimeout(timer);
      timer = setTimeout(() => {
        verdicts.set(current, "late");
        child.kill("SIGKILL");
      }, LIMIT_MS);
    };
    begin(current);
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const [, id, verdict] = /^(\d+) (survived|killed .*)$/.exec(line) ?? [];
        if (id !== undefined) verdicts.set(Number(id), verdict);
        else if (line.startsWith("begin ")) begin(Number(line.slice(6)));
      }
    });
    child.on("close", () => {
      clearTimeout(timer);
      if (!verdicts.has(current)) verdicts.set(current, "killed by the end of the process");
      resolve();
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
