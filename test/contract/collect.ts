import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turn } from "./world.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/**
 * Real collections, until the condition holds: the runtime tells of what it has collected some turns later. Streams that were opened less
 * than 200 ms ago are not watched.
 */
export async function collectUntil(done: () => boolean, rounds = 50): Promise<boolean> {
  for (let round = 0; round < rounds && !done(); round++) {
    await turn();
    gc();
    await turn();
  }
  return done();
}
