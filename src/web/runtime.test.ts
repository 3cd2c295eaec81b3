import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer } from "../base/timer-wheel.js";
import { webRuntime } from "./runtime.js";

test("one timeout of the platform drives all timers: set for the earliest, none when the last is stopped", (t) => {
  const runtime = webRuntime();
  const delays: number[] = [];
  const running = new Map<number, () => void>();
  t.mock.method(globalThis, "setTimeout", (task: () => void, delay: number) => {
    delays.push(delay);
    running.set(delays.length, task);
    return delays.length;
  });
  t.mock.method(globalThis, "clearTimeout", (id: number | undefined) => void (id !== undefined && running.delete(id)));
  let now = Math.ceil(performance.now());
  t.mock.method(performance, "now", () => now);

  const fired: string[] = [];
  const timer = (name: string) => new Timer({ onTimer: () => void fired.push(name) });
  const [late, soon, never] = [timer("late"), timer("soon"), timer("never")];
  runtime.timers.start(late, now + 200);
  runtime.timers.start(soon, now + 50);
  runtime.timers.start(never, now + 150);
  runtime.timers.stop(never);
  assert.equal(running.size, 1);
  for (let turn = 0; turn < 100 && running.size > 0; turn++) {
    const [[id, task]] = [...running] as [[number, () => void]];
    now += delays[id - 1] as number;
    running.delete(id);
    task();
  }
  assert.deepEqual(fired, ["soon", "late"]);
  assert.equal(running.size, 0);

  runtime.timers.start(never, now + 2 ** 40);
  assert.ok(delays.every((delay) => delay >= 0 && delay < 2 ** 31));
  runtime.timers.stop(never);
  assert.equal(running.size, 0);
});

test("what is due soon or later runs in a later turn, after the microtasks", async () => {
  const order: string[] = [];
  const runtime = webRuntime();
  runtime.soon(() => order.push("soon"));
  runtime.later(() => order.push("later"));
  queueMicrotask(() => queueMicrotask(() => order.push("microtasks")));
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.deepEqual(order, ["microtasks", "soon", "later"]);
});
