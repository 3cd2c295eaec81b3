import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { after, watch } from "./watch.js";

/** Takes clock and timers away from the platform; returns what makes time pass. */
function virtualTime(t: TestContext): (ms: number) => void {
  let now = 0;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => now);
  return (ms) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
}

test("a task runs once, after its time and not before; one that is stopped never", (t) => {
  const pass = virtualTime(t);
  const ran: string[] = [];
  after(10, () => ran.push("ten"));
  const stop = after(10, () => ran.push("stopped"));
  after(0, () => ran.push("none"));
  after(Number.POSITIVE_INFINITY, () => ran.push("never"))();
  assert.deepEqual(ran, ["none"]);
  pass(9);
  stop();
  assert.deepEqual(ran, ["none"]);
  pass(1);
  pass(1_000);
  assert.deepEqual(ran, ["none", "ten"]);
});

test("times that no timer of a platform takes are waited for, in parts", (t) => {
  const pass = virtualTime(t);
  let ran = 0;
  const days = 40 * 24 * 3_600_000;
  after(days, () => ran++);
  pass(2 ** 31 - 1);
  assert.equal(ran, 0);
  pass(days - 2 ** 31);
  assert.equal(ran, 0);
  pass(1);
  assert.equal(ran, 1);
});

test("a timer that comes early waits for the rest", (t) => {
  let now = 0;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => now);
  let ran = 0;
  after(10, () => ran++);
  now = 9.6;
  t.mock.timers.tick(10);
  assert.equal(ran, 0);
  now = 10.6;
  t.mock.timers.tick(1);
  assert.equal(ran, 1);
});

test("a signal and a time: whichever comes tells, until both are stopped", (t) => {
  const pass = virtualTime(t);
  const told: unknown[] = [];
  const tell = (signal: AbortSignal | undefined, ms: number) =>
    watch(
      signal,
      ms,
      (reason) => told.push(reason),
      () => told.push(ms),
    );
  tell(AbortSignal.abort("before"), 5)();
  assert.deepEqual(told, ["before"]);
  const abort = new AbortController();
  tell(abort.signal, Number.POSITIVE_INFINITY);
  const stop = tell(abort.signal, 7);
  tell(undefined, 8);
  stop();
  pass(8);
  abort.abort("after");
  assert.deepEqual(told, ["before", 8, "after"]);
});
