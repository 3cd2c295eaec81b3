import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, NO_FIELDS } from "../base/field.js";
import { malformedMetadata, metadataFields } from "./metadata-fields.js";

const own = [
  ":method",
  ":scheme",
  ":path",
  ":authority",
  ":status",
  ":protocol",
  ":x",
  "te",
  "host",
  "content-type",
  "content-length",
  "connection",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
].map((name) => new Field(name, "1"));
const metadata = ["user-agent", "x", "x-bin", "cookie", "authorization", "grpc-previous-rpc-attempts", "grpc-trace-bin", "date"].map(
  (name) => new Field(name, "1"),
);

test("takes the metadata out, in order, the same objects", () => {
  assert.deepEqual(metadataFields([...own, ...metadata]), metadata);
  const mixed = own.flatMap((field, i) => (metadata[i] === undefined ? [field] : [field, metadata[i]]));
  assert.deepEqual(metadataFields(mixed), metadata);
});

test("no metadata is the shared empty list", () => {
  assert.equal(metadataFields(own), NO_FIELDS);
  assert.equal(metadataFields([]), NO_FIELDS);
});

test("a user-agent alone gives the same list for the same field", () => {
  const agent = new Field("user-agent", "a");
  const other = new Field("user-agent", "b");
  assert.equal(metadataFields([...own, agent]), metadataFields([agent, ...own]));
  assert.deepEqual(metadataFields([other]), [other]);
  assert.deepEqual(metadataFields([agent]), [agent]);
  assert.deepEqual(metadataFields([new Field("x", "1")]), [new Field("x", "1")]);
});

test("the first -bin field that is not base64 makes the call internal, and is named", () => {
  const message = (...list: (readonly [string, string])[]) =>
    malformedMetadata(
      "header",
      list.map(([name, value]) => new Field(name, value)),
    )?.message;
  const named = (name: string) => `the header "${name}" is not base64`;
  assert.equal(message(["a-bin", "AQ==,AQ"], ["x", "*"], ["b-bin", "A"], ["c-bin", "*"]), named("b-bin"));
  assert.equal(message(["a-bin", ""], ["a-bin", ","], ["a-bin", "AQ, AQ"]), undefined);
  assert.equal(message(["a-bin", "AQ,A"]), named("a-bin"));
  assert.equal(message(["a-bin", "A,AQ"]), named("a-bin"));
  const trailers = [new Field("a-bin", "*")];
  const status = malformedMetadata("trailer", trailers, trailers);
  assert.deepEqual([status?.code, status?.message, status?.trailers], [13, 'the trailer "a-bin" is not base64', trailers]);
});
