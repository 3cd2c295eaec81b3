import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineAfter, earlierDeadline, NO_DEADLINE, remainingMs } from "./deadline.js";

test("an instant, what is left of it, and the earlier of two", () => {
  const deadline = deadlineAfter(250, 1_000);
  assert.equal(remainingMs(deadline, 1_100), 150);
  assert.equal(remainingMs(deadline, 1_250), 0);
  assert.equal(remainingMs(deadline, 9_000), 0);
  assert.equal(earlierDeadline(deadline, 1_249), 1_249);
  assert.equal(earlierDeadline(deadline, NO_DEADLINE), deadline);
  assert.equal(deadlineAfter(Number.POSITIVE_INFINITY, 5), NO_DEADLINE);
  assert.equal(remainingMs(NO_DEADLINE, 5), Number.POSITIVE_INFINITY);
});
