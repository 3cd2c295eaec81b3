import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ApiSchema, DurationSchema } from "@bufbuild/protobuf/wkt";
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
