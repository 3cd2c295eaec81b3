import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import { ApiSchema, DurationSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import { encodeUtf8 } from "../base/utf8.js";
import { jsonCodec } from "./json-codec.js";
import { protoCodec } from "./proto-codec.js";

for (const codec of [protoCodec, jsonCodec]) {
  test(`${codec.name}: round trip`, () => {
    const message = create(ApiSchema, { name: "é😀", methods: [{ name: "m", requestStreaming: true }] });
    assert.deepEqual(codec.decode(ApiSchema, codec.encode(ApiSchema, message)), message);
  });
}

test("proto: the bytes are those of the wire format; damaged bytes throw", () => {
  assert.deepEqual([...protoCodec.encode(DurationSchema, create(DurationSchema, { seconds: 3n }))], [8, 3]);
  assert.throws(() => protoCodec.decode(DurationSchema, Uint8Array.of(8)));
});

test("json: unknown fields are skipped, bad UTF-8 and bad JSON throw", () => {
  assert.equal(jsonCodec.decode(ApiSchema, encodeUtf8('{"name":"x","later":[1]}')).name, "x");
  assert.throws(() => jsonCodec.decode(ApiSchema, Uint8Array.of(0x22, 0xff, 0x22)));
  assert.throws(() => jsonCodec.decode(ApiSchema, encodeUtf8("{")));
});

test("proto: what protobuf-es decodes pins no chunk either", () => {
  const chunk = new Uint8Array(64 * 1024);
  // an empty key and no value, as nobody writes them
  const bytes = Uint8Array.of(0x0a, 2, 0x0a, 0, 0x50, 7);
  chunk.set(bytes, 500);
  const message = protoCodec.decode(StructSchema, chunk.subarray(500, 500 + bytes.length));
  assert.deepEqual(message, fromBinary(StructSchema, bytes));
  const kept = message.$unknown?.[0]?.data;
  assert.ok(kept && kept.buffer.byteLength <= 8 * 1024);
});
