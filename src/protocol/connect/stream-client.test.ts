import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { PLAIN_HEAD } from "../../exchange/client-protocol.js";
import { codeFromNumber } from "../../rpc/code.js";
import type { Status } from "../../rpc/status.js";
import { connectStreamClient } from "./stream-client.js";
import { connectStreamServer } from "./stream-server.js";

const client = connectStreamClient("proto");

function fields(object: Record<string, string>): Fields {
  return Object.entries(object).map(([name, value]) => new Field(name, value));
}

function pairs(list: Fields): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

const GOOD = { ":status": "200", "content-type": "application/connect+proto" };

test("a plain head is one shared object; compression and metadata are read", () => {
  assert.equal(client.readHead(fields(GOOD), false), PLAIN_HEAD);
  const head = client.readHead(fields({ ...GOOD, "connect-content-encoding": "gzip", "content-encoding": "br", x: "1" }), false);
  assert.equal(head.compression, "gzip", "what HTTP says of the whole body is not of its messages");
  assert.deepEqual(pairs(head.metadata), ["x: 1"]);
  const typed = { ...GOOD, "content-type": "Application/Connect+Proto; charset=utf-8" };
  assert.equal(client.readHead(fields(typed), false).status, undefined);
});

test("a body that ends without the end of its stream is internal, empty or not", () => {
  for (const empty of [true, false]) assert.equal(codeFromNumber(client.readBodyEnd(PLAIN_HEAD, empty).code), "internal");
  assert.equal(codeFromNumber(client.readHead(fields(GOOD), true).status?.code ?? -1), "internal");
});

test("the last envelope says the status", () => {
  const status = client.readClosing(encodeUtf8('{"error":{"code":"aborted","message":"m"},"metadata":{"X":["1"]}}'), PLAIN_HEAD);
  assert.deepEqual([codeFromNumber(status.code), status.message, pairs(status.trailers)], ["aborted", "m", ["x: 1"]]);
});

test("any other HTTP status is an error by itself, whatever content-type it has; a body that is text is shown", () => {
  for (const [httpStatus, code] of [
    ["400", "internal"],
    ["404", "unimplemented"],
    ["415", "unknown"],
    ["503", "unavailable"],
  ] as const) {
    for (const type of ["application/connect+proto", "text/html"]) {
      const { status } = client.readHead(fields({ ":status": httpStatus, "content-type": type }), true);
      assert.equal(codeFromNumber(status?.code ?? -1), code);
    }
    const head = client.readHead(fields({ ":status": httpStatus, "content-type": "text/html" }), false);
    assert.equal(head.status, undefined, "the body may say more");
    const shown = client.readClosing(encodeUtf8("<h1>Bad</h1>"), head);
    assert.equal(codeFromNumber(shown.code), code);
    assert.match(shown.message, /which begins: <h1>Bad<\/h1>$/);
  }
});

test("another content-type is no stream of Connect; another codec is internal", () => {
  for (const type of ["application/proto", "application/grpc", "text/plain"]) {
    assert.equal(codeFromNumber(client.readHead(fields({ ...GOOD, "content-type": type }), true).status?.code ?? -1), "unknown", type);
  }
  const { status } = client.readHead(fields({ ...GOOD, "content-type": "application/connect+json" }), false);
  assert.deepEqual([status?.code, status?.message.includes("it must be application/connect+proto")], [13, true]);
});

test("what the server refuses is read as it was meant", () => {
  const refusal = connectStreamServer.refusePath("there is no such method", "proto");
  const head = client.readHead(refusal.fields, false);
  assert.equal(head.status, undefined);
  assert.equal(refusal.body[0], 2);
  const status = client.readClosing(refusal.body.subarray(5), head);
  assert.deepEqual([codeFromNumber(status.code), status.message], ["unimplemented", "there is no such method"]);
});

test("a trailer named -bin that is not base64 makes the end internal, a good one too", () => {
  for (const error of ["", '"error":{"code":"aborted"},']) {
    const status = readEnd(`{${error}"metadata":{"X-Bin":["AQ","*"]}}`);
    assert.deepEqual([status.code, status.message], [13, 'the trailer "x-bin" is not base64']);
    assert.deepEqual(pairs(status.trailers), ["x-bin: AQ", "x-bin: *"]);
  }
});

function readEnd(text: string): Status {
  return client.readClosing(encodeUtf8(text), PLAIN_HEAD);
}
