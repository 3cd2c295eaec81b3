import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleWatch } from "./idle-watch.js";

test("four looks in a row that find the same count are the idle time", () => {
  const watch = new IdleWatch(1_000, 7);
  assert.equal(watch.everyMs, 250);
  assert.deepEqual(
    [7, 7, 7, 8, 8, 8, 8, 8].map((count) => watch.look(count)),
    [false, false, false, false, false, false, false, true],
  );
});

test("a count that changes at every look never is", () => {
  const watch = new IdleWatch(4, 0);
  for (let count = 1; count < 100; count++) assert.equal(watch.look(count), false);
});
