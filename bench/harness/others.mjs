import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/**
 * Says how busy this machine is with work that is not the benchmark's: call it before a measurement, and the function that it gives
 * afterwards, when all children have ended. The answer is in percent of one core; undefined where there is no /proc.
 */
export function watchOthers() {
  const before = reading();
  if (before === undefined) return () => undefined;
  return () => {
    const after = reading();
    return Math.max(0, (100 * (after.all - before.all - (after.ours - before.ours))) / (after.at - before.at));
  };
}

/** Seconds of all cores that were spent in processes or stolen by the hypervisor, and those of this process and its ended children. */
function reading() {
  try {
    const [, user, nice, system, , , , , steal] = readFileSync("/proc/stat", "utf8").split("\n")[0].split(/\s+/).map(Number);
    const text = readFileSync("/proc/self/stat", "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ours = fields[11] + fields[12] + fields[13] + fields[14];
    return { at: performance.now() / 1000, all: (user + nice + system + steal) / TICKS_PER_SECOND, ours: ours / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}
