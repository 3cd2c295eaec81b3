import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeUtf8, decodeUtf8Strictly, encodeUtf8 } from "./utf8.js";

test("round trip of one to four bytes a character, a byte order mark included", () => {
  const text = "\ufeffaé€😀\u0000";
  assert.deepEqual(encodeUtf8(text), new Uint8Array(Buffer.from(text)));
  assert.equal(decodeUtf8(encodeUtf8(text)), text);
  assert.equal(decodeUtf8Strictly(encodeUtf8(text)), text);
});

test("what is not UTF-8: replaced, or refused", () => {
  assert.equal(decodeUtf8(Uint8Array.of(0x61, 0xff, 0x62)), "a\ufffdb");
  assert.throws(() => decodeUtf8Strictly(Uint8Array.of(0x61, 0xff)), TypeError);
  assert.equal(decodeUtf8(encodeUtf8("\ud800")), "\ufffd");
});
