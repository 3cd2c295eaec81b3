import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields, NO_FIELDS } from "../../base/field.js";
import { HpackDecoder } from "./decoder.js";
import { HpackEncoder } from "./encoder.js";

function list(...lines: string[]): Field[] {
  return lines.map((line) => {
    const colon = line.indexOf(": ", 1);
    return new Field(line.slice(0, colon), line.slice(colon + 2));
  });
}

/** An encoder and a decoder that follows it; what is sent must come out the same. */
class Pair {
  readonly encoder: HpackEncoder;
  readonly decoder = new HpackDecoder({ maxListBytes: 1_000_000, maxFields: 1000 });
  readonly out: Uint8Array = new Uint8Array(20_000);

  constructor(encoder: HpackEncoder = new HpackEncoder()) {
    this.encoder = encoder;
  }

  /** Sends a block and returns its bytes. */
  send(prepared: Fields, extra: Fields = NO_FIELDS): number[] {
    const most = this.encoder.maxLength(prepared, extra);
    const end = this.encoder.encode(prepared, extra, this.out, 5);
    assert.ok(end - 5 <= most, `${end - 5} bytes, ${most} at most`);
    const fields = this.decoder.decode(this.out, 5, end);
    assert.deepEqual(
      fields.map((field) => [field.name, field.value]),
      [...prepared, ...extra].map((field) => [field.name, field.value]),
    );
    return Array.from(this.out.subarray(5, end));
  }
}

test("a prepared list is indexed from the second time on", () => {
  const pair = new Pair();
  const head = list(":method: POST", ":scheme: http", ":path: /a.B/C", ":authority: localhost", "te: trailers");
  const first = pair.send(head);
  assert.ok(first.length > 20);
  for (let i = 0; i < 3; i++) assert.deepEqual(pair.send(head), [0x83, 0x86, 0xc0, 0xbf, 0xbe]);
  assert.equal(pair.encoder.maxLength(head, NO_FIELDS), 5);
  // another list moves the indices
  pair.send(list("x: y"));
  assert.deepEqual(pair.send(head), [0x83, 0x86, 0xc1, 0xc0, 0xbf]);
});

test("extra fields never enter the table, and use what is in it", () => {
  const pair = new Pair();
  const head = list(":status: 200", "x-name: one");
  pair.send(head);
  const before = pair.send(head);
  const extra = pair.send(head, list("x-name: two", "grpc-message: hm", "x-name: one", ":status: 404"));
  assert.deepEqual(extra.slice(0, before.length), before);
  assert.deepEqual(extra.slice(before.length, before.length + 2), [0x0f, 62 - 15]);
  assert.deepEqual(extra.slice(-2), [0xbe, 0x8d]);
  assert.deepEqual(pair.send(head), before);
});

test("secrets are never indexed, prepared or not", () => {
  const secrets = [
    ...list("authorization: Bearer x", "cookie: a=b", "set-cookie: a=b", "proxy-authorization: c"),
    new Field("x-key", "k", true),
  ];
  const pair = new Pair();
  const out = new Uint8Array(1000);
  for (const parts of [
    [secrets, NO_FIELDS],
    [secrets, NO_FIELDS],
    [NO_FIELDS, secrets],
  ] as const) {
    const end = pair.encoder.encode(parts[0], parts[1], out, 0);
    const fields = pair.decoder.decode(out, 0, end);
    assert.deepEqual(
      fields.map((field) => field.sensitive),
      [true, true, true, true, true],
    );
  }
  // nothing is in the table: the first entry is the next one
  pair.send(list("x: y"));
  assert.deepEqual(pair.send(list("x: y")), [0xbe]);
});

test("a full table stays as it is", () => {
  const pair = new Pair();
  const head = list("x-head: one");
  pair.send(head);
  for (let i = 0; i < 300; i++) pair.send(list(`x-${i}: ${i}`));
  const index = pair.send(head);
  assert.equal(index[0], 0xff);
  const block = pair.send(list("x-new: value"));
  assert.equal(block[0], 0x00);
  assert.deepEqual(pair.send(head), index);
});

test("a small or no table: literals", () => {
  for (const size of [0, 31, 40]) {
    const pair = new Pair(new HpackEncoder(size));
    const head = list(":method: GET", "x-custom: some value");
    const first = pair.send(head);
    assert.equal((first[0] as number) & 0xe0, 0x20);
    const second = pair.send(head);
    assert.deepEqual(second.slice(0, 2), [0x82, 0x00]);
    assert.deepEqual(pair.send(head), second);
  }
});

test("the peer's table size is followed with the updates that RFC 7541 §4.2 asks for", () => {
  const pair = new Pair();
  const head = list("x-a: 1", "x-b: 2");
  pair.send(head);
  assert.deepEqual(pair.send(head), [0xbf, 0xbe]);
  // lowered and raised between two blocks: both are told
  pair.encoder.setPeerTableSize(0);
  pair.encoder.setPeerTableSize(4096);
  const block = pair.send(head);
  assert.deepEqual(block.slice(0, 4), [0x20, 0x3f, 0xe1, 0x1f]);
  assert.deepEqual(pair.send(head), [0xbf, 0xbe]);
  // room for one entry: the newer one stays
  pair.encoder.setPeerTableSize(50);
  assert.deepEqual(pair.send(list("x-b: 2")), [0x3f, 0x13, 0xbe]);
  // above our own cap, and again the same: raised to the cap, then nothing to say
  pair.encoder.setPeerTableSize(1_000_000);
  assert.deepEqual(pair.send(list("x-b: 2")), [0x3f, 0xe1, 0x1f, 0xbe]);
  pair.encoder.setPeerTableSize(65_536);
  assert.deepEqual(pair.send(list("x-b: 2")), [0xbe]);
});

test("a lowered limit is accepted by the decoder that asked for it", () => {
  const pair = new Pair();
  const head = list("x-a: 1", "x-b: 2");
  pair.send(head);
  for (const size of [100, 0, 60, 4096]) {
    pair.decoder.setTableLimit(size);
    pair.encoder.setPeerTableSize(size);
    pair.send(head);
    pair.send(head, list("x-a: 3"));
  }
});

test("prepared lists beyond what is kept, and the same fields in other lists", () => {
  const pair = new Pair();
  const lists = Array.from({ length: 200 }, (_, i) => list(":method: POST", `:path: /s/${i}`, "te: trailers"));
  for (let round = 0; round < 3; round++) for (const fields of lists) pair.send(fields);
  // the same fields in a list of another identity are found in the table
  assert.equal(pair.send(list(":method: POST", ":path: /s/0", "te: trailers")).length <= 5, true);
});

test("the block kept is not a view of the buffer it was written to", () => {
  const encoder = new HpackEncoder();
  const head = list(":method: GET", "te: trailers");
  const buffer = Buffer.alloc(100);
  encoder.encode(head, NO_FIELDS, buffer, 0);
  encoder.encode(head, NO_FIELDS, buffer, 0);
  buffer.fill(0);
  const out = new Uint8Array(10);
  assert.equal(encoder.encode(head, NO_FIELDS, out, 0), 2);
  assert.deepEqual(Array.from(out.subarray(0, 2)), [0x82, 0xbe]);
});
