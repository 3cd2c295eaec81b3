import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "../monotonic.mjs";

const TIMEOUT_MS = 300;

/** A bidi stream whose loop receives until the stream ends, and the ways to end it: half-close, close, cancel, timeout; `wait` does nothing. */
export async function loop(world) {
  const call = await world.begun(world.how === "timeout" ? { timeoutMs: TIMEOUT_MS } : {});
  const received = (async () => {
    for await (const _message of call);
  })();
  received.catch(() => {});
  await sleep(50);
  const endedAt = monotonic();
  const cancel = () => call.cancel();
  let act = { ms: 0, blocked: false };
  if (world.how === "half-close") act = await world.within(cancel, () => call.closeSend());
  if (world.how === "close") act = await world.within(cancel, () => call.close());
  if (world.how === "cancel") cancel();
  const looped = await world.within(cancel, () => received);
  return { endedAt, act, loop: looped, outcome: (await call.outcome).code, goroutines: await world.left() };
}
