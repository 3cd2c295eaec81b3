import { setTimeout as sleep } from "node:timers/promises";
import { monotonic } from "../monotonic.mjs";

/** Opens streams one after the other, receives, and leaves each by `break` or `cancel()`; says when. */
export async function leave(world) {
  const leftAt = [];
  const tookMs = [];
  for (let i = 0; i < world.count; i++) {
    const call = world.open();
    if (world.kind === "duplex") await call.send({ responseParameters: [{ size: 10 }] });
    let missing = world.kind === "duplex" ? 1 : 3;
    let at;
    for await (const _message of call) {
      if (--missing > 0) continue;
      await sleep(2);
      at = monotonic();
      if (world.how === "cancel") call.cancel();
      break;
    }
    await call.outcome;
    leftAt.push(at);
    tookMs.push((monotonic() - at) / 1e6);
  }
  return { leftAt, tookMs, goroutines: await world.left() };
}
