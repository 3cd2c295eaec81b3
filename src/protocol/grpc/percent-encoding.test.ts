import assert from "node:assert/strict";
import { test } from "node:test";
import { percentDecode, percentEncode } from "./percent-encoding.js";

test("every ASCII character by itself and in the middle", () => {
  for (let char = 0; char < 0x80; char++) {
    const text = String.fromCharCode(char);
    const hex = `%${char.toString(16).toUpperCase().padStart(2, "0")}`;
    const plain = char >= 0x20 && char <= 0x7e && char !== 0x25;
    assert.equal(percentEncode(`a${text}b`), plain ? `a${text}b` : `a${hex}b`);
    assert.equal(percentEncode(text), plain && char !== 0x20 ? text : hex);
    assert.equal(percentDecode(percentEncode(text)), text);
    assert.equal(percentDecode(hex), text);
    assert.equal(percentDecode(hex.toLowerCase()), text);
  }
});

const texts: [text: string, encoded: string][] = [
  ["", ""],
  ["plain text, as it is!", "plain text, as it is!"],
  ["é", "%C3%A9"],
  ["€ 5", "%E2%82%AC 5"],
  ["😀", "%F0%9F%98%80"],
  ["100 %", "100 %25"],
  ["%41", "%2541"],
  [" a ", "%20a%20"],
  ["  ", "%20%20"],
  ["é ", "%C3%A9%20"],
  ["\r\ngrpc-status: 0", "%0D%0Agrpc-status: 0"],
  [
    "\t\ttest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n",
    "%09%09test with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A",
  ],
];
for (const [text, encoded] of texts) {
  test(`${JSON.stringify(text)} is sent as ${encoded}`, () => {
    assert.equal(percentEncode(text), encoded);
    assert.equal(percentDecode(encoded), text);
  });
}

test("every character of the first plane comes back, and is sent in printable ASCII", () => {
  for (let char = 0x80; char < 0x10000; char += 7) {
    if (char >= 0xd800 && char <= 0xdfff) continue;
    const text = String.fromCharCode(char);
    const encoded = percentEncode(text);
    assert.match(encoded, /^(%[0-9A-F]{2})+$/);
    assert.equal(percentDecode(encoded), text);
  }
});

const lenient: [value: string, text: string][] = [
  ["%", "%"],
  ["%%", "%%"],
  ["%4", "%4"],
  ["%4g", "%4g"],
  ["%g4", "%g4"],
  ["%%41", "%A"],
  ["a%zz%42", "a%zzB"],
  ["%C3", "\ufffd"],
  ["%FF%41", "\ufffdA"],
  ["\u00c3\u00a9", "é"],
  ["\u00ff", "\ufffd"],
];
for (const [value, text] of lenient) {
  test(`${JSON.stringify(value)} is read as ${JSON.stringify(text)}`, () => assert.equal(percentDecode(value), text));
}
