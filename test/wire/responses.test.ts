import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { envelope, payload } from "./strange-client.js";
import { connectStream, connectTest, END, json, OK, proto, type Reply, says, strangers, web } from "./strange-server.js";

/* Answers to calls of Connect and gRPC-Web as strangers write them: proxies, other implementations, broken servers. */

connectTest("Connect, unary: an answer without error JSON has the code of its HTTP status, and shows what came", async (call) => {
  for (const [status, code] of [
    [400, "internal"],
    [401, "unauthenticated"],
    [403, "permission_denied"],
    [404, "unimplemented"],
    [409, "unknown"],
    [429, "unavailable"],
    [500, "unknown"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "unavailable"],
    [302, "unknown"],
  ] as const) {
    const seen = await call("unary", says(status, { "content-type": "text/html", location: "/elsewhere" }, "<h1>From a proxy</h1>"));
    assert.equal(seen.code, code, String(status));
    assert.match(seen.message, new RegExp(`${status}.*text/html.*From a proxy`, "s"));
    const streamed = await call("stream", says(status, { "content-type": "text/html" }, "<h1>From a proxy</h1>"));
    assert.equal(streamed.code, code, `stream, ${status}`);
  }
});

connectTest("Connect, unary: error JSON that is incomplete or odd", async (call) => {
  for (const [body, code, message] of [
    ['{"code":"aborted"}', "aborted", /^/],
    ['{"code":"aborted","message":"m","new":1,"details":[{"type":"x","value":"","debug":{"a":[]}}]}', "aborted", /^m$/],
    ['{"code":"no_such_code","message":"m"}', "unavailable", /m/],
    ['{"code":null,"message":"m"}', "unavailable", /m/],
    ["{}", "unavailable", /./],
    ["null", "unavailable", /./],
    ["no json", "unavailable", /./],
    ["", "unavailable", /./],
  ] as const) {
    const seen = await call("unary", json(503, body));
    assert.equal(seen.code, code, body);
    assert.match(seen.message, message, body);
  }
});

connectTest("Connect: details are base64 with padding or without", async (call) => {
  const value = Buffer.from(payload(300));
  const padded = value.toString("base64");
  for (const text of [padded, padded.replaceAll("=", "")]) {
    const details = JSON.stringify([{ type: PayloadSchema.typeName, value: text }]);
    const seen = await call("unary", json(409, `{"code":"aborted","message":"m","details":${details}}`));
    assert.equal(seen.error?.findDetails(PayloadSchema)[0]?.id, 300);
    const streamed = await call("stream", connectStream(envelope(`{"error":{"code":"aborted","details":${details}}}`, 2)));
    assert.equal(streamed.error?.findDetails(PayloadSchema)[0]?.id, 300);
  }
});

connectTest(
  "Connect, unary: trailers are told from headers, content-encoding counts, also of errors; another type is no answer",
  async (call) => {
    const type = { "content-type": "application/proto" };
    const seen = await call("unary", says(200, { ...type, "trailer-x-end": ["a", "b"], "content-encoding": "gzip" }, gzipSync(payload(5))));
    // fetch makes one of fields that come again
    assert.deepEqual([seen.ids, seen.trailers["x-end"]?.join(", ")], [[5], "a, b"]);
    const error = gzipSync('{"code":"aborted","message":"m"}');
    assert.equal(
      (await call("unary", says(409, { "content-type": "application/json", "content-encoding": "gzip" }, error))).code,
      "aborted",
    );
    assert.equal((await call("unary", says(200, { ...type, "content-encoding": "snappy" }, "x"))).code, "internal");
    assert.equal((await call("unary", says(200, { "content-type": "text/html" }, "<h1>log in</h1>"))).code, "unknown");
    assert.equal((await call("unary", proto(Buffer.from([0x0a, 0xff])))).code, "internal");
    assert.deepEqual((await call("unary", proto())).ids, [0]);
  },
);

connectTest("Connect, streams: exactly one end, and it is the last", async (call) => {
  const one = envelope(payload(1));
  for (const [what, reply, code] of [
    ["good", connectStream(one, END), "ok"],
    ["no end", connectStream(one), "internal"],
    ["empty", connectStream(), "internal"],
    ["a message after the end", connectStream(one, END, one), "internal"],
    ["two ends", connectStream(one, END, END), "internal"],
    ["cut off in a message", connectStream(one, one.subarray(0, 4)), "internal"],
    ["compressed, and nothing was said of compression", connectStream(one, envelope(gzipSync(payload(2)), 1)), "internal"],
    ["no bytes that say they are compressed, and nothing was said of compression", connectStream(one, envelope("", 1)), "internal"],
    ["an end that is no JSON", connectStream(one, envelope("x", 2)), "internal"],
  ] as const) {
    const seen = await call("stream", reply);
    assert.equal(seen.code, code, what);
    if (what !== "empty") assert.deepEqual(seen.ids, [1], `${what}: what came before is delivered`);
  }
});

test("an end of a stream may be compressed, and other flags are none", async (t) => {
  const call = await strangers(t, "connect");
  const zipped = { "content-type": "application/connect+proto", "connect-content-encoding": "gzip" };
  const end = gzipSync('{"error":{"code":"aborted"}}');
  assert.equal((await call("stream", says(200, zipped, envelope(end, 3)))).code, "aborted");
  assert.equal((await call("stream", connectStream(envelope(end, 3)))).code, "internal", "nothing was said of compression");
  for (const flags of [0x04, 0x06, 0x80, 0x82, 0xff]) {
    assert.equal((await call("stream", connectStream(envelope("{}", flags)))).code, "internal", String(flags));
  }
});

connectTest("Connect, streams: what the end says", async (call) => {
  for (const [text, code] of [
    ['{"error":{"code":"aborted"}}', "aborted"],
    ['{"error":{"code":"aborted","message":null,"unknown":{}}}', "aborted"],
    ['{"error":{"message":"m"}}', "unknown"],
    ['{"error":{"code":null,"message":"m"}}', "unknown"],
    ['{"error":{"code":"no_such_code"}}', "unknown"],
    ['{"error":{}}', "unknown"],
  ] as const) {
    assert.equal((await call("stream", connectStream(envelope(text, 2)))).code, code, text);
  }
  const seen = await call("stream", connectStream(envelope('{"metadata":{"X-End":["a","b"],"grpc-status":["5"]}}', 2)));
  assert.deepEqual([seen.code, seen.trailers["x-end"]], ["ok", ["a", "b"]]);
});

test("gRPC-Web: how the trailers may be written, and what their lack means", async (t) => {
  const call = await strangers(t, "grpc-web");
  const one = envelope(payload(1));
  const type = { "content-type": "application/grpc-web+proto" };
  for (const [what, reply, code] of [
    ["good", web(one, OK), "ok"],
    ["mixed case, no space", web(one, envelope("Grpc-Status:5\r\nGRPC-Message: no%20more\r\n", 0x80)), "not_found"],
    [
      "compressed trailers",
      says(200, { ...type, "grpc-encoding": "gzip" }, one, envelope(gzipSync("grpc-status: 5\r\n"), 0x81)),
      "not_found",
    ],
    ["the status in the head alone", says(200, { ...type, "grpc-status": "5", "grpc-message": "none" }), "not_found"],
    ["an empty trailer frame, and the status in the head", says(200, { ...type, "grpc-status": "5" }, envelope("", 0x80)), "not_found"],
    ["no trailers", web(one), "internal"],
    ["trailers without a status", web(one, envelope("x: y\r\n", 0x80)), "unknown"],
    ["a message after the trailers", web(one, OK, one), "internal"],
    ["cut off", web(one, one.subarray(0, 4)), "internal"],
    ["an unknown status", web(one, envelope("grpc-status: x\r\n", 0x80)), "unknown"],
  ] as const) {
    assert.equal((await call("stream", reply)).code, code, what);
  }
  const seen = await call("stream", web(envelope("x-a: 1\r\nx-a: 2\r\ngrpc-status: 0\r\n", 0x80)));
  assert.deepEqual([seen.code, seen.trailers["x-a"]], ["ok", ["1", "2"]]);
});

test("one response where one is due: none and two are unimplemented", async (t) => {
  const call = await strangers(t, "grpc-web");
  assert.equal((await call("unary", web(OK))).code, "unimplemented");
  assert.equal((await call("unary", web(envelope(payload(1)), envelope(payload(2)), OK))).code, "unimplemented");
});

connectTest("a body that breaks off is no whole answer, and the next call is not harmed", async (call) => {
  const broken: Reply = (response) => {
    response.writeHead(200, { "content-type": "application/proto", "content-length": "100" });
    response.write(payload(1));
    setImmediate(() => response.destroy());
  };
  assert.equal((await call("unary", broken)).code, "unavailable");
  assert.deepEqual((await call("unary", proto(payload(7)))).ids, [7]);
});
