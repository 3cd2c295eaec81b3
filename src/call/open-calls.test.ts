import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "./call.js";
import { OpenCalls } from "./open-calls.js";

function made(count: number): Call[] {
  return Array.from({ length: count }, () => ({ older: undefined, newer: undefined }) as unknown as Call);
}

test("calls leave the list in any order, and the rest stays", () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
    [0, 2, 1],
    [2, 0, 1],
  ]) {
    const calls = made(3);
    const list = new OpenCalls();
    for (const call of calls) list.add(call);
    assert.deepEqual(list.snapshot(), [...calls].reverse());
    const left = new Set(calls);
    for (const index of order) {
      const call = calls[index] as Call;
      list.delete(call);
      left.delete(call);
      assert.equal(list.size, left.size);
      assert.deepEqual(new Set(list.snapshot()), left);
      assert.equal(call.older ?? call.newer, undefined, "it holds no neighbour");
    }
  }
});

test("a call that has left may come back, and a snapshot does not change with the list", () => {
  const [first, second] = made(2) as [Call, Call];
  const list = new OpenCalls();
  list.add(first);
  list.add(second);
  const before = list.snapshot();
  list.delete(first);
  list.add(first);
  assert.deepEqual(before, [second, first]);
  assert.deepEqual(list.snapshot(), [first, second]);
});
