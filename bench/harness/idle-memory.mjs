/** The two numbers of streams between which memory is measured. */
export const idleSteps = (quick) => (quick ? [2_000, 10_000] : [10_000, 50_000]);

export const idleMetrics = {
  rss: { label: "bytes RSS", digits: 0, less: true },
  heap: { label: "bytes heap", digits: 0, less: true },
  stack: { label: "bytes stack", digits: 0, less: true },
};

/** Bytes per stream from the figures of SIGUSR2 before and after; what a program does not report is left out. */
export function slope(before, after, streams) {
  const per = (name) => (after[name] === undefined ? undefined : (after[name] - before[name]) / streams);
  return { rss: per("rss"), heap: per("heap_alloc"), stack: per("stack_inuse") };
}
