import assert from "node:assert/strict";
import { test } from "node:test";
import { metadataKey } from "./metadata-key.js";

test("a key says name, and whether its values are bytes or secret", () => {
  const keys = ["X-Id", "x-bin", "Authorization", "cookie"].map(metadataKey);
  assert.deepEqual(
    keys.map(({ name, binary, sensitive }) => [name, binary, sensitive]),
    [
      ["x-id", false, false],
      ["x-bin", true, false],
      ["authorization", false, true],
      ["cookie", false, true],
    ],
  );
});

test("names are remembered up to a bound, and right beyond it", () => {
  assert.equal(metadataKey("X-Id"), metadataKey("X-Id"));
  for (let i = 0; i < 2_000; i++) assert.equal(metadataKey(`n-${i}`).name, `n-${i}`);
  assert.notEqual(metadataKey("n-1999"), metadataKey("n-1999"));
  assert.equal(metadataKey("X-Id"), metadataKey("X-Id"));
});
