import assert from "node:assert/strict";
import { test } from "node:test";
import { create, equals, fromBinary } from "@bufbuild/protobuf";
import { BytesValueSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import type { BodyFormat } from "./body-format.js";
import type { Compression } from "./compression.js";
import { Encoded, encode } from "./encoded.js";
import { jsonCodec } from "./json-codec.js";
import { protoCodec } from "./proto-codec.js";

/** Bodies whose prefix is one byte: 0, or 1 for a compressed message. */
const body: BodyFormat = {
  prefixBytes: 1,
  mayClose: false,
  compressedByHead: false,
  prefix: (_length, compressed) => Uint8Array.of(compressed ? 1 : 0),
  read: () => undefined,
  finish() {},
};

let compressions = 0;

const reversing: Compression = {
  name: "reverse",
  compress(bytes) {
    compressions++;
    return bytes.slice().reverse();
  },
  decompress: (bytes) => bytes.slice().reverse(),
};

const value = { value: Uint8Array.of(1, 2, 3) };

test("a message is encoded when encode() is called, and what becomes of it later does not matter", () => {
  const message = create(BytesValueSchema, { value: Uint8Array.of(1, 2, 3) });
  const encoded = encode(BytesValueSchema, message);
  message.value[0] = 9;
  assert.ok(equals(BytesValueSchema, encoded.message, create(BytesValueSchema, value)));
  assert.equal(encoded.byteLength, 5);
  assert.equal(encoded.schema, BytesValueSchema);
});

test("the bytes for a body are made once for each codec and compression", () => {
  const encoded = encode(BytesValueSchema, value);
  const plain = encoded.inBody(body, protoCodec, undefined);
  assert.deepEqual([...plain], [0, 10, 3, 1, 2, 3]);
  assert.equal(encoded.inBody(body, protoCodec, undefined), plain);
  compressions = 0;
  const compressed = encoded.inBody(body, protoCodec, reversing);
  assert.deepEqual([...compressed], [1, 3, 2, 1, 3, 10]);
  assert.equal(encoded.inBody(body, protoCodec, reversing), compressed);
  assert.equal(compressions, 1);
  const json = encoded.inBody(body, jsonCodec, undefined);
  assert.equal(new TextDecoder().decode(json.subarray(1)), '"AQID"');
  assert.equal(encoded.inBody(body, jsonCodec, undefined), json);
  assert.equal(encoded.inBody(body, protoCodec, undefined), plain, "still the first");
});

test("the decoded message is one, frozen all through, and shares no memory with the bytes that are sent", () => {
  const encoded = encode(StructSchema, { fields: { a: { kind: { case: "stringValue", value: "b" } } } });
  const { message } = encoded;
  assert.equal(encoded.message, message);
  assert.throws(() => {
    message.fields = {};
  }, TypeError);
  assert.throws(() => {
    delete message.fields["a"];
  }, TypeError);
  const bytes = encode(BytesValueSchema, value);
  const sent = bytes.inBody(body, protoCodec, undefined);
  bytes.message.value[0] = 9;
  assert.deepEqual([...sent], [0, 10, 3, 1, 2, 3]);
});

test("what is no message of the type is a mistake in the call", () => {
  assert.throws(() => encode(BytesValueSchema, { value: "text" as never }), {
    name: "UsageError",
    message: /google\.protobuf\.BytesValue/,
  });
});

test("bytes that were encoded elsewhere can be sent as they are", () => {
  const encoded = new Encoded(BytesValueSchema, Uint8Array.of(10, 1, 7));
  const sent = encoded.inBody(body, protoCodec, undefined);
  assert.ok(
    equals(BytesValueSchema, fromBinary(BytesValueSchema, sent.subarray(1)), create(BytesValueSchema, { value: Uint8Array.of(7) })),
  );
});
