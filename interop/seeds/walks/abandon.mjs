import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "../monotonic.mjs";
import { request } from "../world.mjs";

/** The deadline of streams that have one. */
const TIMEOUT_MS = 1000;

/**
 * Sends, receives once, half-closes and walks away, so many times, and keeps no handle. `how`: `deadline` gives each stream one, `collect` leaves
 * them to the collector, `read` reads on to the end. Says what is held at once, later, and at the end.
 */
export async function abandon(world) {
  const before = memory();
  const doneBefore = world.done.count;
  const look = () => {
    const now = memory();
    const each = (bytes) => Math.max(0, bytes) / 1e3 / world.count;
    const { openCalls } = world.channel.statistics();
    return {
      done: world.done.count - doneBefore,
      goroutines: openCalls,
      liveKB: each(now.live - before.live),
      allKB: each(now.all - before.all),
    };
  };
  for (let i = 0; i < world.count; i++) await walkAway(world);
  // the last of them may be on their way
  await sleep(50);
  const atOnce = look();
  await sleep(world.boundMs);
  if (world.how === "collect") await collected(world);
  const later = look();
  const laterAt = monotonic();
  await world.channel.close({ graceMs: 0 });
  return { atOnce, later, laterAt, atEnd: look() };
}

async function walkAway(world) {
  const call = world.open(world.how === "deadline" ? { timeoutMs: TIMEOUT_MS } : {});
  await call.send(request(10));
  await call.receive();
  call.closeSend();
  if (world.how === "read") for await (const _message of call);
}

/** What a process that is at work does by itself, now and then. */
async function collected(world) {
  for (let i = 0; i < 200 && world.channel.statistics().openCalls > 0; i++) {
    globalThis.gc();
    await sleep(20);
  }
}

function memory() {
  globalThis.gc();
  const { heapUsed, arrayBuffers, heapTotal } = process.memoryUsage();
  return { live: heapUsed + arrayBuffers, all: heapTotal + arrayBuffers };
}
