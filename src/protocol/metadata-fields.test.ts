import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, NO_FIELDS } from "../base/field.js";
import { malformedBinary, metadataFields } from "./metadata-fields.js";

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

test("finds the first -bin field that is not base64", () => {
  const bad = new Field("b-bin", "A");
  assert.equal(malformedBinary([new Field("a-bin", "AQ==,AQ"), new Field("x", "*"), bad, new Field("c-bin", "*")]), bad);
  assert.equal(malformedBinary([new Field("a-bin", ""), new Field("a-bin", ","), new Field("a-bin", "AQ, AQ")]), undefined);
  assert.equal(malformedBinary([new Field("a-bin", "AQ,A")])?.name, "a-bin");
  assert.equal(malformedBinary([new Field("a-bin", "A,AQ")])?.name, "a-bin");
});
