import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ApiSchema, BytesValueSchema, DurationSchema, FileDescriptorSetSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { tryDecode } from "./decoder.js";

test("messages of plain types are decoded as protobuf-es does, without it", () => {
  const api = { name: "é😀", methods: [{ name: "m".repeat(100), requestStreaming: true }], sourceContext: { fileName: "f" }, syntax: 1 };
  const bytes = toBinary(ApiSchema, create(ApiSchema, api));
  assert.deepEqual(tryDecode(ApiSchema, bytes, false), fromBinary(ApiSchema, bytes));
  const duration = toBinary(DurationSchema, create(DurationSchema, { seconds: -3n, nanos: -1 }));
  assert.deepEqual(tryDecode(DurationSchema, duration, false), fromBinary(DurationSchema, duration));
});

test("defaults on a prototype, and packed lists, are those of protobuf-es", () => {
  const file = create(ApiSchema).$typeName;
  const set = create(FileDescriptorSetSchema, {
    file: [{ name: file, publicDependency: [1, 2], messageType: [{ name: "M", field: [{ name: "f", number: 1 }] }] }],
  });
  const bytes = toBinary(FileDescriptorSetSchema, set);
  const decoded = tryDecode(FileDescriptorSetSchema, bytes, false);
  assert.deepEqual(decoded, fromBinary(FileDescriptorSetSchema, bytes));
});

test("two messages share nothing", () => {
  const bytes = toBinary(ApiSchema, create(ApiSchema, { name: "x" }));
  const first = tryDecode(ApiSchema, bytes, false);
  assert.ok(first);
  (first["methods"] as unknown[]).push(1);
  assert.deepEqual(tryDecode(ApiSchema, bytes, false)?.["methods"], []);
});

test("fields that are not known are kept as they came", () => {
  const bytes = Uint8Array.of(8, 1, 0x50, 0x87, 0x01, 0x5a, 1, 7, 0x65, 1, 2, 3, 4, 0x69, 1, 2, 3, 4, 5, 6, 7, 8);
  const decoded = tryDecode(DurationSchema, bytes, false);
  assert.equal(decoded?.$unknown?.length, 4);
  assert.deepEqual(decoded, fromBinary(DurationSchema, bytes));
});

test("left to protobuf-es: types with parts of its own, damage, and what is written as nobody writes it", () => {
  assert.equal(tryDecode(ValueSchema, new Uint8Array(0), false), undefined);
  const damaged = [
    [8],
    [0x0a],
    [0x12, 5, 1],
    [0, 1],
    [0x0f],
    [0x0b, 0x0c],
    [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    [0x0d, 1, 2, 3],
  ];
  for (const bytes of damaged) assert.equal(tryDecode(DurationSchema, Uint8Array.from(bytes), false), undefined, `[${bytes}]`);
  assert.equal(tryDecode(ApiSchema, Uint8Array.of(0x0a, 1, 0xff), false), undefined, "not UTF-8");
  assert.equal(tryDecode(BytesValueSchema, Uint8Array.of(0x0a, 5, 1), false), undefined, "cut short");
});

test("a message keeps small parts of the bytes as copies, and what fills its memory as a view", () => {
  const chunk = new Uint8Array(64 * 1024);
  const small = toBinary(BytesValueSchema, create(BytesValueSchema, { value: new Uint8Array(100) }));
  chunk.set([...small, 0x50, 7], 1000);
  const message = tryDecode(BytesValueSchema, chunk.subarray(1000, 1000 + small.length + 2), false);
  const kept = [message?.["value"] as Uint8Array, message?.$unknown?.[0]?.data as Uint8Array];
  assert.deepEqual(kept, [new Uint8Array(100), Uint8Array.of(7)]);
  for (const part of kept) assert.ok(part.buffer.byteLength <= 8 * 1024, `${part.buffer.byteLength} bytes`);
  const large = toBinary(BytesValueSchema, create(BytesValueSchema, { value: new Uint8Array(60_000) }));
  for (const owned of [true, false]) {
    const value = tryDecode(BytesValueSchema, large, owned)?.["value"] as Uint8Array | undefined;
    assert.equal(value?.buffer, large.buffer);
  }
});
