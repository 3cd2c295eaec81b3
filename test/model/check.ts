/*
 * The kernel against the reference: `npm run model [-- --full] [--seed N] [--only unary,http2] [--pin]`. Every path of inputs to a depth, then
 * random ones. The number of states and transitions is compared with states.json: it may grow, and must not shrink; `--pin` writes it anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Bounds, explore, type Found } from "./explore.js";
import type { Drive } from "./kernel.js";
import type { Kind, Setting } from "./setting.js";
import { walk } from "./walk.js";

const { values } = parseArgs({
  options: { full: { type: "boolean" }, seed: { type: "string" }, only: { type: "string" }, pin: { type: "boolean" } },
});
const full = values.full ?? process.env["CI"] === "true";
const only = values.only?.split(",") ?? [];
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const PINNED = new URL("../../../test/model/states.json", import.meta.url);

interface Exploration {
  readonly name: string;
  readonly setting: Partial<Setting>;
  readonly drive: Drive;
  /** In memory small windows make sends wait; over HTTP/2 nothing waits. */
  readonly quick: Bounds;
  readonly full: Bounds;
  /** A bidi call has ten times the states of the others. */
  readonly fullBidi?: Bounds;
}

const memory: Drive = { transport: "memory", lazy: false };
const EXPLORATIONS: readonly Exploration[] = [
  { name: "memory", setting: {}, drive: memory, quick: { depth: 4, burst: 1 }, full: { depth: 8, burst: 1 } },
  {
    name: "same turn",
    setting: {},
    drive: memory,
    quick: { depth: 3, burst: 2 },
    full: { depth: 8, burst: 2 },
    fullBidi: { depth: 4, burst: 2 },
  },
  { name: "lazy", setting: {}, drive: { ...memory, lazy: true }, quick: { depth: 3, burst: 1 }, full: { depth: 6, burst: 1 } },
  {
    name: "cancel in onHeaders",
    setting: { cancelOnHeaders: true },
    drive: memory,
    quick: { depth: 2, burst: 2 },
    full: { depth: 4, burst: 2 },
  },
  { name: "close at once", setting: { closeMax: -1 }, drive: memory, quick: { depth: 3, burst: 1 }, full: { depth: 6, burst: 1 } },
  {
    name: "http2",
    setting: { window: Number.POSITIVE_INFINITY, lostBy: ["network", "network"] },
    drive: { transport: "http2", lazy: false },
    quick: { depth: 2, burst: 2 },
    full: { depth: 3, burst: 2 },
  },
];
const KINDS: readonly Kind[] = ["unary", "server", "client", "bidi"];
const DEFAULTS = { window: 1, closeMax: 1, cancelOnHeaders: false, lostBy: ["peer", "application"] } as const;
const WALK_STEPS = full ? 1_000_000 : 100_000;

type Counts = Record<string, { states: number; transitions: number }>;
const pinned = JSON.parse(readFileSync(PINNED, "utf8")) as { quick: Counts; full: Counts };
const mode = full ? "full" : "quick";
const counts: Counts = {};
let passed = 0;
let failed = 0;

for (const { name, setting, drive, quick, full: deep, fullBidi = deep } of EXPLORATIONS) {
  for (const kind of KINDS) {
    if (only.some((word) => !`${name} ${kind}`.includes(word))) continue;
    const bounds = full ? (kind === "bidi" ? fullBidi : deep) : quick;
    const found = await timed(`${name}, ${kind}`, () => explore({ ...DEFAULTS, ...setting, kind }, drive, bounds));
    checkCounts(`${name}, ${kind}`, found);
  }
}
if (values.pin) writeFileSync(PINNED, `${JSON.stringify({ ...pinned, [mode]: { ...pinned[mode], ...counts } }, null, 2)}\n`);
for (const [index, kind] of KINDS.entries()) {
  if (only.some((word) => !`walk ${kind}`.includes(word))) continue;
  const steps = WALK_STEPS / KINDS.length;
  await timed(`random walk, ${kind}, seed ${seed}`, () => walk({ ...DEFAULTS, kind }, memory, steps, seed + index));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function timed(name: string, run: () => Promise<Found>): Promise<Found> {
  const started = performance.now();
  const found = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${found.states > 0 ? `${found.states} states, ` : ""}${found.transitions} transitions, ${seconds} s`);
  for (const failure of found.failures) console.log(`FAIL ${name}: ${failure.replaceAll("\n", "\n    ")}`);
  if (found.failures.length > 0) failed++;
  else passed++;
  return found;
}

/** A search that reaches less than it did proves less. */
function checkCounts(name: string, { states, transitions }: Found): void {
  counts[name] = { states, transitions };
  const before = pinned[mode][name];
  if (values.pin || (before !== undefined && states >= before.states && transitions >= before.transitions)) return;
  failed++;
  const was = before === undefined ? "nothing is pinned" : `${before.states} states, ${before.transitions} transitions are pinned`;
  console.log(`FAIL ${name}: ${was} in test/model/states.json; if that is meant, run with --pin`);
}
