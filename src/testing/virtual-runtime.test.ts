import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer } from "../base/timer-wheel.js";
import { VirtualRuntime } from "./virtual-runtime.js";

test("nothing runs by itself; soon before later, each once, in order", () => {
  const runtime = new VirtualRuntime();
  const ran: string[] = [];
  runtime.later(() => {
    ran.push("later 1");
    runtime.soon(() => ran.push("soon of later 1"));
  });
  runtime.later(() => ran.push("later 2"));
  runtime.soon(() => {
    ran.push("soon 1");
    runtime.soon(() => ran.push("soon of soon 1"));
  });
  assert.deepEqual(ran, []);
  assert.equal(runtime.pendingTasks, 3);
  runtime.run();
  assert.deepEqual(ran, ["soon 1", "soon of soon 1", "later 1", "soon of later 1", "later 2"]);
  assert.equal(runtime.pendingTasks, 0);
  assert.equal(runtime.now(), 0);
});

test("timers fire at their own time, and what they ask for runs before time goes on", () => {
  const runtime = new VirtualRuntime({ startMs: 100 });
  const fired: string[] = [];
  const second = new Timer({ onTimer: () => fired.push(`second at ${runtime.now()}`) });
  const first = new Timer({
    onTimer: () => {
      fired.push(`first at ${runtime.now()}`);
      runtime.soon(() => {
        fired.push(`task at ${runtime.now()}`);
        runtime.timers.start(second, runtime.now() + 5);
      });
    },
  });
  runtime.timers.start(first, 110);
  runtime.advance(9);
  assert.deepEqual(fired, []);
  runtime.advance(20);
  assert.deepEqual(fired, ["first at 110", "task at 110", "second at 115"]);
  assert.equal(runtime.now(), 129);
});

test("settle runs tasks and microtasks until neither is left", async () => {
  const runtime = new VirtualRuntime();
  const steps: string[] = [];
  const step = (name: string) => new Promise<void>((resolve) => runtime.soon(() => resolve(void steps.push(name))));
  const done = (async () => {
    await step("one");
    for (let i = 0; i < 50; i++) await undefined;
    await step("two");
    await new Promise<void>((resolve) => {
      runtime.timers.start(new Timer({ onTimer: () => resolve() }), 1_000);
    });
    steps.push("three");
  })();
  await runtime.settle();
  assert.deepEqual(steps, ["one", "two"]);
  await runtime.advanceAndSettle(1_000);
  assert.deepEqual(steps, ["one", "two", "three"]);
  await done;
});

test("tasks that ask for one another without end are a UsageError, not a hang", () => {
  const runtime = new VirtualRuntime();
  const again = (): void => runtime.later(again);
  again();
  assert.throws(() => runtime.run(), /without end/);
});

test("the same seed gives the same numbers, another others", () => {
  const draw = (seed: number) => {
    const runtime = new VirtualRuntime({ seed });
    return Array.from({ length: 20 }, () => runtime.random());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  for (const number of draw(7)) assert.ok(number >= 0 && number < 1);
});
