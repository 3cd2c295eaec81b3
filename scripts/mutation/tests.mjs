// A process that tries mutants, in a copy of the project where the sources carry all of them: `node tests.mjs <copy> <ids, comma separated>`. For each
// it runs the tests of the kernel until one fails: unit tests, contract tests in memory and the model, those that failed lately first.
// Prints `begin <id>` and `<id> survived`, or `<id> killed by <test>`; 0 is no mutant.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tests } from "./registry.mjs";

const [copy, ids] = process.argv.slice(2);
/** Tests that take longer than this come last. */
const SLOW_MS = 400;

globalThis.$mutant = Number(ids.split(",")[0]);
process.on("uncaughtException", (error) => {
  console.log(`${globalThis.$mutant} killed by an uncaught exception: ${String(error).split("\n")[0]}`);
  process.exit(1);
});

const load = (path) => import(pathToFileURL(join(copy, path)).href);
for (const folder of ["dist/call", "build/test/contract"]) {
  for (const name of readdirSync(join(copy, folder)).sort()) if (name.endsWith(".test.js")) await load(`${folder}/${name}`);
}
for (const kind of ["unary", "server", "client", "bidi"])
  tests.push({ name: `model, ${kind}`, body: () => model(kind), ms: 1000, hits: 0 });

// the kernel does not know what carries its exchanges: every contract test once
const names = new Set(tests.map(({ name }) => name));
const chosen = tests.filter(({ name }) => {
  const inMemory = name.replace(/, [^,()]+\)$/, ", memory)");
  return name === inMemory || !names.has(inMemory);
});
for (const id of ids.split(",").map(Number)) {
  globalThis.$mutant = id;
  console.log(`begin ${id}`);
  console.log(`${id} ${await verdict()}`);
}
process.exit(0);

async function verdict() {
  chosen.sort((a, b) => b.hits - a.hits || Number(a.ms > SLOW_MS) - Number(b.ms > SLOW_MS));
  for (const test of chosen) test.hits *= 0.9;
  for (const test of chosen) {
    const started = performance.now();
    try {
      await test.body();
    } catch (error) {
      test.hits++;
      return `killed by ${test.name}: ${String(error?.message ?? error).split("\n")[0]}`;
    }
    test.ms = Math.max(test.ms, performance.now() - started);
  }
  return "survived";
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
