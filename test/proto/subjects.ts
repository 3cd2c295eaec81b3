import assert from "node:assert/strict";
import type { DescFile, DescMessage } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { PayloadSchema } from "../../gen/bench_pb.js";
import * as edition2023 from "../../gen/google/protobuf/test_messages_edition2023_pb.js";
import * as proto2Editions from "../../gen/google/protobuf/test_messages_proto2_editions_pb.js";
import * as proto2 from "../../gen/google/protobuf/test_messages_proto2_pb.js";
import * as proto3Editions from "../../gen/google/protobuf/test_messages_proto3_editions_pb.js";
import * as proto3 from "../../gen/google/protobuf/test_messages_proto3_pb.js";
import * as kinds from "../../gen/kinds_pb.js";
import { plainCopy } from "./plain.js";

/** A message type that the codec is held against protobuf-es with. */
export interface Subject {
  readonly name: string;
  readonly schema: DescMessage;
}

/** The messages of the conformance suite that have fields of all kinds. */
const WHOLE: readonly DescMessage[] = [
  proto2.TestAllTypesProto2Schema,
  proto3.TestAllTypesProto3Schema,
  edition2023.TestAllTypesEdition2023Schema,
  proto2Editions.TestAllTypesProto2Schema,
  proto3Editions.TestAllTypesProto3Schema,
];

export const PLAIN_PROTO2: DescMessage = plain(proto2.file_google_protobuf_test_messages_proto2, proto2.TestAllTypesProto2Schema);
export const PLAIN_PROTO3: DescMessage = plain(proto3.file_google_protobuf_test_messages_proto3, proto3.TestAllTypesProto3Schema);
const PLAIN_EDITION: DescMessage = plain(
  edition2023.file_google_protobuf_test_messages_edition2023,
  edition2023.TestAllTypesEdition2023Schema,
);

/** With more than a hundred fields each. */
const LARGE: readonly Subject[] = [
  ...WHOLE.map((schema) => ({ name: schema.typeName, schema })),
  ...[PLAIN_PROTO2, PLAIN_PROTO3, PLAIN_EDITION].map((schema) => ({ name: `${schema.typeName} without groups and JSON`, schema })),
];

const SMALL: readonly Subject[] = [
  PayloadSchema,
  kinds.LongsSchema,
  kinds.EnumsSchema,
  kinds.RequiredSchema,
  kinds.NumbersSchema,
  kinds.NamesSchema,
  kinds.KnownSchema,
  kinds.TreeSchema,
  kinds.ChainSchema,
  proto2.UnknownToTestAllTypesSchema,
  wkt.AnySchema,
  wkt.ApiSchema,
  wkt.DurationSchema,
  wkt.TimestampSchema,
  wkt.FieldMaskSchema,
  wkt.StructSchema,
  wkt.ValueSchema,
  wkt.ListValueSchema,
  wkt.Int64ValueSchema,
  wkt.BytesValueSchema,
  wkt.EmptySchema,
  wkt.FileDescriptorProtoSchema,
].map((schema: DescMessage) => ({ name: schema.typeName, schema }));

export const SUBJECTS: readonly Subject[] = [...LARGE, ...SMALL];

function plain(file: DescFile, { typeName }: DescMessage): DescMessage {
  const schema = plainCopy(file).getMessage(typeName);
  assert.ok(schema !== undefined, `${typeName} is left`);
  return schema;
}
