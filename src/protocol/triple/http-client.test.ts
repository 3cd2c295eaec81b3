import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { codeFromNumber } from "../../rpc/code.js";
import type { Status } from "../../rpc/status.js";
import { tripleHttpClient } from "./http-client.js";

const client = tripleHttpClient("proto");

function fields(object: Record<string, string>): Fields {
  return Object.entries(object).map(([name, value]) => new Field(name, value));
}

function pairs(list: Fields): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

function errorOf(httpStatus: string, body: string, more: Record<string, string> = {}): Status {
  const head = client.readHead(fields({ ":status": httpStatus, "content-type": "application/json", ...more }), false);
  assert.equal(head.status, undefined, "the body may say more");
  assert.ok(head.errorBody);
  return client.readClosing(encodeUtf8(body), head);
}

test("a good head gives metadata, and the trailers among its fields", () => {
  const said = { "content-encoding": "gzip", x: "1", "trailer-closing": "true", "triple-protocol-version": "0.1.0" };
  const head = client.readHead(fields({ ":status": "200", "content-type": "application/proto", ...said }), false);
  assert.deepEqual([head.compression, pairs(head.metadata)], ["gzip", ["x: 1"]]);
  assert.deepEqual(pairs(client.readBodyEnd(head, false).trailers), ["closing: true"]);
});

test("errors of dubbo-go, Dubbo Java and dubbo-js: code, message, details", () => {
  const go = errorOf("500", '{"code":"code_17","message":"out of credit","details":[{"type":"a.B","value":"AQ","debug":{"x":1}}]}', {
    "trailer-x": "1",
  });
  assert.deepEqual([go.code, go.message, pairs(go.trailers)], [17, "out of credit", ["x: 1"]]);
  assert.deepEqual(go.details, [{ type: "a.B", value: Uint8Array.of(1) }]);
  const java = errorOf("404", '{"status":"404","message":"Invoker for gRPC not found"}', {
    "content-type": "application/json; charset=utf-8",
  });
  assert.deepEqual([codeFromNumber(java.code), java.message], ["unimplemented", "Invoker for gRPC not found"]);
  const js = errorOf("400", '{"status":9,"message":"m","details":[{"type":"a.B","value":"AQ=="}]}');
  assert.deepEqual([codeFromNumber(js.code), js.details.length], ["failed_precondition", 1]);
});

test("an error that is broken, or none, has the code of its HTTP status, by dubbo-go's table", () => {
  const deep = "[".repeat(100_000);
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "{}",
    '{"code":null}',
    '{"status":{}}',
    '{"error":{"code":"aborted"}}',
    deep,
    "\u0000\u0001",
  ]) {
    assert.equal(codeFromNumber(errorOf("412", body).code), "failed_precondition", body.slice(0, 20));
    assert.equal(codeFromNumber(errorOf("408", body).code), "deadline_exceeded", body.slice(0, 20));
  }
  const page = client.readHead(fields({ ":status": "413", "content-type": "text/html" }), false);
  const status = client.readClosing(encodeUtf8("<h1>too large</h1>"), page);
  assert.deepEqual([codeFromNumber(status.code), status.message.includes("<h1>too large</h1>")], ["resource_exhausted", true]);
  assert.match(status.message, /^the answer is not Triple's/);
  const empty = client.readHead(fields({ ":status": "404" }), true);
  assert.equal(codeFromNumber((empty.status as Status).code), "unimplemented");
});

test("another codec than was asked for is no answer", () => {
  assert.equal(client.readHead(fields({ ":status": "200", "content-type": "application/json" }), false).status?.code, 13);
});
