import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldKind } from "../base/field.js";
import { metadataKey } from "./metadata-key.js";

test("a key says the name as fields have it, and its kind", () => {
  const keys = ["X-Id", "x-bin", "Authorization", "cookie"].map(metadataKey);
  assert.deepEqual(
    keys.map(({ name, kind }) => [name, kind]),
    [
      ["x-id", FieldKind.plain],
      ["x-bin", FieldKind.binary],
      ["authorization", FieldKind.authorization],
      ["cookie", FieldKind.cookie],
    ],
  );
});

test("names are remembered up to a bound, and right beyond it", () => {
  assert.equal(metadataKey("X-Id"), metadataKey("X-Id"));
  for (let i = 0; i < 2_000; i++) assert.equal(metadataKey(`n-${i}`).name, `n-${i}`);
  assert.notEqual(metadataKey("n-1999"), metadataKey("n-1999"));
  assert.equal(metadataKey("X-Id"), metadataKey("X-Id"));
});
