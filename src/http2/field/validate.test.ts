import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { contentLength } from "./content-length.js";
import { validateRequest } from "./validate-request.js";
import { responseStatus, validateResponse } from "./validate-response.js";
import { validateTrailers } from "./validate-trailers.js";

type Line = readonly [name: string, value: string];

function list(...lines: Line[]): Fields {
  return lines.map(([name, value]) => new Field(name, value));
}

const METHOD: Line = [":method", "POST"];
const SCHEME: Line = [":scheme", "http"];
const PATH: Line = [":path", "/a.B/C"];
const AUTHORITY: Line = [":authority", "example.com"];

function request(...more: Line[]): Fields {
  return list(METHOD, SCHEME, PATH, AUTHORITY, ...more);
}

test("well-formed requests", () => {
  for (const fields of [
    request(),
    list(METHOD, SCHEME, PATH),
    list(PATH, AUTHORITY, SCHEME, METHOD),
    request(["te", "trailers"], ["content-type", "application/grpc"], ["x-bin", "AAA"], ["x", ""], ["x", "again"]),
    request(["host", "example.com"]),
    request(["host", "EXAMPLE.com:80"]),
    request(["content-length", "0"]),
    request(["grpc-timeout", "1S"], ["cookie", "a"], ["cookie", "b"]),
    request(["x", "a\tb \u00ff"]),
    list([":method", "OPTIONS"], SCHEME, [":path", "*"]),
    list([":method", "CONNECT"], AUTHORITY),
    list(METHOD, SCHEME, [":path", "/?a=b&c={}"]),
    list(METHOD, SCHEME, PATH, [":authority", ""]),
  ]) {
    assert.equal(validateRequest(fields, false), undefined, JSON.stringify(fields));
  }
});

test("malformed requests", () => {
  const cases: [Fields, RegExp][] = [
    [list(), /:method is missing/],
    [list(SCHEME, PATH), /:method is missing/],
    [list(METHOD, PATH), /:scheme is missing/],
    [list(METHOD, SCHEME), /:path is missing/],
    [list(METHOD, SCHEME, [":path", ""]), /:path is empty/],
    [list(METHOD, SCHEME, [":path", "a.B/C"]), /does not begin/],
    [list(METHOD, SCHEME, [":path", "*"]), /not OPTIONS/],
    [list(METHOD, SCHEME, [":path", "/a b"]), /space/],
    [list(METHOD, SCHEME, [":path", "/a\u007f"]), /control/],
    [list(METHOD, SCHEME, [":path", "http://example.com/"]), /does not begin/],
    [request(METHOD), /:method appears twice/],
    [request(SCHEME), /:scheme appears twice/],
    [request(PATH), /:path appears twice/],
    [request(AUTHORITY), /:authority appears twice/],
    [list(METHOD, SCHEME, ["x", "y"], PATH), /after a regular field/],
    [list(METHOD, SCHEME, ["te", "trailers"], PATH), /after a regular field/],
    [request([":status", "200"]), /:status/],
    [request([":other", "x"]), /unknown pseudo-field/],
    [request([":", "x"]), /name is empty/],
    [request(["", "x"]), /name is empty/],
    [request(["X-a", "x"]), /upper-case/],
    [request(["x a", "x"]), /name has a character/],
    [request(["x:", "x"]), /name has a character/],
    [request(["\u00e9", "x"]), /name has a character/],
    [request(["x", "a\0"]), /NUL, CR or LF/],
    [request(["x", "a\rb"]), /NUL, CR or LF/],
    [request(["x", "a\nb"]), /NUL, CR or LF/],
    [request(["user-agent", "a\nb"]), /NUL, CR or LF/],
    [request(["x", " a"]), /begins or ends/],
    [request(["x", "a\t"]), /begins or ends/],
    [request(["x", "a\u0100"]), /above U\+00FF/],
    [request(["connection", "close"]), /connection-specific/],
    [request(["keep-alive", "1"]), /connection-specific/],
    [request(["proxy-connection", "1"]), /connection-specific/],
    [request(["transfer-encoding", "chunked"]), /connection-specific/],
    [request(["upgrade", "h2c"]), /connection-specific/],
    [request(["te", "gzip"]), /"te"/],
    [request(["te", "trailers, gzip"]), /"te"/],
    [list([":method", "PO ST"], SCHEME, PATH), /not a token/],
    [list([":method", ""], SCHEME, PATH), /not a token/],
    [list(METHOD, [":scheme", "1http"], PATH), /name of a scheme/],
    [list(METHOD, SCHEME, PATH, [":authority", "u@h"]), /userinfo/],
    [list(METHOD, SCHEME, PATH, [":authority", "h/p"]), /authority has a character/],
    [list(METHOD, SCHEME, PATH, [":authority", "a b"]), /authority has a character/],
    [request(["host", "u:p@example.com"]), /userinfo/],
    [request(["host", "other"]), /host differs/],
    [request(["host", "example.com:443"]), /host differs/],
    [request(["host", "example.com"], ["host", "example.com"]), /host appears twice/],
    [request(["content-length", "1"], ["content-length", "1"]), /content-length appears twice/],
    [request(["content-type", "a"], ["content-type", "b"]), /content-type appears twice/],
    [request(["content-length", ""]), /content-length/],
    [request(["content-length", "-1"]), /content-length/],
    [request(["content-length", "1, 1"]), /content-length/],
    [request(["content-length", "9999999999999999"]), /content-length/],
    [list([":method", "CONNECT"]), /no :authority/],
    [list([":method", "CONNECT"], AUTHORITY, PATH), /:scheme or :path/],
    [list([":method", "CONNECT"], AUTHORITY, SCHEME), /:scheme or :path/],
  ];
  for (const [fields, because] of cases) assert.match(validateRequest(fields, false) ?? "well-formed", because, JSON.stringify(fields));
});

test("extended CONNECT only where it was offered, and then whole", () => {
  const connect: Line[] = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
  ];
  assert.equal(validateRequest(list(...connect, SCHEME, PATH, AUTHORITY), true), undefined);
  assert.match(validateRequest(list(...connect, SCHEME, PATH, AUTHORITY), false) ?? "", /not offered/);
  assert.match(validateRequest(list(...connect, SCHEME, AUTHORITY), true) ?? "", /:path is missing/);
  assert.match(validateRequest(list(...connect, PATH, AUTHORITY), true) ?? "", /:scheme is missing/);
  assert.match(validateRequest(list(...connect, SCHEME, PATH), true) ?? "", /no :authority/);
  assert.match(validateRequest(request([":protocol", "websocket"]), true) ?? "", /not CONNECT/);
});

test("responses", () => {
  assert.equal(validateResponse(list([":status", "200"], ["x", "y"])), undefined);
  assert.equal(responseStatus(list([":status", "200"])), 200);
  assert.equal(responseStatus(list([":status", "103"])), 103);
  const cases: [Fields, RegExp][] = [
    [list(), /:status is missing/],
    [list(["x", "y"]), /:status is missing/],
    [list([":status", "200"], [":status", "200"]), /twice/],
    [list(["x", "y"], [":status", "200"]), /after a regular/],
    [list([":status", "20"]), /three digits/],
    [list([":status", "2000"]), /three digits/],
    [list([":status", "2x0"]), /three digits/],
    [list([":status", "020"]), /three digits/],
    [list([":status", ""]), /three digits/],
    [list([":status", "200"], [":path", "/"]), /other than :status/],
    [list([":status", "200"], ["connection", "close"]), /connection-specific/],
    [list([":status", "200"], ["content-length", "1"], ["content-length", "1"]), /twice/],
  ];
  for (const [fields, because] of cases) assert.match(validateResponse(fields) ?? "well-formed", because, JSON.stringify(fields));
});

test("trailers", () => {
  assert.equal(validateTrailers(list()), undefined);
  assert.equal(validateTrailers(list(["grpc-status", "0"], ["x-bin", "AA"])), undefined);
  for (const line of [
    [":status", "200"],
    [":path", "/"],
    [":x", "y"],
  ] as const) {
    assert.match(validateTrailers(list(["grpc-status", "0"], line)) ?? "well-formed", /pseudo-field/);
  }
  assert.match(validateTrailers(list(["Grpc-Status", "0"])) ?? "well-formed", /upper-case/);
});

test("the content-length is a number, -1 without one", () => {
  assert.equal(contentLength(request(["content-length", "012"])), 12);
  assert.equal(contentLength(request(["content-length", "999999999999999"])), 999_999_999_999_999);
  assert.equal(contentLength(request()), -1);
});
