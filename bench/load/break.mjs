import { setTimeout as sleep } from "node:timers/promises";
import { Histogram } from "../harness/histogram.mjs";

const DISCARDED = 50; // at the pace of the measurement …
const WARM_UP = 3000; // … after so many as fast as they go: a runtime that compiles must have had the time to
const PATIENCE_MS = 2000;

/**
 * The time from a `break` here to the handler's `finally` there, `n` times (default 200), one stream at a time. Both read
 * CLOCK_MONOTONIC; the server is asked for its reading afterwards, by a unary call. The Go load's mode "cancel" is the same.
 */
export async function measureBreak(client, { n }) {
  const rounds = n || 200;
  const times = new Histogram();
  const start = performance.now();
  let errors = 0;
  for (let i = 0; i < WARM_UP; i++) {
    const stream = await client.openServer(client.message(2, "benchmark", 0));
    for await (const _ of stream) break;
  }
  for (let id = 1; id <= rounds + DISCARDED; id++) {
    const took = await breakOnce(client, id);
    if (!(took >= 0)) errors++;
    else if (id > DISCARDED) times.addMs(took);
  }
  const seconds = (performance.now() - start) / 1000;
  return { n: rounds, seconds, p50_us: times.quantileUs(0.5), p99_us: times.quantileUs(0.99), cpu_seconds: 0, errors };
}

/** In milliseconds; undefined when the server did not report a time. */
async function breakOnce(client, id) {
  let left = 0n;
  const stream = await client.openServer(client.message(id, "break-clock", 0));
  for await (const _ of stream) {
    await sleep(1); // let the handler come to rest
    left = process.hrtime.bigint();
    break;
  }
  for (let waited = 0; waited < PATIENCE_MS; waited += 2) {
    await sleep(2);
    const at = (await client.unary(client.message(id, "cancel-clock", 0))).nums[0];
    if (at !== 0n) return Number(at - left) / 1e6;
  }
  return undefined;
}
