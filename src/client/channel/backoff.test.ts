import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "./backoff.js";

test("waits grow by 1.6 from the first to the most, with a fifth of jitter on both sides", () => {
  for (const [random, factor] of [
    [0, 0.8],
    [0.5, 1],
    [1, 1.2],
  ] as const) {
    const backoff = new Backoff({}, () => random);
    const waits = Array.from({ length: 14 }, () => backoff.next());
    const expected = waits.map((_, index) => Math.min(1_000 * 1.6 ** index, 120_000) * factor);
    for (const [index, wait] of waits.entries()) assert.ok(Math.abs(wait - (expected[index] as number)) < 1e-6, `wait ${index} is ${wait}`);
    assert.ok(Math.abs((waits.at(-1) as number) - 120_000 * factor) < 1e-6);
    backoff.reset();
    assert.equal(backoff.next(), waits[0]);
  }
});

test("its options are checked, by name", () => {
  assert.throws(() => new Backoff({ initialMs: -1 }, () => 0), { name: "UsageError", message: /backoff\.initialMs/ });
  assert.throws(() => new Backoff({ initialMs: 10, maxMs: 9 }, () => 0), { name: "UsageError", message: /backoff\.maxMs/ });
  assert.equal(new Backoff({ initialMs: 0 }, () => 0.5).next(), 0);
});
