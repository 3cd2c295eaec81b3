// The program that the official Protocol Buffers conformance suite talks to: `conformance_test_runner … conformance/protobuf/testee.mjs`. What is
// binary goes through protoCodec, in and out; JSON is protobuf-es's, so that its cases prove the binary half too. Text format is left out. With
// `--plain` the codec is asked to read and write all messages once more as types without groups and without what is JSON (test/proto/plain.ts):
// what it may leave to protobuf-es is unknown to those.
import { readSync, writeSync } from "node:fs";
import { create, createRegistry, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { protoCodec } from "sluice";
import * as suite from "../../build/gen/conformance/conformance_pb.js";
import { file_google_protobuf_test_messages_edition2023 as edition2023 } from "../../build/gen/google/protobuf/test_messages_edition2023_pb.js";
import { file_google_protobuf_test_messages_proto2_editions as proto2Editions } from "../../build/gen/google/protobuf/test_messages_proto2_editions_pb.js";
import { file_google_protobuf_test_messages_proto2 as proto2 } from "../../build/gen/google/protobuf/test_messages_proto2_pb.js";
import { file_google_protobuf_test_messages_proto3_editions as proto3Editions } from "../../build/gen/google/protobuf/test_messages_proto3_editions_pb.js";
import { file_google_protobuf_test_messages_proto3 as proto3 } from "../../build/gen/google/protobuf/test_messages_proto3_pb.js";
import { plainCopy } from "../../build/test/proto/plain.js";

const { ConformanceRequestSchema, ConformanceResponseSchema, FailureSetSchema, TestCategory, WireFormat } = suite;

/** What a request names, and what the suite puts into `google.protobuf.Any`. */
const registry = createRegistry(proto2, proto3, edition2023, proto2Editions, proto3Editions, ...messagesOf(wkt));
const PLAIN_TYPES = process.argv.includes("--plain") ? [proto2, proto3, edition2023, proto2Editions, proto3Editions].map(plainCopy) : [];
/** Each message stands behind four bytes of its length, the least significant first. */
const PREFIX = 4;

for (;;) {
  const prefix = read(PREFIX);
  if (prefix === undefined) break;
  // the suite's own messages do without the codec that is under test
  const request = fromBinary(ConformanceRequestSchema, read(prefix.readUInt32LE()));
  const response = toBinary(ConformanceResponseSchema, create(ConformanceResponseSchema, { result: answer(request) }));
  const length = Buffer.alloc(PREFIX);
  length.writeUInt32LE(response.length);
  write(Buffer.concat([length, response]));
}

/** The `result` of a ConformanceResponse. */
function answer(request) {
  const { payload, requestedOutputFormat: wanted } = request;
  // Asked first: which failures are known. There are none.
  if (request.messageType === FailureSetSchema.typeName) {
    return { case: "protobufPayload", value: toBinary(FailureSetSchema, create(FailureSetSchema)) };
  }
  const schema = registry.getMessage(request.messageType);
  if (schema === undefined) return { case: "runtimeError", value: `there is no message ${request.messageType}` };
  if (payload.case === "textPayload" || wanted === WireFormat.TEXT_FORMAT) return { case: "skipped", value: "text format" };
  let message;
  try {
    message = parsed(schema, request);
  } catch (error) {
    return { case: "parseError", value: String(error) };
  }
  if (message === undefined) return { case: "skipped", value: `payload ${payload.case}` };
  try {
    if (wanted === WireFormat.PROTOBUF) return { case: "protobufPayload", value: encode(schema, message) };
    if (wanted === WireFormat.JSON) return { case: "jsonPayload", value: toJsonString(schema, message, { registry }) };
  } catch (error) {
    return { case: "serializeError", value: String(error) };
  }
  return { case: "skipped", value: `output ${wanted}` };
}

function parsed(schema, { payload, requestedOutputFormat, testCategory }) {
  if (payload.case === "protobufPayload") return decode(schema, payload.value);
  if (payload.case !== "jsonPayload") return undefined;
  const ignoreUnknownFields = testCategory === TestCategory.JSON_IGNORE_UNKNOWN_PARSING_TEST;
  const message = fromJsonString(schema, payload.value, { ignoreUnknownFields, registry });
  // from JSON to JSON a message would not be binary at all: here it is, between the two
  return requestedOutputFormat === WireFormat.JSON ? decode(schema, encode(schema, message)) : message;
}

function encode(schema, message) {
  const bytes = protoCodec.encode(schema, message);
  const plain = plainOf(schema);
  return plain === undefined ? bytes : protoCodec.encode(plain, protoCodec.decode(plain, bytes));
}

function decode(schema, bytes) {
  const plain = plainOf(schema);
  return protoCodec.decode(schema, plain === undefined ? bytes : protoCodec.encode(plain, protoCodec.decode(plain, bytes)));
}

function plainOf({ typeName }) {
  return PLAIN_TYPES.map((types) => types.getMessage(typeName)).find((found) => found !== undefined);
}

function messagesOf(module) {
  return Object.values(module).filter((value) => value?.kind === "message");
}

/** So many bytes of stdin; undefined: it has ended. */
function read(length) {
  const bytes = Buffer.alloc(length);
  let have = 0;
  while (have < length) {
    const count = readSync(0, bytes, have, length - have, null);
    if (count === 0 && have === 0) return undefined;
    if (count === 0) throw new Error(`the input ended ${have} bytes into ${length}`);
    have += count;
  }
  return bytes;
}

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
