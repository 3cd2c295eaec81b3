import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { codeFromNumber } from "../../rpc/code.js";
import { STATUS_OK, type Status } from "../../rpc/status.js";
import { connectUnaryClient } from "./unary-client.js";

const client = connectUnaryClient("proto", true);

function fields(object: Record<string, string>): Fields {
  return Object.entries(object).map(([name, value]) => new Field(name, value));
}

function pairs(list: Fields): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

const GOOD = { ":status": "200", "content-type": "application/proto" };

test("a good head: compression, metadata, and the trailers among its fields", () => {
  const said = { "content-encoding": "gzip", x: "1", "trailer-y": "2", "trailer-z-bin": "AQ", "trailer-content-type": "text/html" };
  const head = client.readHead(fields({ ...GOOD, ...said }), false);
  assert.deepEqual([head.compression, head.status, head.errorBody], ["gzip", undefined, undefined]);
  assert.deepEqual(pairs(head.metadata), ["x: 1"]);
  const status = client.readBodyEnd(head, false);
  assert.equal(status.code, 0);
  assert.deepEqual(pairs(status.trailers), ["y: 2", "z-bin: AQ"], "what is a protocol's own is no trailer");
  assert.equal(client.readBodyEnd(client.readHead(fields(GOOD), false), true), STATUS_OK, "no byte is a message of no byte");
});

test("a field that is named trailer- and nothing more is no trailer, for a trailer has a name", () => {
  const head = client.readHead(fields({ ...GOOD, "trailer-": "1", "trailer-x": "2" }), false);
  assert.deepEqual(pairs(client.readBodyEnd(head, false).trailers), ["x: 2"]);
  assert.deepEqual(pairs(head.metadata), []);
});

function errorOf(httpStatus: string, body: string, more: Record<string, string> = {}): Status {
  const head = client.readHead(fields({ ":status": httpStatus, "content-type": "application/json", ...more }), false);
  assert.equal(head.status, undefined, "the body may say more");
  assert.ok(head.errorBody);
  return client.readClosing(encodeUtf8(body), head);
}

test("an error is in JSON whatever the codec, and what it says counts for more than the HTTP status", () => {
  const status = errorOf("503", '{"code":"not_found","message":"m"}', { "trailer-x": "1", y: "2" });
  assert.deepEqual([codeFromNumber(status.code), status.message, pairs(status.trailers)], ["not_found", "m", ["x: 1"]]);
  const charset = errorOf("404", '{"code":"aborted"}', { "content-type": "application/json; charset=utf-8" });
  assert.equal(codeFromNumber(charset.code), "aborted");
});

for (const [httpStatus, code] of [
  ["400", "internal"],
  ["401", "unauthenticated"],
  ["403", "permission_denied"],
  ["404", "unimplemented"],
  ["429", "unavailable"],
  ["502", "unavailable"],
  ["503", "unavailable"],
  ["504", "unavailable"],
  ["301", "unknown"],
  ["409", "unknown"],
  ["499", "unknown"],
  ["500", "unknown"],
  ["501", "unknown"],
] as const) {
  test(`HTTP status ${httpStatus} without an error of Connect is ${code}`, () => {
    for (const body of ["", "{", "null", "[]", '"x"', "{}", '{"code":null}', '{"code":"no_such"}', '{"error":{"code":"aborted"}}']) {
      assert.equal(codeFromNumber(errorOf(httpStatus, body).code), code, body);
    }
  });
}

test("304 is unknown, and says so; another codec is internal; HTTP's own trailers say nothing", () => {
  const { status } = client.readHead(fields({ ":status": "304", etag: '"1"' }), true);
  assert.deepEqual([status?.code, status?.message], [2, "the response has not been modified (HTTP status 304)"]);
  assert.equal(client.readHead(fields({ ...GOOD, "content-type": "application/json" }), false).status?.code, 13);
  assert.equal(client.readTrailers(fields({ "grpc-status": "5" })), undefined);
});

test("a header or a trailer named -bin that is not base64 makes the call internal, whatever else the answer says", () => {
  for (const head of [GOOD, { ":status": "404", "content-type": "application/json" }]) {
    for (const [name, said] of [
      ["x-bin", 'the header "x-bin" is not base64'],
      ["trailer-x-bin", 'the trailer "x-bin" is not base64'],
    ] as const) {
      const { status } = client.readHead(fields({ ...head, [name]: "*" }), false);
      assert.deepEqual([status?.code, status?.message], [13, said]);
    }
  }
  const foreign = client.readHead(fields({ ":status": "502", "content-type": "text/html", "x-bin": "*" }), true);
  assert.equal(codeFromNumber(foreign.status?.code ?? -1), "unavailable", "what is not Connect's has no metadata of Connect");
});
