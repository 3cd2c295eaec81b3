import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescExtension, type DescMessage, type Extendee, getExtension, type Message, setExtension } from "@bufbuild/protobuf";
import * as edition2023 from "../../gen/google/protobuf/test_messages_edition2023_pb.js";
import * as proto2 from "../../gen/google/protobuf/test_messages_proto2_pb.js";
import { compareDecode, compareEncode } from "./compare.js";

const EXTENSIONS: readonly [schema: DescMessage, extension: DescExtension, value: unknown][] = [
  [proto2.TestAllTypesProto2Schema, proto2.extension_int32, -7],
  [proto2.TestAllTypesProto2Schema, proto2.groupfield, create(proto2.GroupFieldSchema, { groupInt32: 3 })],
  [
    proto2.TestAllTypesProto2_MessageSetCorrectSchema,
    proto2.TestAllTypesProto2_MessageSetCorrectExtension1_message_set_extension,
    create(proto2.TestAllTypesProto2_MessageSetCorrectExtension1Schema, { str: "x" }),
  ],
  [edition2023.TestAllTypesEdition2023Schema, edition2023.extension_int32, 2 ** 31 - 1],
  [edition2023.TestAllTypesEdition2023Schema, edition2023.groupliketype, create(edition2023.GroupLikeTypeSchema, { c: 3 })],
  [edition2023.TestAllTypesEdition2023Schema, edition2023.delimited_ext, create(edition2023.GroupLikeTypeSchema, { c: -1 })],
];

for (const [schema, extension, value] of EXTENSIONS) {
  test(`extension ${extension.typeName} of ${schema.typeName} goes out and comes in`, () => {
    const message = create(schema) as Extendee<typeof extension>;
    setExtension(message, extension, value as never);
    const bytes = compareEncode(schema, message as Message, () => extension.typeName);
    assert.ok(bytes !== undefined && bytes.length > 0);
    const decoded = compareDecode(schema, bytes, () => extension.typeName);
    assert.deepEqual(getExtension(decoded as typeof message, extension), value);
  });
}
