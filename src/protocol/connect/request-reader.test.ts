import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { faultOf } from "../../base/field-syntax.js";
import { decodeUtf8 } from "../../base/utf8.js";
import type { Refusal, RequestHead, ServerProtocol } from "../../exchange/server-protocol.js";
import { connectGetServer } from "./get-server.js";
import { connectStreamServer } from "./stream-server.js";
import { connectUnaryServer } from "./unary-server.js";

type Changes = Record<string, string | undefined>;

const BASE: Changes = { ":method": "POST", ":scheme": "http", ":path": "/a.B/C", ":authority": "x" };

function head(changes: Changes): Fields {
  const fields: Field[] = [];
  for (const [name, value] of Object.entries({ ...BASE, ...changes })) if (value !== undefined) fields.push(new Field(name, value));
  return fields;
}

function read(protocol: ServerProtocol, changes: Changes): RequestHead {
  const request = protocol.readRequest(head(changes));
  assert.equal(request.kind, "request", JSON.stringify(request));
  return request as RequestHead;
}

function refused(protocol: ServerProtocol, changes: Changes): Refusal & { text: Record<string, string> } {
  const refusal = protocol.readRequest(head(changes));
  assert.equal(refusal.kind, "refusal", "it was taken");
  const { fields } = refusal;
  assert.equal(fields[0]?.name, ":status");
  for (const field of fields) assert.equal(faultOf(field), 0, `${field.name}: ${field.value}`);
  return { ...(refusal as Refusal), text: Object.fromEntries(fields.map(({ name, value }) => [name, value])) };
}

const UNARY = { "content-type": "application/proto" };
const STREAM = { "content-type": "application/connect+json" };

test("unary calls say their compressions in HTTP's fields, streams in Connect's own", () => {
  const said = {
    "content-encoding": "gzip",
    "accept-encoding": "br, gzip",
    "connect-content-encoding": "zstd",
    "connect-accept-encoding": "zstd",
  };
  const unary = read(connectUnaryServer, { ...UNARY, ...said });
  assert.deepEqual([unary.codec, unary.compression, unary.acceptCompression], ["proto", "gzip", "br, gzip"]);
  const stream = read(connectStreamServer, { ...STREAM, ...said });
  assert.deepEqual([stream.codec, stream.compression, stream.acceptCompression], ["json", "zstd", "zstd"]);
  assert.equal(read(connectUnaryServer, { ...UNARY, "content-encoding": "" }).compression, "identity");
  assert.equal(read(connectUnaryServer, UNARY).timeoutMs, Number.POSITIVE_INFINITY);
  assert.equal(read(connectUnaryServer, { ...UNARY, ":path": "/a.B/C?trace=1" }).path, "/a.B/C");
});

for (const [name, protocol, good] of [
  ["unary call", connectUnaryServer, UNARY],
  ["stream", connectStreamServer, STREAM],
] as const) {
  test(`a ${name}: the version, the time-out and binary values are checked`, () => {
    assert.equal(read(protocol, { ...good, "connect-protocol-version": "1", "connect-timeout-ms": "250" }).timeoutMs, 250);
    assert.equal(read(protocol, { ...good, "connect-timeout-ms": "0" }).timeoutMs, 0);
    const bad: readonly (readonly [string, string, RegExp])[] = [
      ["connect-protocol-version", "2", /connect-protocol-version is "2"; it must be "1"/],
      ["connect-protocol-version", "", /connect-protocol-version is ""/],
      ["connect-timeout-ms", "12345678901", /connect-timeout-ms is malformed/],
      ["connect-timeout-ms", "-1", /connect-timeout-ms is malformed/],
      ["connect-timeout-ms", "1s", /connect-timeout-ms is malformed/],
      ["connect-timeout-ms", "", /connect-timeout-ms is malformed/],
      ["x-bin", "*", /"x-bin" is malformed; it must be base64/],
    ];
    for (const [field, value, says] of bad) {
      const refusal = refused(protocol, { ...good, [field]: value });
      assert.deepEqual([refusal.text[":status"], refusal.text["content-type"]], ["400", "application/json"], field);
      const error = JSON.parse(decodeUtf8(refusal.body));
      assert.equal(error.code, "invalid_argument");
      assert.match(error.message, says);
    }
  });

  test(`a ${name} with another HTTP method is refused with 405 and says which there is`, () => {
    for (const method of ["GET", "PUT", "post", "HEAD", "OPTIONS", undefined]) {
      const refusal = refused(protocol, { ...good, ":method": method });
      assert.deepEqual([refusal.text[":status"], refusal.text["allow"]], ["405", "POST"], method);
    }
  });

  test(`a ${name} of an unknown content-type is refused with 415 and says what is taken`, () => {
    for (const type of ["application/connect+thrift", "text/plain", "", undefined]) {
      const refusal = refused(protocol, { ...good, "content-type": type });
      assert.equal(refusal.text[":status"], "415");
      assert.match(refusal.text["accept-post"] ?? "", /proto.*json/);
    }
  });
}

test("what is refused shows the beginning of what came, and only what can stand in JSON", () => {
  const long = refused(connectUnaryServer, { "content-type": `application/${"x".repeat(10_000)}` });
  assert.ok(long.body.length < 1_000);
  assert.doesNotThrow(() => JSON.parse(decodeUtf8(refused(connectUnaryServer, { "content-type": 'a"\\\u00ff\u0001' }).body)));
});

test("an unknown compression is unimplemented, and what is supported is named", () => {
  const unary = connectUnaryServer.refuseCompression(read(connectUnaryServer, { ...UNARY, "content-encoding": "snappy" }), ["br", "gzip"]);
  assert.deepEqual(
    unary.fields.map(({ name, value }) => `${name}: ${value}`),
    [":status: 501", "content-type: application/json", "accept-encoding: br, gzip"],
  );
  assert.deepEqual(JSON.parse(decodeUtf8(unary.body)), {
    code: "unimplemented",
    message: 'the request is compressed with "snappy"; supported is br, gzip',
  });
  const request = read(connectStreamServer, { ...STREAM, "connect-content-encoding": "snappy" });
  const stream = connectStreamServer.refuseCompression(request, ["gzip"]);
  assert.deepEqual(
    stream.fields.map(({ name, value }) => `${name}: ${value}`),
    [":status: 200", "content-type: application/connect+json", "connect-accept-encoding: gzip"],
  );
  assert.equal(JSON.parse(decodeUtf8(stream.body.subarray(5))).error.code, "unimplemented");
});

// ---- GET

const QUERY = { encoding: "json", message: "%7B%7D" };

function get(parameters: Record<string, string | undefined>, changes: Changes = {}): Changes {
  const query = Object.entries({ ...QUERY, ...parameters }).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
  return { ":method": "GET", ":path": `/a.B/C?${query.join("&")}`, ...changes };
}

test("a GET holds its message: as text, in base64 of either alphabet, padded or not, its parameters in any order", () => {
  const request = read(connectGetServer, get({}));
  assert.deepEqual([request.path, request.codec, decodeUtf8(request.message as Uint8Array)], ["/a.B/C", "json", "{}"]);
  assert.equal(request.query, "encoding=json&message=%7B%7D");
  for (const message of ["-__-AQ", "-__-AQ%3D%3D", "-__-AQ==", "%2B//%2BAQ=="]) {
    const parameters = get({ encoding: "proto", base64: "1", message });
    assert.deepEqual(read(connectGetServer, parameters).message, Uint8Array.of(0xfb, 0xff, 0xfe, 1), message);
  }
  const other = { ":method": "GET", ":path": "/a.B/C?message=AQ&other=%20&base64=1&compression=gzip&encoding=proto&connect=v1" };
  const reversed = read(connectGetServer, { ...other, "connect-timeout-ms": "5", "accept-encoding": "gzip" });
  assert.deepEqual([reversed.compression, reversed.timeoutMs, reversed.acceptCompression], ["gzip", 5, "gzip"]);
  assert.equal(read(connectGetServer, get({ message: "" })).message?.length, 0);
  assert.equal(decodeUtf8(read(connectGetServer, get({ message: "a+b" })).message as Uint8Array), "a b");
});

const BAD_GETS: readonly (readonly [what: string, changes: Changes, httpStatus: string, says: RegExp])[] = [
  ["no query", { ":method": "GET" }, "415", /content-type is missing/],
  ["no message", get({ message: undefined }), "400", /message is missing/],
  ["no encoding", get({ encoding: undefined }), "415", /encoding=proto or encoding=json/],
  ["an unknown encoding", get({ encoding: "xml" }), "415", /"xml"/],
  ["an encoding that objects have of their own", get({ encoding: "__proto__" }), "415", /"__proto__"/],
  ["broken base64", get({ base64: "1", message: "A" }), "400", /no base64/],
  ["base64 of no alphabet", get({ base64: "1", message: "A*==" }), "400", /no base64/],
  ["a broken escape", get({ message: "%E0%A4" }), "400", /query is missing or malformed/],
  ["another version", get({ connect: "v2" }), "400", /it must be "1"/],
  ["a malformed time-out", get({}, { "connect-timeout-ms": "x" }), "400", /connect-timeout-ms/],
  ["malformed metadata", get({}, { "x-bin": "*" }), "400", /"x-bin"/],
];
for (const [what, changes, httpStatus, says] of BAD_GETS) {
  test(`a GET with ${what} is refused with HTTP status ${httpStatus}`, () => {
    const refusal = refused(connectGetServer, changes);
    assert.equal(refusal.text[":status"], httpStatus);
    assert.match(JSON.parse(decodeUtf8(refusal.body)).message, says);
  });
}

test("a query of a megabyte is read whole; of 100,000 parameters only the first hundred count", () => {
  const { message } = read(connectGetServer, get({ message: "a".repeat(2 ** 20) }));
  assert.equal(message?.length, 2 ** 20);
  const many = `/a.B/C?${"a=1&".repeat(100_000)}encoding=json&message=1`;
  assert.equal(refused(connectGetServer, { ":method": "GET", ":path": many }).text[":status"], "415");
});
