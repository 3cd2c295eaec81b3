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

test("Connect, streams: always HTTP 200, one end-stream at the end, with the trailers in it as lists", async (t) => {
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

test("envelopes that are wrong: unknown flags, an end-stream from a client, cut off, larger than may be", async (t) => {
  const ask = await serving(t);
  const huge = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
  for (const [what, body, code, number] of [
    ["unknown flags", envelope(payload(1), 0x40), /internal|invalid_argument/, /^(3|13) /],
    ["an end-stream", envelope(Buffer.from("{}"), 2), /internal|invalid_argument/, /^(3|13) /],
    ["cut off in the head", envelope(payload(1)).subarray(0, 3), /internal|invalid_argument/, /^(3|13) /],
    ["cut off in the message", envelope(payload(100)).subarray(0, 6), /internal|invalid_argument/, /^(3|13) /],
    ["larger than may be", Buffer.concat([huge, Buffer.alloc(1000)]), /resource_exhausted/, /^8 /],
    ["no message of the type", envelope(Buffer.from([0x0a, 0xff])), /internal|invalid_argument/, /^(3|13) /],
  ] as const) {
    assert.match(endStream(await ask(CLIENT, { headers: STREAM, body })).error?.code ?? "none", code, what);
    assert.match(webStatus(await ask(CLIENT, { headers: WEB, body })), number, `gRPC-Web: ${what}`);
  }
});

test("what inflates beyond the limit is resource_exhausted, and was not inflated to its end", async (t) => {
  const ask = await serving(t);
  const bomb = gzipSync(Buffer.alloc(200_000_000));
  const before = process.memoryUsage().arrayBuffers;
  const unary = await ask(UNARY, { headers: { ...PROTO, "content-encoding": "gzip" }, body: bomb });
  assert.deepEqual([unary.status, errorOf(unary).code], [429, "resource_exhausted"]);
  const small = envelope(gzipSync(Buffer.alloc(50_000_000)), 1);
  assert.equal(
    endStream(await ask(CLIENT, { headers: { ...STREAM, "connect-content-encoding": "gzip" }, body: small })).error?.code,
    "resource_exhausted",
  );
  assert.match(webStatus(await ask(CLIENT, { headers: { ...WEB, "grpc-encoding": "gzip" }, body: small })), /^8 /);
  assert.ok(process.memoryUsage().arrayBuffers - before < 40_000_000);
});

test("hostile JSON is invalid_argument: nested without end, numbers out of range, not UTF-8, no JSON; the next call is served", async (t) => {
  const ask = await serving(t);
  const nested = `${'{"child":'.repeat(8_000)}{}${"}".repeat(8_000)}`;
  for (const body of [
    nested,
    '{"id":1e99}',
    '{"id":99999999999}',
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    "{",
    "",
    "null x",
    "[".repeat(90_000),
  ]) {
    const answer = await ask(UNARY, { headers: JSON_TYPE, body });
    assert.deepEqual([answer.status, errorOf(answer).code], [400, "invalid_argument"], String(body).slice(0, 40));
  }
  const twice = await ask(UNARY, { headers: JSON_TYPE, body: '{"id":1,"id":2}' });
  assert.ok([200, 400].includes(twice.status), "one of both, or a refusal: never a crash");
  assert.equal((await ask(UNARY, { headers: JSON_TYPE, body: '{"id":3}' })).status, 200);
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

test("Connect GET: what is broken is refused with a sentence, and what has side effects is not asked so", async (t) => {
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
  const long = await ask(`${CACHEABLE}?encoding=json&message=${"x".repeat(1_000_000)}`, { method: "GET" }).catch(() => undefined);
  assert.ok(long === undefined || long.status === 431 || long.status === 414, `a URL of a megabyte: ${long?.status}`);
});
