import { join } from "node:path";
import { cores } from "../harness/machine.mjs";
import { BENCH } from "../harness/paths.mjs";
import { rates } from "../harness/rates.mjs";
import { run } from "../harness/run-command.mjs";

const LEAST = 20_000;
const AIM = 25_000;

export const interleavings = {
  name: "interleavings",
  title: "everyInterleaving: runs of a bidi call to an echo handler, in memory",
  how: "one process with a young generation of 64 MiB, up to 4 inputs an order, each run in a fresh world with all its checks",
  metrics: {
    rate: { label: "interleavings/s", digits: 0 },
    micros: { label: "µs each", digits: 1, less: true },
    busy: { label: "% busy", digits: 0 },
  },
  contestants: [{ id: "sluice", label: "Sluice" }],
  measure: async (_, { seconds, warmup }) => {
    const node = [process.execPath, "--max-semi-space-size=64", join(BENCH, "load", "interleavings.mjs"), String(seconds), String(warmup)];
    const pinned = cores.server === undefined ? node : ["taskset", "-c", String(cores.server), ...node];
    const result = JSON.parse(await run(pinned[0], pinned.slice(1)));
    const { rate, busy } = rates(result.runs, result.seconds, result.cpu_seconds);
    return { rate, micros: 1e6 / rate, busy };
  },
  bars: [{ metric: "micros", most: 1e6 / LEAST, aim: 1e6 / AIM }],
};
