import { setTimeout as sleep } from "node:timers/promises";
import { withGroup } from "sluice";
import { monotonic } from "../monotonic.mjs";
import { request } from "../world.mjs";

/** A bidi stream in a group: one task is parked, in receive() after the first answer or in a send() that nobody reads (script mute); another fails. */
export async function group(world) {
  const failed = new Error("the task fails");
  let failedAt;
  let parked;
  const error = await withGroup(undefined, async (tasks) => {
    const call = tasks.own(await world.begun());
    void tasks
      .run(async () => {
        for (;;) await (world.script === "mute" ? call.send(request(64 * 1024)) : call.receive());
      })
      .catch((caught) => {
        parked = caught.code;
      });
    await sleep(200);
    failedAt = monotonic();
    throw failed;
  }).catch((caught) => caught);
  const ms = (monotonic() - failedAt) / 1e6;
  return { waiting: { ms, blocked: false, error: parked }, endedAt: failedAt, first: error === failed, goroutines: await world.left() };
}

/** Gives up a receive() after 20 ms, then receives what it had waited for, so many times: the answer comes 100 ms after it is asked for. */
export async function giveUp(world) {
  const call = world.open();
  let given;
  let received = 0;
  for (let i = 0; i < world.count; i++) {
    await call.send(request(10));
    given = await world.within(
      () => call.cancel(),
      () => call.receive({ timeoutMs: 20 }),
    );
    if ((await call.receive())?.payload.body.length === 10) received++;
  }
  const next = await world.within(
    () => call.cancel(),
    () => call.close(),
  );
  return { given, next, received, outcome: (await call.outcome).code, goroutines: await world.left() };
}
