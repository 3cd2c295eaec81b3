import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer, TimerWheel } from "./timer-wheel.js";

/** A wheel whose owner advances it exactly when it asks, up to the time given: what a platform does. */
function drivenWheel(start = 0) {
  let now = start;
  let wakeAt = Number.POSITIVE_INFINITY;
  let wakes = 0;
  const wheel = new TimerWheel(start, (at) => {
    wakeAt = at;
  });
  return {
    wheel,
    now: () => now,
    wakes: () => wakes,
    runTo(time: number) {
      while (wakeAt <= time) {
        now = Math.max(now, wakeAt);
        wakes++;
        wheel.advance(now);
      }
      now = time;
    },
  };
}

test("a timer fires once, at its time and not before, at every distance", () => {
  for (const start of [0, 5, 255, 256, 65_535, 1_000_003]) {
    for (const delay of [1, 2, 254, 255, 256, 257, 511, 512, 65_280, 65_535, 65_536, 65_537, 1_000_000, 16_777_215, 20_000_000]) {
      const driven = drivenWheel(start);
      const fired: number[] = [];
      const timer = new Timer({ onTimer: () => fired.push(driven.now()) });
      driven.wheel.start(timer, start + delay);
      driven.runTo(start + delay - 1);
      assert.deepEqual(fired, [], `${start}+${delay} early`);
      driven.runTo(start + delay);
      assert.deepEqual(fired, [start + delay], `${start}+${delay}`);
      assert.equal(driven.wheel.size, 0);
      driven.runTo(start + delay + 100_000);
      assert.equal(fired.length, 1);
    }
  }
});

test("many timers at random times, some stopped: each fires exactly at its time", () => {
  let seed = 42;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const driven = drivenWheel(777);
  const fired = new Map<number, number>();
  const expected = new Map<number, number>();
  const timers: Timer[] = [];
  for (let i = 0; i < 3_000; i++) {
    const at = 778 + Math.floor(random() ** 3 * 400_000);
    const timer = new Timer({ onTimer: () => fired.set(i, driven.now()) });
    timers.push(timer);
    expected.set(i, at);
    driven.wheel.start(timer, at);
    if (i % 7 === 0) driven.runTo(driven.now() + Math.floor(random() * 20));
  }
  for (let i = 0; i < timers.length; i += 3) {
    const timer = timers[i] as Timer;
    if (timer.running) {
      driven.wheel.stop(timer);
      expected.delete(i);
    }
  }
  driven.runTo(500_000);
  assert.equal(driven.wheel.size, 0);
  for (const [i, at] of expected) assert.ok((fired.get(i) ?? -1) >= at, `timer ${i} due ${at} fired ${fired.get(i)}`);
  assert.equal(fired.size, expected.size);
});

test("starting a running timer moves it", () => {
  const driven = drivenWheel();
  const fired: number[] = [];
  const timer = new Timer({ onTimer: () => fired.push(driven.now()) });
  driven.wheel.start(timer, 10);
  driven.wheel.start(timer, 500);
  assert.equal(driven.wheel.size, 1);
  driven.runTo(1_000);
  assert.deepEqual(fired, [500]);
});

test("a timer may stop another that is due in the same tick, and start itself again", () => {
  const driven = drivenWheel();
  let fires = 0;
  const victim = new Timer({ onTimer: () => assert.fail("stopped") });
  const again: Timer = new Timer({
    onTimer: () => {
      driven.wheel.stop(victim);
      if (++fires < 3) driven.wheel.start(again, driven.now() + 5);
    },
  });
  driven.wheel.start(again, 5);
  driven.wheel.start(victim, 5);
  driven.runTo(100);
  assert.equal(fires, 3);
  assert.equal(driven.wheel.size, 0);
});

test("far timers cost few wake-ups", () => {
  const driven = drivenWheel();
  driven.wheel.start(new Timer({ onTimer: () => {} }), 3_600_000);
  driven.runTo(3_600_000);
  assert.equal(driven.wheel.size, 0);
  assert.ok(driven.wakes() < 100, `${driven.wakes()} wake-ups in an hour`);
});
