import assert from "node:assert/strict";
import { test } from "node:test";
import { Field } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";
import { describeServiceKey, NO_KEY, serviceKeyFields, serviceKeyIn, serviceKeyOf } from "./service-key.js";

test("a key goes into fields and comes out of them; what is empty is not said", () => {
  for (const key of [
    { group: "", version: "" },
    { group: "g", version: "" },
    { group: "", version: "1.0.0" },
    { group: "blue/green", version: "1.0.0-rc.1" },
  ]) {
    assert.deepEqual(serviceKeyIn(serviceKeyFields(serviceKeyOf(key))), key);
  }
  assert.deepEqual(serviceKeyFields(NO_KEY), []);
  assert.equal(serviceKeyOf({}), NO_KEY);
  assert.equal(serviceKeyOf({ group: "", version: "" }), NO_KEY);
  assert.equal(serviceKeyIn([new Field("x", "y"), new Field("tri-service-group", "")]), NO_KEY);
});

test("of a field that comes twice the last counts", () => {
  const twice = [new Field("tri-service-group", "a"), new Field("tri-service-version", "1"), new Field("tri-service-group", "b")];
  assert.deepEqual(serviceKeyIn(twice), { group: "b", version: "1" });
});

test("what no header can hold is a mistake that names the option", () => {
  for (const bad of [" a", "a ", "a b", "a\n", "é", "\u0000", 7, null, {}]) {
    assert.throws(
      () => serviceKeyOf({ group: bad as string }),
      (error) => error instanceof UsageError && /group/.test(error.message),
      String(bad),
    );
    assert.throws(
      () => serviceKeyOf({ version: bad as string }),
      (error) => error instanceof UsageError && /version/.test(error.message),
    );
  }
});

test("a key is told in words, a long one in part", () => {
  assert.equal(describeServiceKey(NO_KEY), "no group and no version");
  assert.equal(describeServiceKey({ group: "g", version: "" }), 'group "g", no version');
  assert.equal(describeServiceKey({ group: "", version: "1.0.0" }), 'no group, version "1.0.0"');
  const long = describeServiceKey({ group: '"x\\'.repeat(5_000), version: "y".repeat(5_000) });
  assert.ok(long.length < 500, String(long.length));
});
