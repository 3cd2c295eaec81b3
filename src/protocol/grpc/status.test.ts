import assert from "node:assert/strict";
import { test } from "node:test";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { Field, type Fields } from "../../base/field.js";
import { detail } from "../../rpc/error-detail.js";
import { STATUS_OK, type Status, statusOf } from "../../rpc/status.js";
import { type FieldParts, readStatus, writeStatus } from "./status.js";

function fields(...pairs: [string, string][]): Fields {
  return pairs.map(([name, value]) => new Field(name, value));
}

function joined(parts: FieldParts): Fields {
  return [...parts.prepared, ...parts.extra];
}

test("a good end is one shared object each way", () => {
  assert.equal(readStatus(fields(["grpc-status", "0"])), STATUS_OK);
  assert.equal(
    readStatus(fields([":status", "200"], ["content-type", "application/grpc"], ["grpc-status", "0"], ["grpc-message", ""])),
    STATUS_OK,
  );
  assert.equal(writeStatus(STATUS_OK), writeStatus(STATUS_OK));
  assert.deepEqual(joined(writeStatus(STATUS_OK)), fields(["grpc-status", "0"]));
});

test("a good end with metadata shares the metadata's list", () => {
  const trailers = fields(["a", "1"], ["b-bin", "AQ"]);
  const parts = writeStatus({ ...STATUS_OK, trailers });
  assert.equal(parts.prepared, writeStatus(STATUS_OK).prepared);
  assert.equal(parts.extra, trailers);
  assert.deepEqual(readStatus(joined(parts)), { ...STATUS_OK, trailers });
});

for (let code = 0; code <= 18; code++) {
  test(`code ${code}: there and back, with nothing else and with everything`, () => {
    const bare = statusOf(code, "");
    assert.deepEqual(readStatus(joined(writeStatus(bare))), bare);
    if (code <= 16) assert.equal(writeStatus(bare).prepared, writeStatus(statusOf(code, "x")).prepared);
    if (code === 0) return;
    const full: Status = {
      code,
      message: "é 100 %\n",
      details: [detail(DurationSchema, { seconds: 3n })],
      trailers: fields(["a", "1"], ["a", "2"]),
    };
    assert.deepEqual(readStatus(joined(writeStatus(full))), full);
  });
}

test("the message is percent-encoded, the fields in order", () => {
  const parts = writeStatus(statusOf(5, "é", fields(["x", "y"])));
  assert.deepEqual(joined(parts), fields(["grpc-status", "5"], ["grpc-message", "%C3%A9"], ["x", "y"]));
});

test("fields of HTTP and of gRPC are no metadata, every other one is", () => {
  const status = readStatus(
    fields(
      ["grpc-status", "7"],
      ["content-length", "0"],
      ["grpc-encoding", "gzip"],
      ["te", "trailers"],
      ["x", "1"],
      ["grpc-retry-pushback-ms", "5"],
      ["cookie", "a"],
    ),
  );
  assert.deepEqual(
    status.trailers.map(({ name }) => name),
    ["x", "grpc-retry-pushback-ms", "cookie"],
  );
});

test("without grpc-status the code is unknown, and the metadata is kept", () => {
  const status = readStatus(fields(["x", "1"]));
  assert.equal(status.code, 2);
  assert.match(status.message, /no grpc-status/);
  assert.deepEqual(status.trailers, fields(["x", "1"]));
  assert.equal(readStatus([]).code, 2);
});

for (const value of ["", "-1", "+1", "1.0", "ok", "NOT_FOUND", "0x5", "1e1", "5 5", "99999999999"]) {
  test(`the grpc-status ${JSON.stringify(value)} is unknown and shown`, () => {
    const status = readStatus(fields(["grpc-status", value]));
    assert.equal(status.code, 2);
    assert.ok(status.message.includes(JSON.stringify(value)));
  });
}

test("a good status with zeros before it is good", () => {
  assert.deepEqual(readStatus(fields(["grpc-status", "00"])), STATUS_OK);
});

test("a trailer named -bin that is not base64 makes the end internal, a good one too", () => {
  for (const code of ["0", "5"]) {
    const status = readStatus(fields(["grpc-status", code], ["x-bin", "*"]));
    assert.equal(status.code, 13);
    assert.match(status.message, /x-bin/);
  }
});

test("details that are malformed do not hide the error", () => {
  const status = readStatus(fields(["grpc-status", "5"], ["grpc-message", "gone"], ["grpc-status-details-bin", "*"]));
  assert.deepEqual(status, statusOf(5, "gone"));
});

test("grpc-status names the code where details differ; the details' message stands in for one that is missing", () => {
  const extra = writeStatus({ code: 9, message: "from details", details: [detail(DurationSchema, {})], trailers: [] }).extra;
  const detailsBin = extra.find(({ name }) => name === "grpc-status-details-bin") as Field;
  const status = readStatus([new Field("grpc-status", "5"), detailsBin]);
  assert.deepEqual([status.code, status.message, status.details.length], [5, "from details", 1]);
  assert.equal(readStatus([new Field("grpc-status", "5"), new Field("grpc-message", "plain"), detailsBin]).message, "plain");
});
