import assert from "node:assert/strict";
import { test } from "node:test";
import { difference } from "./difference.js";

const input = Uint8Array.of(1, 2, 3, 4);

test("what is the same does not differ", () => {
  const value = () => ({ a: [1n, Number.NaN, -0, "x"], b: { ["__proto__"]: 1 }, c: input.slice(0, 2), d: undefined });
  assert.equal(difference(value(), value()), undefined);
  assert.equal(difference(input.subarray(1, 3), input.subarray(1, 3), input), undefined);
  assert.equal(difference(input.slice(1, 3), input.subarray(1, 3)), undefined);
  assert.equal(difference(Uint8Array.of(1), Buffer.of(1)), undefined);
  assert.notEqual(difference(Buffer.of(1), Uint8Array.of(1)), undefined);
});

const DIFFERENT: readonly [what: string, actual: unknown, expected: unknown][] = [
  ["a sign of zero", [0], [-0]],
  ["a number and a bigint", 1, 1n],
  ["the order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["a key that is undefined", { a: undefined }, {}],
  ["a key that is missing", {}, { a: undefined }],
  ["a key that is not enumerable", Object.defineProperty({}, "a", { value: 1 }), { a: 1 }],
  ["a prototype", Object.create({ a: 1 }), {}],
  ["an own __proto__", { ["__proto__"]: 1 }, { ["__proto__"]: 2 }],
  ["a list and its end", [1, 2], [1]],
  ["a hole", new Array(1), [undefined]],
  ["a byte", Uint8Array.of(1), Uint8Array.of(2)],
  ["a Buffer", Buffer.of(1), Uint8Array.of(1)],
  ["a view of the input", input.slice(1, 3), input.subarray(1, 3)],
  ["another view of the input", new Uint8Array(input.buffer, 0, 0), new Uint8Array(input.buffer, 1, 0)],
  ["null", null, {}],
];

for (const [what, actual, expected] of DIFFERENT) {
  test(`${what} makes a difference`, () => {
    assert.equal(typeof difference({ in: actual }, { in: expected }, input), "string");
    assert.equal(typeof difference({ in: expected }, { in: actual }, input), "string");
  });
}
