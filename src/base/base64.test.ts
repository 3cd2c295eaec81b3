import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64, encodeBase64, isBase64 } from "./base64.js";

test("encodes without padding and decodes both forms, for every length and byte", () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length * 101) & 255);
    const padded = Buffer.from(bytes).toString("base64");
    const unpadded = padded.replace(/=+$/, "");
    assert.equal(encodeBase64(bytes), unpadded);
    assert.deepEqual(decodeBase64(padded), bytes);
    assert.deepEqual(decodeBase64(unpadded), bytes);
    assert.equal(isBase64(padded) && isBase64(unpadded), true);
  }
});

test("checks a part of a text", () => {
  assert.equal(isBase64("--AQID--", 2, 6), true);
  assert.equal(isBase64("--AQ==", 2, 6), true);
  assert.equal(isBase64("--AQ==", 1, 6), false);
});

test("bits behind the last byte are ignored", () => {
  assert.deepEqual(decodeBase64("AR"), Uint8Array.of(1));
});

const malformed = [
  "A",
  "AAAAA",
  "=",
  "==",
  "===",
  "====",
  "A=",
  "AA=",
  "AAA==",
  "A===",
  "AA=A",
  "AAAA=",
  "AAAA====",
  "AA-_",
  "AA A",
  "AAA\n",
  "AAA\u0100",
  "AAA\u00c3",
  "AA,A",
  "é",
  "%41%41",
];
for (const text of malformed) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.equal(decodeBase64(text), undefined);
    assert.equal(isBase64(text), false);
  });
}
