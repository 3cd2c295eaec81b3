import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AnySchema, ApiSchema, BytesValueSchema, DurationSchema, FieldMaskSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { tryEncode } from "./encoder.js";
import type { AnyMessage } from "./plain-type.js";

function encode<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Uint8Array | undefined {
  return tryEncode(schema, create(schema, init) as unknown as AnyMessage);
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
}

test("messages of plain types are encoded as protobuf-es does, without it", () => {
  const api = { name: "é😀", methods: [{ name: "m", requestStreaming: true }], sourceContext: { fileName: "f" }, syntax: 1 };
  assert.deepEqual(encode(ApiSchema, api), toBinary(ApiSchema, create(ApiSchema, api)));
  const duration = { seconds: -3n, nanos: -1 };
  assert.deepEqual(encode(DurationSchema, duration), toBinary(DurationSchema, create(DurationSchema, duration)));
  assert.deepEqual(encode(FieldMaskSchema, {}), new Uint8Array(0));
});

test("a message with large bytes is what it would be with small ones, at every size around the limit", () => {
  for (const length of [0, 1, 8191, 8192, 8193, 16_383, 16_384, 100_000, 3_000_000]) {
    const any = { typeUrl: "type.googleapis.com/some.Type", value: bytesOf(length) };
    assert.deepEqual(encode(AnySchema, any), toBinary(AnySchema, create(AnySchema, any)), `${length} bytes`);
  }
});

test("fields behind large bytes, known and unknown, are kept", () => {
  const large = toBinary(BytesValueSchema, create(BytesValueSchema, { value: bytesOf(9_000) }));
  const message = fromBinary(BytesValueSchema, Uint8Array.from([...large, 0x50, 0x07]));
  assert.deepEqual(tryEncode(BytesValueSchema, message as unknown as AnyMessage), Uint8Array.from([...large, 0x50, 0x07]));
});

test("the encoded bytes are a copy: changing the message afterwards changes nothing", () => {
  for (const length of [3, 9_000]) {
    const message = create(BytesValueSchema, { value: bytesOf(length) });
    const encoded = tryEncode(BytesValueSchema, message as unknown as AnyMessage);
    message.value.fill(0);
    assert.ok(encoded);
    assert.deepEqual(fromBinary(BytesValueSchema, encoded).value, bytesOf(length));
  }
});

test("left to protobuf-es: types with parts of its own, wrong values, and a message that is encoded while another is", () => {
  assert.equal(encode(StructSchema, { fields: {} }), undefined);
  assert.equal(encode(ValueSchema, { kind: { case: "boolValue", value: true } }), undefined);
  assert.equal(encode(DurationSchema, { seconds: 1n, nanos: 1.5 }), undefined);
  const other = create(DurationSchema, { seconds: 1n }) as unknown as AnyMessage;
  assert.equal(tryEncode(AnySchema, other), undefined);
  let within: Uint8Array | undefined = new Uint8Array(0);
  const nosy = Object.defineProperty(create(DurationSchema, { nanos: 2 }), "seconds", {
    get() {
      within = tryEncode(DurationSchema, other);
      return 1n;
    },
  });
  assert.deepEqual(tryEncode(DurationSchema, nosy as unknown as AnyMessage), Uint8Array.of(8, 1, 16, 2));
  assert.equal(within, undefined);
});

test("a message that could not be encoded leaves nothing behind", () => {
  const bad = create(AnySchema, { typeUrl: "x", value: bytesOf(10_000) });
  Object.defineProperty(bad, "$unknown", { value: [{ no: 0, wireType: 0, data: null }] });
  assert.equal(tryEncode(AnySchema, bad as unknown as AnyMessage), undefined);
  assert.deepEqual(encode(DurationSchema, { seconds: 1n }), Uint8Array.of(8, 1));
});
