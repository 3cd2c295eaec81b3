import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { EmptySchema, ListValueSchema, StringValueSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";
import { jsonCodec } from "../../rpc/json-codec.js";
import { protoCodec } from "../../rpc/proto-codec.js";
import { argumentCodec } from "./argument-codec.js";

const codec = argumentCodec(jsonCodec);

test("the same codec gives the same one again, and what is no JSON stays as it is", () => {
  assert.equal(argumentCodec(jsonCodec), codec);
  assert.equal(argumentCodec(protoCodec), protoCodec);
  assert.equal(codec.name, "json");
});

test("an array of one argument is that argument, whatever stands around it", () => {
  for (const text of ['{"a":1}', '[{"a":1}]', ' \t\r\n[ {"a":1} ]\n ']) {
    assert.deepEqual(codec.decode(StructSchema, encodeUtf8(text)), codec.decode(StructSchema, encodeUtf8('{"a":1}')), text);
  }
  assert.deepEqual(codec.decode(EmptySchema, encodeUtf8("[{}]")), create(EmptySchema));
  assert.equal(codec.decode(StringValueSchema, encodeUtf8('["[x]"]')).value, "[x]");
  assert.equal(codec.decode(StringValueSchema, encodeUtf8('"[x]"')).value, "[x]");
});

test("what is written is the message alone", () => {
  assert.equal(decodeUtf8(codec.encode(EmptySchema, create(EmptySchema))), "{}");
});

test("a message that is an array in JSON is not taken for arguments", () => {
  assert.equal(codec.decode(ListValueSchema, encodeUtf8("[1,2]")).values.length, 2);
  assert.equal(codec.decode(ListValueSchema, encodeUtf8("[[1]]")).values.length, 1);
  assert.equal(codec.decode(ValueSchema, encodeUtf8("[1]")).kind.case, "listValue");
});

test("no argument and more than one are refused, and say how many there are", () => {
  for (const [text, count] of [
    ["[]", 0],
    ["[ ]", 0],
    ['[{"a":1},{"b":2}]', 2],
    ["[[],[]]", 2],
  ] as const) {
    assert.throws(
      () => codec.decode(StructSchema, encodeUtf8(text)),
      new RegExp(`array of arguments has ${count}; a method has one`),
      text,
    );
  }
});

test("what is no JSON, or no message in its array, is refused", () => {
  const deep = 100_000;
  const nested = `${"[".repeat(deep)}${"]".repeat(deep)}`;
  for (const text of [
    "[",
    "]",
    "][",
    "[,]",
    "[{]",
    "[{}",
    "{}]",
    "[null]",
    "[7]",
    '["x"]',
    "[[{}]]",
    "[{}]x",
    "[{},]",
    '[{"a":1}]]',
    "\u00a0[{}]",
    nested,
  ]) {
    assert.throws(() => codec.decode(StructSchema, encodeUtf8(text)), Error, text.slice(0, 20));
  }
  assert.throws(() => codec.decode(StructSchema, new Uint8Array(0)));
  assert.throws(() => codec.decode(StructSchema, Uint8Array.of(0x5b, 0xff, 0x5d)));
});
