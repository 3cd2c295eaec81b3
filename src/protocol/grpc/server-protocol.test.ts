import assert from "node:assert/strict";
import { test } from "node:test";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { Field, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { detail } from "../../rpc/error-detail.js";
import { STATUS_OK, statusOf } from "../../rpc/status.js";
import { grpcHeads, grpcServer } from "./server-protocol.js";
import { type FieldParts, readStatus, writeStatus } from "./status.js";

/** A good request, with some fields replaced (undefined: left out) and others added. */
function request(changes: Record<string, string | undefined> = {}): Fields {
  const good = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/a.B/C",
    ":authority": "x",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const fields: Field[] = [];
  for (const [name, value] of Object.entries({ ...good, ...changes })) if (value !== undefined) fields.push(new Field(name, value));
  return fields;
}

function read(changes?: Record<string, string | undefined>): RequestHead {
  const head = grpcServer.readRequest(request(changes));
  assert.equal(head.kind, "request", JSON.stringify(head));
  return head as RequestHead;
}

function text(fields: Fields): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}

function joined(parts: FieldParts): Fields {
  return [...parts.prepared, ...parts.extra];
}

test("a good request", () => {
  const fields = request();
  assert.deepEqual(grpcServer.readRequest(fields), {
    kind: "request",
    path: "/a.B/C",
    codec: "proto",
    timeoutMs: Number.POSITIVE_INFINITY,
    compression: "identity",
    acceptCompression: undefined,
    fields,
    message: undefined,
    query: undefined,
  });
});

test("codec, time-out, compressions and metadata", () => {
  const head = read({
    "content-type": "application/grpc+json;charset=utf-8",
    "grpc-timeout": "250m",
    "grpc-encoding": "gzip",
    "grpc-accept-encoding": "gzip,br",
    "x-bin": "AQ==,AQ",
    "user-agent": "me",
  });
  assert.deepEqual([head.codec, head.timeoutMs, head.compression, head.acceptCompression], ["json", 250, "gzip", "gzip,br"]);
  assert.deepEqual(text(grpcServer.requestMetadata(head.fields)), { "x-bin": "AQ==,AQ", "user-agent": "me" });
  assert.equal(read({ "grpc-timeout": "0n" }).timeoutMs, 0);
  assert.equal(read({ te: undefined }).path, "/a.B/C", "te is not insisted on");
});

test("lists of compressions in two fields are one list", () => {
  const fields = [...request({ "grpc-accept-encoding": "gzip" }), new Field("grpc-accept-encoding", "br")];
  assert.equal((grpcServer.readRequest(fields) as RequestHead).acceptCompression, "gzip,br");
});

const refused: [what: string, changes: Record<string, string | undefined>, httpStatus: string, code: number, says: RegExp][] = [
  ["GET", { ":method": "GET" }, "405", 13, /GET/],
  ["GET without content-type", { ":method": "GET", "content-type": undefined }, "405", 13, /GET/],
  ["PUT", { ":method": "PUT" }, "405", 13, /PUT/],
  ["post", { ":method": "post" }, "405", 13, /post/],
  ["no method", { ":method": undefined }, "405", 13, /missing/],
  ["no content-type", { "content-type": undefined }, "415", 3, /missing/],
  ["application/grpcfoo", { "content-type": "application/grpcfoo" }, "415", 3, /"application\/grpcfoo"/],
  ["application/grpc-web", { "content-type": "application/grpc-web" }, "415", 3, /grpc-web/],
  ["an unknown codec", { "content-type": "application/grpc+thrift" }, "415", 3, /thrift/],
  ["application/json", { "content-type": "application/json" }, "415", 3, /json/],
  ["an empty content-type", { "content-type": "" }, "415", 3, /""/],
  ["a time-out of 9 digits", { "grpc-timeout": "123456789m" }, "400", 13, /grpc-timeout/],
  ["a negative time-out", { "grpc-timeout": "-1S" }, "400", 13, /grpc-timeout/],
  ["a time-out without unit", { "grpc-timeout": "5" }, "400", 13, /grpc-timeout/],
  ["an empty time-out", { "grpc-timeout": "" }, "400", 13, /grpc-timeout/],
  ["bad base64", { "x-bin": "A" }, "400", 13, /"x-bin"/],
  ["bad base64 in a list", { "x-bin": "AQ,*" }, "400", 13, /"x-bin"/],
  ["bad base64 before good", { "x-bin": "*", "y-bin": "AQ" }, "400", 13, /"x-bin"/],
  ["no path", { ":path": undefined }, "200", 12, /""/],
  ["a path without slash", { ":path": "a.B/C" }, "200", 12, /"a\.B\/C"/],
  ["a path without method", { ":path": "/a.B" }, "200", 12, /"\/a\.B"/],
  ["a path with an empty method", { ":path": "/a.B/" }, "200", 12, /"\/a\.B\/"/],
  ["a path with an empty service", { ":path": "//C" }, "200", 12, /"\/\/C"/],
  ["the path /", { ":path": "/" }, "200", 12, /"\/"/],
  ["the path *", { ":path": "*" }, "200", 12, /"\*"/],
];
for (const [what, changes, httpStatus, code, says] of refused) {
  test(`${what} is refused with HTTP status ${httpStatus} and code ${code}`, () => {
    const refusal = grpcServer.readRequest(request(changes)) as Refusal;
    assert.equal(refusal.kind, "refusal");
    const answer = text(refusal.fields);
    assert.equal(refusal.fields[0]?.name, ":status");
    assert.equal(answer[":status"], httpStatus);
    assert.equal(answer["content-type"], "application/grpc");
    assert.equal(answer.allow, httpStatus === "405" ? "POST" : undefined);
    const status = readStatus(refusal.fields);
    assert.equal(status.code, code);
    assert.equal(status.message, refusal.because);
    assert.match(refusal.because, says);
  });
}

test("an unknown compression is refused, naming those that are supported", () => {
  const refusal = grpcServer.refuseCompression(read({ "grpc-encoding": "snappy", "content-type": "application/grpc+json" }), [
    "br",
    "gzip",
  ]);
  const answer = text(refusal.fields);
  assert.equal(answer[":status"], "200");
  assert.equal(answer["content-type"], "application/grpc+json");
  assert.equal(answer["grpc-status"], "12");
  assert.equal(answer["grpc-accept-encoding"], "br,gzip");
  assert.match(refusal.because, /"snappy".*br, gzip/);
  assert.equal(text(grpcServer.refuseCompression(read({ "grpc-encoding": "x" }), []).fields)["grpc-accept-encoding"], "identity");
});

test("what is refused holds nothing that could not stand in a field", () => {
  const refusal = grpcServer.readRequest(request({ "content-type": "application/\u00ff\u0001 " })) as Refusal;
  for (const field of refusal.fields) assert.match(field.value, /^[\x20-\x7e]*$/);
});

test("the head of a response, the same list each time", () => {
  for (const codec of ["proto", "json"]) {
    for (const compression of ["identity", "gzip"]) {
      const head = grpcHeads.head(codec, compression);
      assert.equal(grpcHeads.head(codec, compression), head);
      const expected: Record<string, string> = {
        ":status": "200",
        "content-type": codec === "proto" ? "application/grpc" : "application/grpc+json",
      };
      if (compression !== "identity") expected["grpc-encoding"] = compression;
      assert.deepEqual(text(head), expected);
    }
  }
});

test("accepts what is gRPC's, also where it is refused later", () => {
  for (const yes of ["application/grpc", "application/grpc+json", "application/grpc+thrift"])
    assert.equal(grpcServer.accepts("POST", yes, 0), true);
  for (const no of ["application/grpcfoo", "application/grpc-web+proto", "application/json", ""])
    assert.equal(grpcServer.accepts("POST", no, 0), false);
});

for (let code = 0; code <= 17; code++) {
  test(`code ${code} in trailers, and in head and trailers at once`, () => {
    const status = {
      code,
      message: code === 0 ? "" : "é",
      details: code === 0 ? [] : [detail(DurationSchema, {})],
      trailers: [new Field("x", "1")],
    };
    assert.deepEqual(readStatus(joined(writeStatus(status))), status);
    const only = grpcHeads.trailersOnly(status, "json");
    assert.deepEqual(readStatus(joined(only)), status);
    assert.deepEqual(
      only.prepared.slice(0, 2).map(({ value }) => value),
      ["200", "application/grpc+json"],
    );
    assert.equal(grpcHeads.trailersOnly(statusOf(code, "other"), "json").prepared, only.prepared);
    assert.equal(joined(only).filter(({ name }) => name === "grpc-status").length, 1);
  });
}

test("the trailers of a good end are one shared object", () => {
  assert.equal(writeStatus(STATUS_OK), writeStatus(STATUS_OK));
});
