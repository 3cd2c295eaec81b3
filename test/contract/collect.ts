import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turn, type World } from "./world.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/**
 * Real collections, until the condition holds: the runtime tells of what it has collected some turns later. Some time passes before, for
 * streams that were opened a moment ago are not watched.
 */
export async function collectUntil(world: World, done: () => boolean, rounds = 50): Promise<boolean> {
  await world.advance(1_000);
  for (let round = 0; round < rounds && !done(); round++) {
    await turn();
    gc();
    await turn();
  }
  return done();
}

/** Collects what can be collected. */
export async function collect(world: World): Promise<void> {
  await collectUntil(world, () => false, 4);
}
