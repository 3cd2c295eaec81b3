// A process that runs the tests of the kernel (unit tests, contract tests in memory, the model) in a copy of the project where the sources carry all mutants.
// `node tests.mjs <copy> record` runs each test once, without any mutant, and notes in `<copy>/reached.json` which mutants' places it comes by.
// `node tests.mjs <copy> <ids, comma separated>` tries mutants: for each it runs the tests that come by its place, until one fails twice; those that
// failed lately first, then the quick ones. Prints `begin <id>` before each test, and `<id> survived` or `<id> killed by <test>`; `<id> unsure` and ends,
// where the test that failed still fails without the mutant: something was left behind.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { tests } from "./registry.mjs";

const [copy, asked] = process.argv.slice(2);
const ids = asked === "record" ? [] : asked.split(",").map(Number);
/** The mutant that is tried. */
let tried = ids[0];
/** The mutant that counts; 0 is none. */
let current = ids[0] ?? 0;
let reached = new Set();
globalThis.$is = asked === "record" ? (id) => void reached.add(id) : (id) => id === current;

process.on("uncaughtException", (error) => {
  // it may come from what an earlier one has left behind
  console.log(tried === ids[0] ? `${tried} killed by an uncaught exception: ${firstLine(error)}` : `${tried} unsure`);
  process.exit(1);
});

const load = (path) => import(pathToFileURL(join(copy, path)).href);
for (const folder of ["dist/call", "build/test/contract"]) {
  for (const name of readdirSync(join(copy, folder)).sort()) if (name.endsWith(".test.js")) await load(`${folder}/${name}`);
}
for (const kind of ["unary", "server", "client", "bidi"]) tests.push({ name: `model, ${kind}`, body: () => model(kind) });

// the kernel does not know what carries its exchanges: every contract test once
const names = new Set(tests.map(({ name }) => name));
const chosen = tests.filter(({ name }) => {
  const inMemory = name.replace(/, [^,()]+\)$/, ", memory)");
  return name === inMemory || !names.has(inMemory);
});
if (asked === "record") await record();
else await tryAll();
process.exit(0);

async function record() {
  const found = { load: [...reached], tests: [] };
  for (const { name, body } of chosen) {
    reached = new Set();
    const started = performance.now();
    const error = await failure(body);
    const ms = performance.now() - started;
    if (error !== undefined) throw new Error(`${name} fails without any mutant: ${error}`);
    // what it has set going counts as its own
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    found.tests.push({ name, ms, reached: [...reached] });
  }
  writeFileSync(join(copy, "reached.json"), JSON.stringify(found));
}

async function tryAll() {
  const found = JSON.parse(readFileSync(join(copy, "reached.json"), "utf8"));
  const known = chosen.map(({ name, body }, at) => {
    const { name: recorded, ms, reached: places } = found.tests[at];
    assert.equal(name, recorded);
    return { name, body, ms, places: new Set(places), hits: 0 };
  });
  const atLoad = new Set(found.load);
  for (const id of ids) {
    const wanted = known.filter(({ places }) => atLoad.has(id) || places.has(id));
    wanted.sort((a, b) => b.hits - a.hits || a.ms - b.ms);
    for (const test of known) test.hits *= 0.9;
    await tryOne(id, wanted);
  }
}

async function tryOne(id, wanted) {
  tried = id;
  current = id;
  for (const test of wanted) {
    console.log(`begin ${id}`);
    const error = await failure(test.body);
    // once may be chance
    if (error === undefined || (await failure(test.body)) === undefined) continue;
    test.hits++;
    current = 0;
    // the first of a process has nothing before it, and may have changed for good what is made once
    if (id !== ids[0] && (await failure(test.body)) !== undefined) {
      console.log(`${id} unsure`);
      process.exit(1);
    }
    console.log(`${id} killed by ${test.name}: ${error}`);
    return;
  }
  console.log(`${id} survived`);
}

async function failure(body) {
  try {
    await body();
    return undefined;
  } catch (error) {
    return firstLine(error?.message ?? error);
  }
}

function firstLine(error) {
  return String(error).split("\n")[0];
}

async function model(kind) {
  const { explore } = await load("build/test/model/explore.js");
  const setting = { kind, window: 1, closeMax: 1, cancelOnHeaders: false, lostBy: ["peer", "application"] };
  const memory = { transport: "memory", lazy: false };
  const bounds = { depth: 2, burst: 2 };
  const all = [await explore(setting, memory, bounds), await explore({ ...setting, closeMax: -1 }, memory, bounds)];
  assert.deepEqual(
    all.flatMap(({ failures }) => failures),
    [],
  );
}
