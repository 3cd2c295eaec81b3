import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createClient, RpcError } from "sluice";
import { connect, serve } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "../sockets/clean-up.js";
import { envelope, payload } from "./strange-client.js";
import { connectStream, END, json, OK, proto, type Reply, says, strangers, web } from "./strange-server.js";

/* Hostile answers, and metadata that would like to be more. The next call is not harmed. */

const PROTO = { "content-type": "application/proto" };
const WEB = { "content-type": "application/grpc-web+proto" };
const STREAM = { "content-type": "application/connect+proto" };
const bomb = gzipSync(Buffer.alloc(50_000_000));

test("what inflates beyond the limit is resource_exhausted, and is not inflated to its end: messages, errors and ends of streams", async (t) => {
  const call = await strangers(t, "connect", { maxReceiveBytes: 100_000 });
  const overWeb = await strangers(t, "grpc-web", { maxReceiveBytes: 100_000 });
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 1);
  for (let i = 0; i < 5; i++) {
    const zipped = { "content-encoding": "gzip" };
    const streamed = { ...STREAM, "connect-content-encoding": "gzip" };
    const webbed = { ...WEB, "grpc-encoding": "gzip" };
    for (const [kind, reply, caller] of [
      ["unary", says(200, { ...PROTO, ...zipped }, bomb), call],
      ["unary", says(503, { "content-type": "application/json", ...zipped }, bomb), call],
      ["stream", says(200, streamed, envelope(bomb, 1), END), call],
      ["stream", says(200, streamed, envelope(bomb, 3)), call],
      ["stream", says(200, webbed, envelope(bomb, 1), OK), overWeb],
      ["unary", says(200, webbed, envelope(bomb, 1), OK), overWeb],
      ["stream", says(200, webbed, envelope(bomb, 0x81)), overWeb],
    ] as const) {
      const { code } = await caller(kind, reply);
      assert.equal(code, "resource_exhausted");
    }
  }
  clearInterval(watching);
  assert.ok(most - before < 20_000_000, `${most - before} bytes`);
  assert.deepEqual((await call("unary", proto(payload(7)))).ids, [7]);
  assert.deepEqual((await overWeb("unary", web(envelope(payload(7)), OK))).ids, [7]);
});

test("what announces more than may be ends the call at its prefix", async (t) => {
  const endless =
    (headers: Record<string, string>): Reply =>
    (response) => {
      response.writeHead(200, headers);
      response.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    };
  assert.equal((await (await strangers(t, "connect"))("stream", endless(STREAM))).code, "resource_exhausted");
  assert.equal((await (await strangers(t, "grpc-web"))("stream", endless(WEB))).code, "resource_exhausted");
});

const HOSTILE_JSON: readonly (string | Uint8Array)[] = [
  `${'{"child":'.repeat(8_000)}{}${"}".repeat(8_000)}`,
  "[".repeat(90_000),
  '{"id":1e99}',
  `{"id":${"9".repeat(50_000)}}`,
  '{"id":1,"id":2}',
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  "{",
  "null x",
];

test("hostile JSON in place of a message is internal", async (t) => {
  const call = await strangers(t, "connect", { codec: "json" });
  for (const body of HOSTILE_JSON) {
    const what = String(body).slice(0, 40);
    assert.equal((await call("unary", says(200, { "content-type": "application/json" }, body))).code, "internal", what);
    const streamed = says(200, { "content-type": "application/connect+json" }, envelope(body), END);
    assert.equal((await call("stream", streamed)).code, "internal", what);
  }
  assert.deepEqual((await call("unary", json(200, '{"id":7}'))).ids, [7]);
});

test("hostile JSON in place of an error or of the end of a stream is an error all the same", async (t) => {
  const call = await strangers(t, "connect");
  for (const body of HOSTILE_JSON) {
    const what = String(body).slice(0, 40);
    assert.equal((await call("unary", says(404, { "content-type": "application/json" }, body))).code, "unimplemented", what);
  }
  const deep = `${"[".repeat(40_000)}${"]".repeat(40_000)}`;
  for (const [end, code] of [
    ["[".repeat(90_000), "internal"],
    [deep, "internal"],
    ["{", "internal"],
    ["null", "internal"],
    [`{"error":${deep}}`, "unknown"],
    [`{"error":{"code":${deep}}}`, "unknown"],
    [`{"error":{"code":"aborted","message":${deep},"details":${deep}},"metadata":{"x":${deep}}}`, "aborted"],
    ['{"error":{"code":"aborted"},"error":null}', "ok"],
    [Buffer.from('{"error":{"code":"aborted","message":"\xff\xfe"}}', "latin1"), "aborted"],
  ] as const) {
    const seen = await call("stream", connectStream(envelope(payload(1)), envelope(end, 2)));
    assert.deepEqual([seen.code, seen.ids], [code, [1]], String(end).slice(0, 60));
  }
});

test("an answer that comes byte by byte is read; one that stands still ends at the deadline of its call", async (t) => {
  const call = await strangers(t, "connect", { timeoutMs: 400 });
  const slowly: Reply = (response) => {
    response.writeHead(200, STREAM);
    const bytes = [...envelope(payload(3)), ...END];
    const next = (): void => {
      const byte = bytes.shift();
      if (byte === undefined) response.end();
      else response.write(Uint8Array.of(byte), () => setImmediate(next));
    };
    next();
  };
  assert.deepEqual((await call("stream", slowly)).ids, [3]);
  const still: Reply = (response) => {
    response.writeHead(200, PROTO);
    response.write(payload(1));
  };
  assert.equal((await call("unary", still)).code, "deadline_exceeded");
  assert.deepEqual((await call("unary", proto(payload(7)))).ids, [7]);
});

async function injecting(t: TestContext, protocol: "connect" | "grpc-web" | "grpc") {
  const server = await serve({
    onLog() {},
    routes: (router) =>
      router.service(Bench, {
        unary({ id, name }, context) {
          if (id === 1) context.responseHeaders.set("x", name);
          if (id === 2) context.responseTrailers.set("x", name);
          throw new RpcError("aborted", name);
        },
        async *server({ id, name }, context) {
          yield {};
          if (id === 2) context.responseTrailers.set("x", name);
          throw new RpcError("aborted", name);
        },
      }),
  });
  const channel = connect(server.url, { protocol, httpVersion: protocol === "grpc" ? "2" : "1.1" });
  cleanUp(t)(async () => {
    await channel.close();
    await server.close({ graceMs: 0 });
  });
  return createClient(Bench, channel);
}

for (const protocol of ["connect", "grpc-web", "grpc"] as const) {
  test(`what a client says cannot become a field or a trailer through the metadata or the errors of a handler (${protocol})`, async (t) => {
    const client = await injecting(t, protocol);
    const name = '"}\r\nevil: 1\r\n\r\ngrpc-status: 0\nx-bin: *\u0000';
    for (const [id, code, message] of [
      [0, "aborted", name],
      [1, "internal", "the handler failed"],
      [2, "internal", "the handler failed"],
    ] as const) {
      const failures = [
        () => client.unary({ id, name }),
        async () => await client.server({ id, name }).outcome.then((end) => Promise.reject(end)),
      ];
      for (const [index, failing] of failures.entries()) {
        if (index === 1 && id === 1) continue;
        const error = await failing().then(
          () => assert.fail("it ended well"),
          (caught: unknown) => caught as RpcError,
        );
        assert.deepEqual([error.code, error.message], [code, message]);
        const { metadata, trailers } = error as unknown as { metadata?: RpcError["metadata"]; trailers?: RpcError["metadata"] };
        assert.deepEqual(
          Object.keys((metadata ?? trailers)?.toJSON() ?? {}).filter((key) => /^(evil|x)/.test(key)),
          [],
        );
      }
    }
  });
}
