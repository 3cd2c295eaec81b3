import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";
import { encodeText, TextReader } from "./base64-stream.js";

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 151 + length) & 255);
}

/** What a reader makes of the texts, one after the other; undefined as soon as it gives up. */
function read(...texts: string[]): { bytes: number[]; atEnd: boolean } | undefined {
  const reader = new TextReader();
  const bytes: number[] = [];
  for (const text of texts) {
    const chunk = encodeUtf8(`?${text}?`);
    const part = reader.read(chunk, 1, chunk.length - 1);
    if (part === undefined) return undefined;
    bytes.push(...part);
  }
  return { bytes, atEnd: reader.atEnd };
}

test("a piece is padded base64, as everybody writes it, for every length and every byte", () => {
  for (let length = 0; length < 300; length++) {
    const bytes = pattern(length);
    assert.equal(decodeUtf8(encodeText(bytes)), Buffer.from(bytes).toString("base64"));
  }
});

test("pieces are read back however they are cut, also within a group", () => {
  const pieces = [0, 1, 2, 3, 4, 5, 100, 1_001].map(pattern);
  const text = pieces.map((piece) => decodeUtf8(encodeText(piece))).join("");
  for (const size of [1, 2, 3, 4, 5, 7, 1_000, text.length]) {
    const chunks: string[] = [];
    for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size));
    assert.deepEqual(read(...chunks), { bytes: pieces.flatMap((piece) => [...piece]), atEnd: true });
  }
});

test("what is no group yet waits for the rest, and the body may not end there", () => {
  assert.deepEqual(read("AQ"), { bytes: [], atEnd: false });
  assert.deepEqual(read("AQID", "A", "QI"), { bytes: [1, 2, 3], atEnd: false });
  assert.deepEqual(read("AQID", "AQ", "=="), { bytes: [1, 2, 3, 1], atEnd: true });
});

test("what is not base64 is refused: other characters, of the URL-safe alphabet too, spaces, lines, padding out of place", () => {
  for (const text of ["AQ*=", "A-_D", "AQ D", "AQ\nD", "====", "A===", "=AQI", "AQ=D", "\u00e9QI"])
    assert.equal(read(text), undefined, text);
  for (const text of ["AQIDAQI*", "AQ==AQ=A"]) assert.equal(read(text), undefined, text);
});
