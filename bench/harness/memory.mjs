import { setImmediate } from "node:timers/promises";

/** The memory of this process in bytes, after a collection where node was given --expose-gc. */
export async function memoryFigures() {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 3 && globalThis.gc; i++) {
    globalThis.gc();
    await setImmediate(); // finalizers and freed buffers are a turn behind
  }
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heap_inuse: heapTotal, heap_alloc: heapUsed, external, array_buffers: arrayBuffers, rss_before_gc: before, rss };
}

/** Prints one JSON line for every SIGUSR2: the memory, and what `more` adds. */
export function reportOnSignal(more = () => ({})) {
  process.on("SIGUSR2", async () => console.log(JSON.stringify({ ...(await memoryFigures()), ...more() })));
}
