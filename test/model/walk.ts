import { compare, describe, end, type Found, type Step } from "./explore.js";
import { type Drive, Kernel } from "./kernel.js";
import { Reference } from "./reference.js";
import type { Setting } from "./setting.js";
import type { State } from "./state.js";
import { after, settled } from "./state-sets.js";

/** Inputs of one walk. */
const LENGTH = 25;
const MAX_FAILURES = 3;

/** Random paths, far longer than all can be explored: `steps` inputs in all. The same seed goes the same ways. */
export async function walk(setting: Setting, drive: Drive, steps: number, seed: number): Promise<Found> {
  const reference = new Reference(setting);
  const inputs = reference.inputs();
  const random = seeded(seed);
  const found: Found = { states: 0, transitions: 0, failures: [] };
  let kernel = new Kernel(setting, drive);
  while (found.transitions < steps) {
    const path: Step[] = [];
    const wrong = await one(reference, kernel, path);
    found.transitions += path.length;
    if (wrong === undefined) continue;
    found.failures.push(`${describe(path)}\n${wrong}`);
    if (found.failures.length >= MAX_FAILURES) break;
    kernel = new Kernel(setting, drive);
  }
  return found;

  async function one(it: Reference, driven: Kernel, path: Step[]): Promise<string | undefined> {
    await driven.warmUp();
    driven.start();
    let states: readonly State[] = [it.begin()];
    let closings = 0;
    // ends of a call are rare: most of a walk should be before them
    const late = Math.floor(random() * LENGTH);
    for (let at = 0; at < LENGTH; at++) {
      const input = inputs[Math.floor(random() * inputs.length)] as string;
      if (ENDING.has(input) && at < late) continue;
      // the deadline must stay far
      if (input === "closing time" && ++closings > 20) continue;
      const rests = random() < 0.6;
      path.push({ input, rests });
      states = after(it, states, input);
      driven.input(input);
      if (!rests) continue;
      await driven.rest();
      const { agreed, problem } = await compare(it, driven, settled(it, states));
      if (problem !== undefined) return problem;
      states = agreed;
    }
    await driven.rest();
    return end(it, driven, settled(it, states));
  }
}

const ENDING: ReadonlySet<string> = new Set(["cancel", "deadline", "cut", "s.return", "s.throw", "close", "recv+"]);

/** Random numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
