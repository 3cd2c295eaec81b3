import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualRuntime } from "../testing/virtual-runtime.js";
import { Shutdown } from "./shutdown.js";

/** What is shut down, without a call; notes what is done to it. */
function subject() {
  const runtime = new VirtualRuntime();
  const done: string[] = [];
  let quiet = (): void => {};
  const whenQuiet = new Promise<void>((resolve) => {
    quiet = resolve;
  });
  const shutdown = new Shutdown(
    {
      shutdownMessage: "the end",
      announce: () => void done.push("announced"),
      drain() {
        done.push("drained");
        return [];
      },
      openCalls() {
        done.push(`cut off at ${runtime.now()}`);
        return [];
      },
      destroyConnections: (message) => void done.push(`destroyed: ${message}`),
      whenQuiet: () => whenQuiet,
    },
    runtime,
    () => {
      done.push("closed to new ones");
      return Promise.resolve();
    },
  );
  return { runtime, done, quiet, shutdown };
}

const BEGUN = ["closed to new ones", "announced", "drained"];

test("a shutdown takes no more, says so, then drains; without an end of its grace it cuts nothing off and has no timer", async () => {
  const { runtime, done, quiet, shutdown } = subject();
  shutdown.within(Number.POSITIVE_INFINITY);
  assert.equal(runtime.timers.size, 0);
  runtime.advance(1e9);
  assert.deepEqual(done, BEGUN);
  quiet();
  assert.deepEqual(await shutdown.done, { cutOff: [] });
});

test("without grace it cuts off at once, once, and destroys the connections after what that sent", () => {
  const { runtime, done, shutdown } = subject();
  shutdown.within(0);
  assert.deepEqual(done, [...BEGUN, "cut off at 0"]);
  assert.equal(runtime.timers.size, 0);
  runtime.run();
  runtime.advance(1_000);
  assert.deepEqual(done, [...BEGUN, "cut off at 0", "destroyed: the end"]);
});

test("the shortest grace counts, whichever was asked for last, and no timer outlives the end", async () => {
  const { runtime, done, quiet, shutdown } = subject();
  for (const graceMs of [500, 300, 300, 700]) shutdown.within(graceMs);
  runtime.advance(299);
  assert.deepEqual(done, BEGUN);
  runtime.advance(1);
  assert.deepEqual(done, [...BEGUN, "cut off at 300", "destroyed: the end"]);
  shutdown.within(10_000);
  quiet();
  await shutdown.done;
  assert.equal(runtime.timers.size, 0);
});
