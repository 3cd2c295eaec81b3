import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { faultOf } from "../../base/field-syntax.js";
import { HpackDecoder } from "./decoder.js";
import { HpackEncoder } from "./encoder.js";
import { HpackError } from "./hpack-error.js";
import { decodeHuffman, encodeHuffman, huffmanLength } from "./huffman.js";
import { CODE_LENGTHS, CODES } from "./huffman-table.js";

/** Numbers in [0, n), the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const NAMES = [":path", ":status", "content-type", "x-a", "x-bb", "authorization", "grpc-timeout", "cookie", "a-name-of-some-length", "n"];

function randomField(next: (n: number) => number): Field {
  const length = next(8) === 0 ? next(400) : next(20);
  const wide = next(3) === 0 ? 256 : 26;
  let value = "";
  for (let i = 0; i < length; i++) value += String.fromCharCode(wide === 256 ? next(256) : 97 + next(next(26) + 1));
  return new Field(NAMES[next(NAMES.length)] as string, value, next(10) === 0);
}

test("what the encoder writes the decoder reads, under any changes of the table's size", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed * 7919);
    const encoder = new HpackEncoder(next(2) === 0 ? 4096 : next(8192));
    const decoder = new HpackDecoder({ maxListBytes: 1_000_000, maxFields: 1000 });
    const lists: Fields[] = Array.from({ length: 12 }, () => Array.from({ length: next(6) }, () => randomField(next)));
    const out = new Uint8Array(40_000);
    for (let block = 0; block < 150; block++) {
      for (let changes = next(8) === 0 ? 1 + next(3) : 0; changes > 0; changes--) {
        const size = next(3) === 0 ? 0 : next(6000);
        decoder.setTableLimit(size);
        encoder.setPeerTableSize(size);
      }
      const prepared = lists[next(lists.length)] as Fields;
      const extra = Array.from({ length: next(4) }, () => randomField(next));
      const at = next(100);
      const most = encoder.maxLength(prepared, extra);
      const end = encoder.encode(prepared, extra, out, at);
      assert.ok(end - at <= most);
      const fields = decoder.decode(out, at, end);
      const sent = [...prepared, ...extra];
      assert.equal(fields.length, sent.length);
      for (let i = 0; i < sent.length; i++) {
        assert.equal(fields[i]?.name, sent[i]?.name);
        assert.equal(fields[i]?.value, sent[i]?.value);
        assert.equal(fields[i]?.kind, sent[i]?.kind);
        assert.equal(faultOf(fields[i] as Field), faultOf(sent[i] as Field));
        if (sent[i]?.sensitive) assert.equal(fields[i]?.sensitive, true);
      }
    }
  }
});

test("any bytes decode, or fail with an HpackError; lists stay within their limits", () => {
  let failed = 0;
  let decoded = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const next = random(seed * 104_729);
    const limits = { maxListBytes: 1 + next(2000), maxFields: 1 + next(20) };
    let decoder = new HpackDecoder(limits);
    const valid = validBlock(next);
    for (let round = 0; round < 50; round++) {
      const block = next(2) === 0 ? Uint8Array.from({ length: next(60) }, () => next(256)) : damaged(valid, next);
      if (next(10) === 0) decoder.setTableLimit(next(5000));
      try {
        const fields = decoder.decode(block, 0, block.length);
        let size = 0;
        for (const field of fields) size += field.name.length + field.value.length + 32;
        assert.ok(size <= limits.maxListBytes && fields.length <= limits.maxFields);
        decoded++;
      } catch (error) {
        assert.ok(error instanceof HpackError, String(error));
        failed++;
        // as a connection would
        decoder = new HpackDecoder(limits);
      }
    }
  }
  assert.ok(failed > 1000 && decoded > 1000, `${failed} failed, ${decoded} decoded`);
});

function validBlock(next: (n: number) => number): Uint8Array {
  const out = new Uint8Array(10_000);
  const end = new HpackEncoder().encode(
    Array.from({ length: 3 }, () => randomField(next)),
    Array.from({ length: 3 }, () => randomField(next)),
    out,
    0,
  );
  return out.slice(0, end);
}

function damaged(block: Uint8Array, next: (n: number) => number): Uint8Array {
  const copy = block.slice(0, next(4) === 0 ? next(block.length + 1) : block.length);
  for (let i = next(3); i > 0 && copy.length > 0; i--) copy[next(copy.length)] = next(256);
  return copy;
}

test("the Huffman code is prefix-free and complete, and every byte survives it", () => {
  // Kraft's sum with EOS (30 bits) is exactly one
  let sum = 1 / 2 ** 30;
  for (const length of CODE_LENGTHS) sum += 1 / 2 ** length;
  assert.equal(sum, 1);
  assert.equal(CODES[0x30], 0x0);
  assert.equal(CODES[0x16], 0x3ffffffe);
  const next = random(99);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: next(40) }, () => String.fromCharCode(round < 1000 ? round % 256 : next(256))).join("");
    const coded = new Uint8Array(huffmanLength(text) + 2).fill(0xaa);
    const end = encodeHuffman(text, coded, 1);
    assert.equal(end, 1 + huffmanLength(text));
    assert.equal(coded[end], 0xaa);
    const out = new Uint8Array(text.length + 1);
    assert.equal(decodeHuffman(coded, 1, end, out), text.length);
    assert.equal(String.fromCharCode(...out.subarray(0, text.length)), text);
  }
});
