import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { SimpleRequestSchema } from "../../gen/grpc-testing_pb.js";
import {
  CACHEABLE,
  CLIENT,
  endStream,
  envelope,
  envelopes,
  errorOf,
  JSON_TYPE,
  PROTO,
  payload,
  SERVER,
  STREAM,
  serving,
  UNARY,
  WEB,
  webStatus,
} from "./strange-client.js";

/* Requests of Connect and gRPC-Web as strangers write them: allowed ones that few send, and wrong ones. */

test("Connect, unary: content-encoding says how the body is compressed, and an unknown one is unimplemented and named what there is", async (t) => {
  const ask = await serving(t);
  const headers = { ...PROTO, "content-encoding": "gzip", "accept-encoding": "deflate, gzip" };
  const answer = await ask(UNARY, { headers, body: gzipSync(payload(5)) });
  assert.equal(answer.status, 200);
  const body = answer.headers["content-encoding"] === "gzip" ? gunzipSync(answer.body) : answer.body;
  assert.equal(fromBinary(PayloadSchema, body).id, 5);
  const refused = await ask(UNARY, { headers: { ...PROTO, "content-encoding": "snappy" }, body: payload(5) });
  assert.equal(refused.status, 501);
  assert.equal(errorOf(refused).code, "unimplemented");
  assert.match(errorOf(refused).message ?? "", /snappy.*gzip/);
});

test("Connect, unary: errors are JSON whatever the codec, with the HTTP status of their code", async (t) => {
  const ask = await serving(t);
  for (const [headers, body] of [
    [PROTO, payload(404)],
    [JSON_TYPE, '{"id":404}'],
  ] as const) {
    const answer = await ask(UNARY, { headers, body });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.deepEqual(errorOf(answer), { code: "not_found", message: "no such payload" });
  }
});

test("Connect, unary: trailers are headers that begin with trailer-; an empty body is an empty message; a charset is fine", async (t) => {
  const ask = await serving(t);
  const answer = await ask(UNARY, { headers: PROTO });
  assert.deepEqual([answer.status, answer.body.length, answer.headers["x-head"], answer.headers["trailer-x-end"]], [200, 0, "h", "e"]);
  const json = await ask(UNARY, { headers: { "content-type": "application/json; charset=utf-8" }, body: '{"id":3}' });
  assert.deepEqual([json.status, JSON.parse(json.body.toString())], [200, { id: 3 }]);
});

test("what is no call: another method of HTTP, another content-type, another codec", async (t) => {
  const ask = await serving(t);
  for (const [method, path] of [
    ["PUT", UNARY],
    ["DELETE", UNARY],
    ["GET", `${UNARY}?encoding=json&message=%7B%7D`],
  ] as const) {
    const answer = await ask(path, { method, headers: method === "GET" ? {} : PROTO });
    assert.equal(answer.status, 405, method);
    assert.match(String(answer.headers.allow), /POST/);
  }
  for (const type of ["text/plain", "application/connect+xml", "application/grpc-web+xml", "application/xml"]) {
    assert.equal((await ask(UNARY, { headers: { "content-type": type }, body: "x" })).status, 415, type);
  }
  const grpc = await ask(UNARY, { headers: { "content-type": "application/grpc" }, body: envelope(payload(1)) });
  assert.equal(grpc.headers["grpc-status"], "12", "gRPC says its status in trailers, and so needs HTTP/2");
});

test("Connect: connect-timeout-ms is a whole number of at most ten digits, else invalid_argument; another version too", async (t) => {
  const ask = await serving(t);
  for (const value of ["-1", "abc", "1.5", "99999999999", "1s"]) {
    const answer = await ask(UNARY, { headers: { ...PROTO, "connect-timeout-ms": value }, body: payload(1) });
    assert.deepEqual([answer.status, errorOf(answer).code], [400, "invalid_argument"], value);
  }
  const answer = await ask(UNARY, { headers: { ...PROTO, "connect-protocol-version": "2" }, body: payload(1) });
  assert.deepEqual([answer.status, errorOf(answer).code], [400, "invalid_argument"]);
});

test("content of no bytes is never taken for compressed, whatever is said of it", async (t) => {
  const ask = await serving(t);
  assert.equal((await ask(UNARY, { headers: { ...PROTO, "content-encoding": "gzip" } })).status, 200);
  const body = Buffer.concat([envelope("", 1), envelope("", 1)]);
  const streamed = await ask(CLIENT, { headers: { ...STREAM, "connect-content-encoding": "gzip" }, body });
  assert.equal(endStream(streamed).error, undefined);
  assert.match(webStatus(await ask(CLIENT, { headers: { ...WEB, "grpc-encoding": "gzip" }, body })), /^0 /);
});

test("what a client accepts is a list of names in its order: a name with a weight is none", async (t) => {
  const ask = await serving(t);
  for (const [accepts, encoding] of [
    ["br, gzip", "gzip"],
    ["gzip", "gzip"],
    ["br", undefined],
    ["gzip;q=0", undefined],
    ["identity", undefined],
  ] as const) {
    const answer = await ask(UNARY, { headers: { ...PROTO, "accept-encoding": accepts }, body: payload(1) });
    assert.equal(answer.headers["content-encoding"], encoding, accepts);
    const http = await ask(SERVER, { headers: { ...STREAM, "accept-encoding": accepts }, body: envelope(payload(1)) });
    assert.deepEqual([http.headers["content-encoding"], http.headers["connect-content-encoding"]], [undefined, undefined]);
    const own = await ask(SERVER, { headers: { ...STREAM, "connect-accept-encoding": accepts }, body: envelope(payload(1)) });
    assert.equal(own.headers["connect-content-encoding"], encoding, accepts);
  }
});

test("Connect, streams: an error is HTTP 200 too", async (t) => {
  const ask = await serving(t);
  const answer = await ask(SERVER, { headers: STREAM, body: envelope(payload(404)) });
  assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/connect+proto"]);
  assert.deepEqual(endStream(answer).error, { code: "not_found", message: "no such payload" });
});

test("Connect, streams: one end-stream at the end, with the trailers in it as lists", async (t) => {
  const ask = await serving(t);
  const good = await ask(SERVER, { headers: STREAM, body: envelope(payload(4)) });
  const [[flags, message] = [9, Buffer.alloc(0)], ...rest] = envelopes(good.body);
  assert.deepEqual([flags, fromBinary(PayloadSchema, message).id, rest.length], [0, 4, 1]);
  assert.deepEqual(endStream(good), { metadata: { "x-end": ["e"] } });
});

test("Connect, streams: messages say by connect-content-encoding how they are compressed; content-encoding says nothing of them", async (t) => {
  const ask = await serving(t);
  const headers = { ...STREAM, "connect-content-encoding": "gzip", "connect-accept-encoding": "gzip" };
  const answer = await ask(SERVER, { headers, body: envelope(gzipSync(payload(4)), 1) });
  assert.equal(endStream(answer).error, undefined);
  const unnegotiated = await ask(SERVER, { headers: STREAM, body: envelope(gzipSync(payload(4)), 1) });
  assert.equal(endStream(unnegotiated).error?.code, "internal");
  const unknown = await ask(SERVER, { headers: { ...STREAM, "connect-content-encoding": "snappy" }, body: envelope(payload(4)) });
  assert.equal(endStream(unknown).error?.code, "unimplemented");
});

test("one request where one is due: none and two are unimplemented, in Connect and gRPC-Web", async (t) => {
  const ask = await serving(t);
  for (const body of [Buffer.alloc(0), Buffer.concat([envelope(payload(1)), envelope(payload(2))])]) {
    assert.equal(endStream(await ask(SERVER, { headers: STREAM, body })).error?.code, "unimplemented");
    for (const path of [UNARY, SERVER]) assert.match(webStatus(await ask(path, { headers: WEB, body })), /^12 /, path);
  }
});

const simple = toBinary(SimpleRequestSchema, create(SimpleRequestSchema, { responseSize: 6 }));
const base64Url = Buffer.from(simple).toString("base64url");

test("Connect GET: parameters in any order, base64 with and without padding, JSON, compression; caches hear what it depends on", async (t) => {
  const ask = await serving(t);
  const padded = encodeURIComponent(Buffer.from(simple).toString("base64"));
  const gzipped = gzipSync(simple).toString("base64url");
  for (const query of [
    `connect=v1&encoding=proto&base64=1&message=${base64Url}`,
    `message=${base64Url}&base64=1&encoding=proto&connect=v1`,
    `encoding=proto&base64=1&message=${padded}`,
    `encoding=proto&base64=1&message=${gzipped}&compression=gzip`,
    `encoding=json&message=${encodeURIComponent('{"responseSize":6}')}`,
  ]) {
    const answer = await ask(`${CACHEABLE}?${query}`, { method: "GET" });
    assert.equal(answer.status, 200, query);
    assert.match(answer.body.toString(), /6/);
    assert.match(String(answer.headers.vary), /accept-encoding/i);
  }
});

test("Connect GET: the time-out stands in a field; what has not changed since is answered with 304 and no body, and a POST never is", async (t) => {
  const ask = await serving(t);
  const query = `connect=v1&encoding=proto&base64=1&message=${base64Url}`;
  const known = { "if-none-match": '"of 6"' };
  const fresh = await ask(`${CACHEABLE}?${query}`, { method: "GET" });
  assert.deepEqual([fresh.status, fresh.headers.etag], [200, '"of 6"']);
  const same = await ask(`${CACHEABLE}?${query}`, { method: "GET", headers: known });
  assert.deepEqual([same.status, same.body.length, same.headers.etag, same.headers["content-type"]], [304, 0, '"of 6"', undefined]);
  const posted = await ask(CACHEABLE, { headers: { ...PROTO, ...known }, body: simple });
  assert.deepEqual([posted.status, posted.headers.vary], [200, undefined]);
  const late = await ask(`${CACHEABLE}?${query}`, { method: "GET", headers: { "connect-timeout-ms": "x" } });
  assert.deepEqual([late.status, errorOf(late).code], [400, "invalid_argument"]);
});

test("Connect GET: what is broken or too long is refused, and what has side effects is not asked so", async (t) => {
  const ask = await serving(t);
  for (const [query, status] of [
    ["", 415],
    ["encoding=proto", 400],
    ["encoding=proto&base64=1&message=%%%", 400],
    ["encoding=proto&base64=1&message=a*b", 400],
    ["encoding=xml&message=x", 415],
    [`connect=v2&encoding=proto&base64=1&message=${base64Url}`, 400],
    [`encoding=proto&base64=1&message=${base64Url}&compression=snappy`, 501],
    ["encoding=json&message=%7B", 400],
  ] as const) {
    assert.equal((await ask(`${CACHEABLE}?${query}`, { method: "GET" })).status, status, query);
  }
  const answer = await ask(`${UNARY}?encoding=json&message=%7B%7D`, { method: "GET" });
  assert.deepEqual([answer.status, answer.headers.allow], [405, "POST"]);
  const ofLength = (bytes: number) => ask(`${CACHEABLE}?encoding=json&message=${"x".repeat(bytes)}`, { method: "GET" });
  assert.equal((await ofLength(20_000)).status, 431, "what is too long is no head");
  // the answer may come while the rest is still on its way, and is lost with the connection then
  const long = await ofLength(1_000_000).then(
    ({ status }) => status,
    ({ code }) => code as string,
  );
  assert.ok([431, "ECONNRESET", "EPIPE"].includes(long), `a URL of a megabyte: ${long}`);
  const withBody = await ask(`${CACHEABLE}?encoding=json&message=%7B%7D`, {
    method: "GET",
    headers: { "content-length": "2" },
    body: "{}",
  });
  assert.deepEqual([withBody.status, errorOf(withBody).code], [400, "invalid_argument"], "the message is whole, and a body is none of it");
});
