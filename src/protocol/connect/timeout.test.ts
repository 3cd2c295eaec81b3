import assert from "node:assert/strict";
import { test } from "node:test";
import { connectTimeoutFields, MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

test("whole milliseconds, rounded up, ten digits at the most", () => {
  const written: readonly (readonly [number, string])[] = [
    [1_500, "1500"],
    [0.2, "1"],
    [0, "0"],
    [-5, "0"],
    [9_999_999_999, "9999999999"],
    [1e15, "9999999999"],
  ];
  for (const [ms, value] of written) {
    assert.deepEqual(
      connectTimeoutFields(ms).map((field) => [field.name, field.value]),
      [["connect-timeout-ms", value]],
    );
  }
});

test("one to ten digits are read", () => {
  for (const [value, ms] of [
    ["0", 0],
    ["1", 1],
    ["0000000005", 5],
    ["9999999999", 9_999_999_999],
  ] as const) {
    assert.equal(parseTimeout(value), ms);
  }
});

test("anything else is malformed", () => {
  for (const value of [
    "",
    "-1",
    "+1",
    "1.5",
    "1e3",
    " 1",
    "1 ",
    "1\n",
    "0x10",
    "10000000000",
    "12345678901",
    "1ms",
    "1,2",
    "١",
    "Infinity",
  ]) {
    assert.equal(parseTimeout(value), MALFORMED_TIMEOUT, JSON.stringify(value));
  }
});
