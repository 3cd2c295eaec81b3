import { setTimeout as sleep } from "node:timers/promises";

const AT_ONCE = 100;
const PATIENCE_MS = 20_000;

/**
 * Opens `c` bidi streams, lets go of each after its first echo, and collects (node needs --expose-gc) until none is open. `collected_at`:
 * CLOCK_MONOTONIC in ns before the first collection. `collected_before`: those that the process had collected by itself until then.
 */
export async function abandon({ c }, clients) {
  let next = 0;
  const opener = async () => {
    while (next < c) await openAndForget(clients[next++ % clients.length]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  const open = () => clients.reduce((sum, client) => sum + client.openStreams(), 0);
  const before = c - open();
  const at = process.hrtime.bigint();
  const start = performance.now();
  while (open() > 0 && performance.now() - start < PATIENCE_MS) {
    globalThis.gc();
    await sleep(1);
  }
  const seconds = (performance.now() - start) / 1000;
  return { n: c, seconds, collected_at: String(at), collected_before: before, errors: open() };
}

async function openAndForget(client) {
  const stream = client.bidi();
  await stream.send(client.message(0, "benchmark", 0));
  await stream.receive();
}
