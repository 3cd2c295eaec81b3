import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields, NO_FIELDS } from "../../base/field.js";
import { HpackDecoder } from "./decoder.js";
import { HpackEncoder } from "./encoder.js";
import { HpackError } from "./hpack-error.js";

const LIMITS = { maxListBytes: 16_384, maxFields: 100 };

function decode(decoder: HpackDecoder, ...bytes: number[]): Fields {
  return decoder.decode(Uint8Array.from(bytes), 0, bytes.length);
}

function ascii(text: string): number[] {
  return [text.length, ...Array.from(text, (c) => c.charCodeAt(0))];
}

/** A literal with incremental indexing, without Huffman. */
function indexed(name: string, value: string): number[] {
  return [0x40, ...ascii(name), ...ascii(value)];
}

function lines(fields: Fields): string[] {
  return fields.map((field) => `${field.name}: ${field.value}`);
}

function fails(bytes: number[], message: RegExp, prepare?: (decoder: HpackDecoder) => void): void {
  const decoder = new HpackDecoder(LIMITS);
  prepare?.(decoder);
  assert.throws(
    () => decode(decoder, ...bytes),
    (error) => error instanceof HpackError && message.test(error.message),
    `${message}`,
  );
}

test("an index that means nothing is an error", () => {
  fails([0x80], /index 0/);
  fails([0xbe], /index 62/);
  fails([0xff, 0x80, 0x01], /index 255/);
  fails([0x7e, 0x01, 0x61], /index 62/);
  fails([...indexed("a", "b"), 0xbe, 0xbf], /index 63/);
});

test("an integer that is too large, or padded without end, is an error", () => {
  fails([0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], /too large/);
  fails([0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /too large/);
  fails([0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], /too large/);
  fails([0x3f, 0xff, 0xff, 0xff, 0xff, 0x7f], /too large/);
});

test("the Huffman errors of RFC 7541 §5.2", () => {
  // "0" is 00000, then three bits of padding
  assert.deepEqual(lines(decode(new HpackDecoder(LIMITS), 0x00, 0x81, 0x07, 0x81, 0x07)), ["0: 0"]);
  fails([0x00, 0x81, 0x06, 0x00], /padded/);
  fails([0x00, 0x82, 0x07, 0xff, 0x00], /padded/);
  fails([0x00, 0x81, 0xff, 0x00], /padded/);
  fails([0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00], /EOS/);
  // nothing is skipped: the errors count in a string that is not kept, too
  const small = new HpackDecoder({ maxListBytes: 40, maxFields: 100 });
  assert.throws(() => decode(small, 0x82, 0x82, 0x82, 0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00), /EOS/);
});

test("a block that is cut anywhere is an error or a shorter list", () => {
  const encoder = new HpackEncoder();
  const fields = [new Field(":path", "/a.B/C"), new Field("x-long", "y".repeat(300)), new Field("\u0001\u00ff", "\u0000", true)];
  const out = new Uint8Array(1000);
  const end = encoder.encode(fields.slice(0, 2), fields.slice(2), out, 0);
  const whole = lines(new HpackDecoder(LIMITS).decode(out, 0, end));
  assert.equal(whole.length, 3);
  let shorter = 0;
  for (let cut = 0; cut < end; cut++) {
    const block = out.slice(0, cut);
    try {
      const got = lines(new HpackDecoder(LIMITS).decode(block, 0, cut));
      assert.deepEqual(got, whole.slice(0, got.length));
      assert.ok(got.length < 3);
      shorter++;
    } catch (error) {
      assert.ok(error instanceof HpackError, String(error));
      assert.match(error.message, /ends inside/);
    }
  }
  // before each of the three fields
  assert.equal(shorter, 3);
});

test("bytes outside the block are never read", () => {
  const block = Uint8Array.from([0x82, 0x00, ...ascii("name-of-seventeen"), ...ascii("v".repeat(30)), 0x84]);
  const around = new Uint8Array(200).fill(0xff);
  for (const start of [0, 7, 200 - block.length]) {
    around.fill(0xff);
    around.set(block, start);
    const fields = new HpackDecoder(LIMITS).decode(around, start, start + block.length);
    assert.deepEqual(lines(fields), [":method: GET", `name-of-seventeen: ${"v".repeat(30)}`, ":path: /"]);
  }
});

test("strings of every length come out whole, raw and in Huffman", () => {
  for (let length = 0; length <= 200; length++) {
    for (const unit of ["a", "\u00fe"]) {
      const field = new Field("n", unit.repeat(length));
      const out = new Uint8Array(2000);
      const end = new HpackEncoder().encode(NO_FIELDS, [field], out, 0);
      assert.deepEqual(lines(new HpackDecoder(LIMITS).decode(out, 0, end)), lines([field]));
    }
  }
});

test("table size updates: at the beginning, at most two, not above the limit", () => {
  const decoder = new HpackDecoder(LIMITS);
  assert.deepEqual(lines(decode(decoder, 0x20, 0x3f, 0xe1, 0x1f, 0x82)), [":method: GET"]);
  fails([0x20, 0x20, 0x20, 0x82], /more than two/);
  fails([0x82, 0x20], /not at the beginning/);
  fails([0x3f, 0xe2, 0x1f], /above the limit of 4096/);
  fails([0x3f, 0xe1, 0x1f], /above the limit of 100/, (d) => d.setTableLimit(100));
});

test("after the limit was lowered, the next block must say that the table follows", () => {
  fails([0x82], /was lowered/, (d) => d.setTableLimit(100));
  fails([], /was lowered/, (d) => d.setTableLimit(100));
  // the lowest of several limits is the one that must be named
  fails([0x3f, 0x45, 0x82], /was lowered/, (d) => {
    d.setTableLimit(50);
    d.setTableLimit(100);
  });
  const decoder = new HpackDecoder(LIMITS);
  decoder.setTableLimit(50);
  decoder.setTableLimit(100);
  assert.equal(decode(decoder, 0x3f, 0x13, 0x3f, 0x45, 0x82).length, 1);
  assert.equal(decode(decoder, 0x82).length, 1);
  // no lower than the table already is: nothing is due
  decoder.setTableLimit(100);
  assert.equal(decode(decoder, 0x82).length, 1);
});

test("a block that is cached is no way around a size update that is due", () => {
  const decoder = new HpackDecoder(LIMITS);
  decode(decoder, 0x82, 0x84);
  decode(decoder, 0x82, 0x84);
  decoder.setTableLimit(0);
  assert.throws(() => decode(decoder, 0x82, 0x84), /was lowered/);
});

test("the same block is the same list while the table is the same, and only then", () => {
  const decoder = new HpackDecoder(LIMITS);
  assert.deepEqual(lines(decode(decoder, ...indexed("a", "1"))), ["a: 1"]);
  const first = decode(decoder, 0xbe, 0x82);
  assert.deepEqual(lines(first), ["a: 1", ":method: GET"]);
  assert.equal(decode(decoder, 0xbe, 0x82), first);
  decode(decoder, ...indexed("a", "2"));
  assert.deepEqual(lines(decode(decoder, 0xbe, 0x82)), ["a: 2", ":method: GET"]);
  // a size update forgets as well
  decode(decoder, 0x20, 0x82);
  assert.throws(() => decode(decoder, 0xbe, 0x82), /index 62/);
});

test("many different blocks in a row, and the cache is right all the same", () => {
  const decoder = new HpackDecoder(LIMITS);
  for (let i = 0; i < 1000; i++) {
    const value = String(i % 300);
    assert.deepEqual(lines(decode(decoder, 0x82, 0x00, ...ascii("n"), ...ascii(value))), [":method: GET", `n: ${value}`]);
  }
});

test("a list over a limit is read to its end and cut, and the table stays in step", () => {
  for (const limits of [
    { maxListBytes: 100, maxFields: 100 },
    { maxListBytes: 16_384, maxFields: 2 },
  ]) {
    const decoder = new HpackDecoder(limits);
    const fields = decode(
      decoder,
      0x82,
      0x84,
      ...indexed("first", "v".repeat(60)),
      ...indexed("second", "w"),
      0x82,
      0x10,
      ...ascii("s"),
      ...ascii("t"),
    );
    assert.equal(decoder.tooLarge, true);
    assert.deepEqual(lines(fields), [":method: GET", ":path: /"]);
    assert.deepEqual(lines(decode(decoder, 0xbe)), ["second: w"]);
    assert.equal(decoder.tooLarge, false);
    // the list of a later block of the same bytes is not the cut one of another
    decode(decoder, 0xbe, 0xbe, 0xbe, 0xbe);
    assert.equal(decoder.tooLarge, true);
    assert.equal(decode(decoder, 0xbe, 0xbe, 0xbe, 0xbe).length < 4, true);
    assert.equal(decoder.tooLarge, true);
  }
});

test("exactly at the limits is not over them", () => {
  const decoder = new HpackDecoder({ maxListBytes: 42 + 38, maxFields: 2 });
  assert.equal(decode(decoder, 0x82, 0x84).length, 2);
  assert.equal(decoder.tooLarge, false);
  assert.equal(decode(decoder, 0x82, 0x85).length, 1);
  assert.equal(decoder.tooLarge, true);
});

test("an entry larger than the table empties it, kept in the list or not", () => {
  for (const maxListBytes of [16_384, 200]) {
    const decoder = new HpackDecoder({ maxListBytes, maxFields: 100 });
    decode(decoder, ...indexed("a", "1"));
    const long = [0x40, ...ascii("b"), 0x7f, 0xa1, 0x1f, ...new Array(4128).fill(0x61)];
    const fields = decode(decoder, ...long);
    assert.equal(fields.length, maxListBytes === 200 ? 0 : 1);
    assert.throws(() => decode(decoder, 0xbe), /index 62/);
  }
});

test("the oldest entries are evicted", () => {
  const decoder = new HpackDecoder(LIMITS);
  for (let i = 0; i < 500; i++) decode(decoder, ...indexed("name", String(i).padStart(5, "0")));
  // 41 bytes an entry: 99 of them
  assert.deepEqual(lines(decode(decoder, 0xbe, 0xff, 0x80 | ((62 + 98 - 127) & 0x7f), 0x00)), ["name: 00499", "name: 00401"]);
  assert.throws(() => decode(decoder, 0xff, 62 + 99 - 127), /beyond the table/);
});

test("a small block that stands for a huge list costs no memory", () => {
  const decoder = new HpackDecoder(LIMITS);
  // 3,900 bytes: 127 + 0x3d + 0x1d * 128
  decode(decoder, 0x40, ...ascii("bomb"), 0x7f, 0xbd, 0x1d, ...new Array(3900).fill(0x78));
  const block = new Uint8Array(60_000).fill(0xbe);
  const fields = decoder.decode(block, 0, block.length);
  assert.equal(decoder.tooLarge, true);
  assert.equal(fields.length, 4);
});
