import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTimeout, MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

const valid: [value: string, ms: number][] = [
  ["1H", 3_600_000],
  ["1M", 60_000],
  ["1S", 1_000],
  ["1m", 1],
  ["1u", 0.001],
  ["1n", 0.000001],
  ["0n", 0],
  ["0H", 0],
  ["00000000S", 0],
  ["00000012m", 12],
  ["99999999m", 99_999_999],
  ["99999999u", 99_999.999],
  ["99999999n", 99.999999],
  ["99999999H", 359_999_996_400_000],
];
for (const [value, ms] of valid) test(`${value} is ${ms} ms`, () => assert.equal(parseTimeout(value), ms));

const malformed = [
  "",
  "S",
  "1",
  "12345678",
  "123456789m",
  "100000000H",
  "-1S",
  "+1S",
  "1.5S",
  " 1S",
  "1S ",
  "1 S",
  "1s",
  "1h",
  "1U",
  "1N",
  "1x",
  "1ms",
  "0x1S",
  "1eS",
  "١S",
  "1S1S",
  "NaNm",
  "Infinitym",
];
for (const value of malformed) {
  test(`${JSON.stringify(value)} is malformed`, () => assert.equal(parseTimeout(value), MALFORMED_TIMEOUT));
}

const formatted: [ms: number, value: string][] = [
  [1, "1m"],
  [0.000001, "1m"],
  [0.5, "1m"],
  [1.2, "2m"],
  [0, "0m"],
  [-5, "0m"],
  [5_000, "5000m"],
  [99_999_999, "99999999m"],
  [100_000_000, "100000S"],
  [100_000_001, "100001S"],
  [99_999_999_000, "99999999S"],
  [99_999_999_001, "1666667M"],
  [5_999_999_940_000, "99999999M"],
  [5_999_999_940_001, "1666667H"],
  [359_999_996_400_000, "99999999H"],
  [359_999_996_400_001, "99999999H"],
  [Number.MAX_VALUE, "99999999H"],
  [Number.POSITIVE_INFINITY, "99999999H"],
];
for (const [ms, value] of formatted) {
  test(`${ms} ms are sent as ${value}`, () => {
    assert.equal(formatTimeout(ms), value);
    if (ms > 0) assert.ok(parseTimeout(value) >= Math.min(ms, 359_999_996_400_000));
  });
}
