import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { jsonCodec } from "../../rpc/json-codec.js";
import { protoCodec } from "../../rpc/proto-codec.js";
import { serializationOf, wrapperRefusingCodec } from "./wrapper-codec.js";

const codec = wrapperRefusingCodec(protoCodec);

interface Wrapper {
  readonly serialization?: string;
  readonly args?: readonly Uint8Array[];
  readonly types?: readonly string[];
}

/** `TripleRequestWrapper` as dubbo-go and Dubbo Java write it. */
function wrapper({ serialization, args = [], types = [] }: Wrapper): Uint8Array {
  const writer = new BinaryWriter();
  if (serialization !== undefined) writer.tag(1, WireType.LengthDelimited).string(serialization);
  for (const arg of args) writer.tag(2, WireType.LengthDelimited).bytes(arg);
  for (const type of types) writer.tag(3, WireType.LengthDelimited).string(type);
  return writer.finish();
}

const ONE = { args: [Uint8Array.of(3, 65, 100, 97)], types: ["java.lang.String"] };

test("a wrapper is refused by how its arguments are serialised, and told what to do instead", () => {
  for (const serialization of ["hessian2", "hessian4", "msgpack", "fastjson2"]) {
    const bytes = wrapper({ serialization, ...ONE });
    assert.equal(serializationOf(bytes), serialization);
    assert.throws(() => codec.decode(StringValueSchema, bytes), new RegExp(`serialised with ${serialization}.*messages of the proto file`));
  }
  const many = wrapper({ serialization: "hessian2", args: [new Uint8Array(0), Uint8Array.of(1)], types: ["[B", "com.acme.Order$Line"] });
  assert.equal(serializationOf(many), "hessian2");
});

test("messages that are none are read as ever, also those that begin alike", () => {
  for (const value of ["", "hessian2", "json", "Ada", "x".repeat(300)]) {
    const bytes = protoCodec.encode(StringValueSchema, create(StringValueSchema, { value }));
    assert.equal(codec.decode(StringValueSchema, bytes).value, value);
  }
  for (const given of [
    { serialization: "hessian2" },
    { serialization: "hessian3", ...ONE },
    { serialization: "hessian2", args: ONE.args },
    { serialization: "hessian2", types: ONE.types },
    { serialization: "hessian2", args: ONE.args, types: ["not a type"] },
    { serialization: "hessian2", args: ONE.args, types: ["int", "int"] },
    ONE,
    {},
  ]) {
    assert.equal(serializationOf(wrapper(given)), undefined, JSON.stringify(given));
  }
});

test("a wrapper that is cut anywhere, and bytes that are no message, are none", () => {
  const whole = wrapper({ serialization: "hessian2", ...ONE });
  for (let length = 0; length < whole.length; length++) assert.equal(serializationOf(whole.subarray(0, length)), undefined, String(length));
  for (const bytes of [[10], [10, 255], [10, 255, 255, 255, 255, 15], [255, 255, 255], [8, 1], [12], [10, 1, 255, 18, 0]]) {
    assert.equal(serializationOf(Uint8Array.from(bytes)), undefined, bytes.join());
  }
});

test("JSON stays as it is, and the same codec gives the same one again", () => {
  assert.equal(wrapperRefusingCodec(jsonCodec), jsonCodec);
  assert.equal(wrapperRefusingCodec(protoCodec), codec);
  const message = create(StringValueSchema, { value: "x" });
  assert.deepEqual(codec.encode(StringValueSchema, message), protoCodec.encode(StringValueSchema, message));
});
