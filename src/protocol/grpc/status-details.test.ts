import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AnySchema,
  anyPack,
  DurationSchema,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { decodeBase64, encodeBase64 } from "../../base/base64.js";
import { detail } from "../../rpc/error-detail.js";
import { decodeStatusDetails, encodeStatusDetails } from "./status-details.js";

/** google.rpc.Status as protobuf-es knows it: what the hand-written form is held against. */
const StatusSchema = statusSchema();
interface StatusMessage {
  code: number;
  message: string;
  details: unknown[];
}

const details = [detail(DurationSchema, { seconds: 3n }), { type: "a.B", value: new Uint8Array(0) }];

test("is a google.rpc.Status", () => {
  const bytes = decodeBase64(encodeStatusDetails(5, "gone é", details)) as Uint8Array;
  const message = fromBinary(StatusSchema, bytes);
  const status = message as unknown as StatusMessage;
  assert.equal(status.code, 5);
  assert.equal(status.message, "gone é");
  assert.deepEqual(status.details, [
    anyPack(DurationSchema, create(DurationSchema, { seconds: 3n })),
    create(AnySchema, { typeUrl: "type.googleapis.com/a.B" }),
  ]);
  assert.equal(encodeBase64(toBinary(StatusSchema, message)), encodeStatusDetails(5, "gone é", details));
});

test("round trip, also of nothing", () => {
  assert.deepEqual(decodeStatusDetails(encodeStatusDetails(5, "gone", details)), { code: 5, message: "gone", details });
  assert.deepEqual(decodeStatusDetails(encodeStatusDetails(0, "", [])), { code: 0, message: "", details: [] });
  assert.equal(encodeStatusDetails(0, "", []), "");
  for (const code of [1, 16, 17, 2147483647]) assert.equal(decodeStatusDetails(encodeStatusDetails(code, "", []))?.code, code);
});

test("the type is what follows the last slash; unknown fields are skipped", () => {
  const any = Uint8Array.of(10, 5, 0x78, 0x2f, 0x79, 0x2f, 0x7a, 24, 1, 18, 1, 9);
  const decoded = decodeStatusDetails(encodeBase64(Uint8Array.of(32, 1, 8, 3, 26, any.length, ...any)));
  assert.deepEqual(decoded, { code: 3, message: "", details: [{ type: "z", value: Uint8Array.of(9) }] });
});

for (const bytes of [[8], [26, 5, 1], [26, 2, 10, 9], [0, 0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]) {
  test(`the bytes ${bytes} are malformed`, () => assert.equal(decodeStatusDetails(encodeBase64(Uint8Array.from(bytes))), undefined));
}
test("what is not base64 is malformed", () => assert.equal(decodeStatusDetails("*"), undefined));

function statusSchema(): DescMessage {
  const field = (name: string, number: number, type: Type, label: Label, typeName = "") =>
    create(FieldDescriptorProtoSchema, { name, number, type, label, typeName, jsonName: name });
  const file = create(FileDescriptorProtoSchema, {
    name: "google/rpc/status.proto",
    package: "google.rpc",
    syntax: "proto3",
    dependency: ["google/protobuf/any.proto"],
    messageType: [
      {
        name: "Status",
        field: [
          field("code", 1, Type.INT32, Label.OPTIONAL),
          field("message", 2, Type.STRING, Label.OPTIONAL),
          field("details", 3, Type.MESSAGE, Label.REPEATED, ".google.protobuf.Any"),
        ],
      },
    ],
  });
  const set = create(FileDescriptorSetSchema, { file: [file_google_protobuf_any.proto, file] });
  return createFileRegistry(set).getMessage("google.rpc.Status") as DescMessage;
}
