import assert from "node:assert/strict";
import { test } from "node:test";
import { ContextValues, contextKey } from "./context-values.js";

test("a key gives its default until a value is set, and again after it is deleted", () => {
  const user = contextKey("nobody", "user");
  const values = new ContextValues();
  assert.equal(values.get(user), "nobody");
  assert.equal(values.has(user), false);
  assert.equal(values.delete(user), false);
  values.set(user, "ann");
  assert.equal(values.get(user), "ann");
  assert.equal(values.delete(user), true);
  assert.equal(values.get(user), "nobody");
});

test("undefined can be a value", () => {
  const key = contextKey<number | undefined>(1);
  const values = new ContextValues().set(key, undefined);
  assert.equal(values.get(key), undefined);
  assert.equal(values.has(key), true);
});

test("keys of the same description are two keys", () => {
  const one = contextKey(0, "n");
  const other = contextKey(0, "n");
  const values = new ContextValues().set(one, 1);
  assert.equal(values.get(other), 0);
});
