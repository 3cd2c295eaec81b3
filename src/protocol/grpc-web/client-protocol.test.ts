import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { PLAIN_HEAD } from "../../exchange/client-protocol.js";
import { codeFromNumber } from "../../rpc/code.js";
import { grpcWebClient, grpcWebTextClient } from "./client-protocol.js";
import { grpcWebServer, grpcWebTextServer } from "./server-protocol.js";

function fields(object: Record<string, string>): Fields {
  return Object.entries(object).map(([name, value]) => new Field(name, value));
}

function pairs(list: Fields): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

const GOOD = { ":status": "200", "content-type": "application/grpc-web+proto" };

for (const [client, server, type] of [
  [grpcWebClient, grpcWebServer, "application/grpc-web"],
  [grpcWebTextClient, grpcWebTextServer, "application/grpc-web-text"],
] as const) {
  test(`${type}: its name alone, or with a codec, is its content-type; that of the other is not`, () => {
    for (const codec of ["", "+proto", "+json"]) assert.ok(server.accepts("POST", type + codec, 0));
    for (const other of ["application/grpc", "application/grpc+proto", "application/grpc-web-", `${type}x`, "text/plain", ""]) {
      assert.ok(!server.accepts("POST", other, 0), other);
    }
    assert.ok(!server.accepts("POST", type === "application/grpc-web" ? "application/grpc-web-text" : "application/grpc-web", 0));
    assert.equal(client.readHead(fields({ ...GOOD, "content-type": type }), false).status, undefined);
  });

  test(`${type}: a request that cannot be read is refused, and the client reads why`, () => {
    const request = { ":method": "POST", ":path": "/a.B/C", "content-type": type };
    const good = server.readRequest(fields(request));
    assert.equal(good.kind, "request");
    for (const [changes, httpStatus, code] of [
      [{ ":method": "GET" }, "405", "internal"],
      [{ "content-type": `${type}+thrift` }, "415", "invalid_argument"],
      [{ "grpc-timeout": "1" }, "400", "internal"],
      [{ "x-bin": "*" }, "400", "internal"],
      [{ ":path": "/a.B" }, "200", "unimplemented"],
    ] as const) {
      const refusal = server.readRequest(fields({ ...request, ...changes }));
      assert.equal(refusal.kind, "refusal");
      assert.equal(refusal.fields[0]?.value, httpStatus);
      const { status } = client.readHead(refusal.fields, true);
      assert.equal(codeFromNumber(status?.code ?? -1), code, "and the client understands it");
    }
  });
}

test("the last envelope holds the status; names may be in any case", () => {
  const status = grpcWebClient.readClosing(encodeUtf8("Grpc-Status: 5\r\nGRPC-MESSAGE: no%20room\r\nX-Trailer: 1\r\n"), PLAIN_HEAD);
  assert.deepEqual([codeFromNumber(status.code), status.message, pairs(status.trailers)], ["not_found", "no room", ["x-trailer: 1"]]);
});

test("a last envelope without grpc-status is unknown, one that is malformed is internal", () => {
  assert.equal(codeFromNumber(grpcWebClient.readClosing(encodeUtf8("x: 1\r\n"), PLAIN_HEAD).code), "unknown");
  assert.equal(codeFromNumber(grpcWebClient.readClosing(encodeUtf8(""), PLAIN_HEAD).code), "unknown");
  const status = grpcWebClient.readClosing(encodeUtf8("grpc-status"), PLAIN_HEAD);
  assert.equal(codeFromNumber(status.code), "internal");
  assert.match(status.message, /^peer broke the protocol: /);
});

test("a status in the head counts where the body is empty, or holds an empty last envelope, and nowhere else", () => {
  const head = grpcWebClient.readHead(fields({ ...GOOD, "grpc-status": "5", "grpc-message": "m" }), false);
  assert.equal(head.status, undefined);
  assert.equal(codeFromNumber(grpcWebClient.readBodyEnd(head, true).code), "not_found");
  assert.equal(codeFromNumber(grpcWebClient.readClosing(encodeUtf8(""), head).code), "not_found");
  assert.equal(codeFromNumber(grpcWebClient.readBodyEnd(head, false).code), "internal", "messages came, and no end");
  assert.equal(codeFromNumber(grpcWebClient.readClosing(encodeUtf8("grpc-status: 8\r\n"), head).code), "resource_exhausted");
  assert.equal(codeFromNumber(grpcWebClient.readHead(fields({ ...GOOD, "grpc-status": "5" }), true).status?.code ?? -1), "not_found");
});

test("a body that ends without its last envelope is internal, and HTTP's own trailers do not mend it", () => {
  for (const empty of [true, false]) assert.equal(codeFromNumber(grpcWebClient.readBodyEnd(PLAIN_HEAD, empty).code), "internal");
  assert.equal(grpcWebClient.readTrailers(fields({ "grpc-status": "0" })), undefined);
  assert.equal(codeFromNumber(grpcWebClient.readHead(fields(GOOD), true).status?.code ?? -1), "internal");
});

test("an answer that is gRPC's, or anybody's, is not gRPC-Web's", () => {
  for (const type of ["application/grpc", "application/grpc-web-text", "text/html", "application/json"]) {
    const head = grpcWebClient.readHead(fields({ ...GOOD, "content-type": type }), true);
    assert.match(head.status?.message ?? "", /the answer is not gRPC-Web's/, type);
  }
  const page = grpcWebClient.readHead(fields({ ":status": "502", "content-type": "text/html" }), false);
  const status = grpcWebClient.readClosing(encodeUtf8("<h1>Bad Gateway</h1>"), page);
  assert.equal(codeFromNumber(status.code), "unavailable");
  assert.match(status.message, /which begins: <h1>Bad Gateway<\/h1>$/);
  assert.equal(codeFromNumber(grpcWebClient.readBodyEnd(page, true).code), "unavailable");
});
