import assert from "node:assert/strict";
import { test } from "node:test";
import { create, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema, BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { encodeWithLargeBytes, largeBytesField } from "./large-bytes.js";
import { protoCodec } from "./proto-codec.js";

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
}

test("a message with a large bytes field is read back as it was, at every size around the limit", () => {
  for (const length of [0, 1, 8191, 8192, 8193, 16_383, 16_384, 100_000, 3_000_000]) {
    const message = create(AnySchema, { typeUrl: "type.googleapis.com/some.Type", value: bytesOf(length) });
    const encoded = protoCodec.encode(AnySchema, message);
    assert.equal(encoded.length, toBinary(AnySchema, message).length);
    assert.ok(equals(AnySchema, fromBinary(AnySchema, encoded), message), `${length} bytes`);
  }
});

test("only a large value is written apart, and the message is left as it is", () => {
  const small = create(BytesValueSchema, { value: bytesOf(100) });
  assert.equal(largeBytesField(BytesValueSchema, small), undefined);
  const message = create(BytesValueSchema, { value: bytesOf(10_000) });
  const field = largeBytesField(BytesValueSchema, message);
  assert.equal(field?.localName, "value");
  assert.ok(field);
  encodeWithLargeBytes(BytesValueSchema, message, field);
  assert.equal(message.value.length, 10_000);
});

test("unknown fields are kept", () => {
  const withUnknown = fromBinary(
    BytesValueSchema,
    Uint8Array.from([...toBinary(BytesValueSchema, create(BytesValueSchema, { value: bytesOf(9_000) })), 0x50, 0x07]),
  );
  const again = fromBinary(BytesValueSchema, protoCodec.encode(BytesValueSchema, withUnknown));
  assert.equal(again.$unknown?.length, 1);
  assert.equal(again.value.length, 9_000);
});

test("the encoded bytes are a copy: changing the message afterwards changes nothing", () => {
  const message = create(BytesValueSchema, { value: bytesOf(9_000) });
  const encoded = protoCodec.encode(BytesValueSchema, message);
  message.value.fill(0);
  assert.deepEqual(fromBinary(BytesValueSchema, encoded).value, bytesOf(9_000));
});
