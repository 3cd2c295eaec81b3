import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageQueue } from "./message-queue.js";

test("what is pushed is shifted in order, whatever the ring has gone through", () => {
  const queue = new MessageQueue<number>();
  const model: number[] = [];
  let next = 0;
  let state = 1;
  for (let step = 0; step < 2_000; step++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    if ((state >>> 16) % 100 < 52) {
      model.push(next);
      queue.push(next++);
    } else {
      assert.equal(queue.shift(), model.shift());
    }
    assert.equal(queue.size, model.length);
  }
  queue.clear();
  assert.equal(queue.shift(), undefined);
  queue.push(7);
  assert.equal(queue.shift(), 7);
  assert.equal(queue.size, 0);
});
