// What bytes come in: memory of many kinds, and what is no bytes at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { protoCodec } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { compareDecode } from "./compare.js";
import { assertSame, outcomeOf } from "./outcome.js";
import { Random } from "./random.js";
import { randomMessage } from "./random-message.js";
import { SUBJECTS } from "./subjects.js";

const MEMORIES: readonly [what: string, copy: (bytes: Uint8Array) => Uint8Array][] = [
  ["in the middle of more memory", (bytes) => around(bytes, new Uint8Array(bytes.length + 20))],
  ["in shared memory", (bytes) => around(bytes, new Uint8Array(new SharedArrayBuffer(bytes.length + 20)))],
  ["in a Buffer", (bytes) => Buffer.from(bytes)],
  ["in a class of its own", (bytes) => new (class Mine extends Uint8Array {})(bytes)],
];

for (const [what, copy] of MEMORIES) {
  test(`bytes ${what} are decoded as by protobuf-es; where they are the codec's own, bytes fields are views of the same class`, () => {
    const random = new Random(7);
    let decoded = 0;
    for (const { name, schema } of SUBJECTS) {
      for (const density of [0.05, 0.2, 0.5]) {
        const bytes = toBinary(schema, randomMessage(schema, random, density));
        for (const owned of [false, true]) if (compareDecode(schema, copy(bytes), () => name, owned) !== undefined) decoded++;
      }
    }
    assert.equal(decoded, SUBJECTS.length * 6);
  });
}

test("what is no Uint8Array is decoded or refused as by protobuf-es", () => {
  const bytes = Uint8Array.of(8, 3);
  const { buffer } = bytes;
  const none = [
    undefined,
    null,
    "",
    "\b\u0003",
    5,
    {},
    [8, 3],
    buffer,
    new DataView(buffer),
    Uint16Array.of(8, 3),
    new Uint8ClampedArray(bytes),
  ];
  for (const other of none) {
    const expected = outcomeOf(() => fromBinary(PayloadSchema, other as Uint8Array));
    const owned = outcomeOf(() => protoCodec.decode(PayloadSchema, other as Uint8Array, true));
    assertSame(owned, expected, () => `decoding ${String(other)}`);
    // of what it does not own it makes a copy first, and it may be that which fails
    outcomeOf(() => protoCodec.decode(PayloadSchema, other as Uint8Array));
    assert.equal(protoCodec.decode(PayloadSchema, bytes).id, 3);
  }
});

function around(bytes: Uint8Array, memory: Uint8Array): Uint8Array {
  memory.fill(0xff);
  memory.set(bytes, 9);
  return memory.subarray(9, 9 + bytes.length);
}
