import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createClient, RpcError } from "sluice";
import { connect, type RunningServer, type ServeOptions, serve } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";
import { rawClient, rawServer, requestHead } from "./raw-http1.js";

/* Exchanges of HTTP/1.1 on real sockets, where either end does half of what it should. */

const UNARY = "/bench.v1.Bench/Unary";
const CLIENT = "/bench.v1.Bench/Client";
const SERVER = "/bench.v1.Bench/Server";

async function serving(
  t: TestContext,
  impl: ServiceImplementation<typeof Bench>,
  options: Partial<ServeOptions> = {},
): Promise<RunningServer> {
  const server = await serve({ routes: (router) => router.service(Bench, impl), ...options });
  cleanUp(t)(async () => {
    await server.close({ graceMs: 0 });
    const { openConnections, openStreams, openCalls, runningHandlers } = server.statistics();
    assert.deepEqual([openConnections, openStreams, openCalls, runningHandlers], [0, 0, 0, 0]);
  });
  return server;
}

test("a request that is cut off within its body runs no unary handler, and ends one that reads requests with an error", async (t) => {
  const seen: string[] = [];
  const server = await serving(t, {
    unary() {
      seen.push("unary");
      return {};
    },
    async client(requests) {
      try {
        for await (const _ of requests) seen.push("request");
        seen.push("end");
      } catch (error) {
        seen.push(String((error as RpcError).code));
        throw error;
      }
      return {};
    },
  });
  for (const request of [
    `${requestHead(UNARY, "application/proto", "content-length: 10")}\b\x01`,
    `${requestHead(UNARY, "application/proto", "transfer-encoding: chunked")}2\r\n\b\x01\r\n`,
  ]) {
    const { socket, write } = await rawClient(t, server);
    write(request);
    await until(() => server.statistics().openCalls === 1);
    socket.destroy();
    await until(() => server.statistics().openCalls === 0);
  }
  assert.deepEqual(seen, []);
  const { socket, write } = await rawClient(t, server);
  write(`${requestHead(CLIENT, "application/connect+proto", "transfer-encoding: chunked")}7\r\n\0\0\0\0\x02\b\x01\r\n`);
  await until(() => seen.length === 1);
  socket.destroy();
  await until(() => seen.length === 2);
  assert.deepEqual(seen, ["request", "cancelled"]);
});

test("a request whose framing is malformed is answered with 400, costs its connection alone and runs no handler", async (t) => {
  let ran = 0;
  const server = await serving(t, {
    unary() {
      ran++;
      return {};
    },
    async *server(request) {
      yield request;
      await until(() => ran === -1);
      yield request;
    },
  });
  const channel = connect(server.url, { protocol: "connect", httpVersion: "1.1" });
  cleanUp(t)(() => channel.close());
  const neighbour = createClient(Bench, channel).server({ id: 7 });
  assert.equal((await neighbour.receive())?.id, 7);
  for (const [fields, body] of [
    [["transfer-encoding: chunked"], "zz\r\n"],
    [["transfer-encoding: gzip"], "0\r\n\r\n"],
    [["content-length: 1e3"], ""],
    [["content-length: -1"], ""],
    [["content-length: 2", "content-length: 3"], "\b\x01"],
    [["content-length: 2", "transfer-encoding: chunked"], "0\r\n\r\n"],
    [["content-length: 2", "x: a\0b"], "\b\x01"],
    [["content-length: 2", "x: a\rb"], "\b\x01"],
    [["content-length: 2", "x: a\nb: c"], "\b\x01"],
    [["content-length: 2", " folded: a"], "\b\x01"],
    [["content-length: 2", "x : a"], "\b\x01"],
  ] as const) {
    const { write, heard, closed } = await rawClient(t, server);
    write(requestHead(UNARY, "application/proto", ...fields) + body);
    await until(closed, () => fields);
    assert.match(heard(), /^HTTP\/1\.1 400 /, fields.join(", "));
  }
  assert.equal(ran, 0);
  ran = -1;
  assert.equal((await neighbour.receive())?.id, 7);
  assert.equal(await neighbour.receive(), undefined);
});

test("Expect: 100-continue is answered, and the body that follows is the request's; another expectation is not met", async (t) => {
  const server = await serving(t, { unary: (request) => request });
  const expecting = await rawClient(t, server);
  expecting.write(requestHead(UNARY, "application/proto", "content-length: 2", "expect: 100-continue"));
  await until(() => expecting.heard().startsWith("HTTP/1.1 100 "));
  expecting.write("\b\x07");
  await until(() => expecting.heard().endsWith("\b\x07"));
  assert.match(expecting.heard(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  const odd = await rawClient(t, server);
  odd.write(requestHead(UNARY, "application/proto", "content-length: 2", "expect: tea"));
  await until(() => odd.heard().startsWith("HTTP/1.1 417 "));
});

test("a request to upgrade to h2c is answered as the call that it is", async (t) => {
  const server = await serving(t, { unary: (request) => request });
  const { write, heard } = await rawClient(t, server);
  write(`${requestHead(UNARY, "application/proto", "content-length: 2", "connection: upgrade", "upgrade: h2c")}\b\x05`);
  await until(() => heard().endsWith("\b\x05"));
  assert.match(heard(), /^HTTP\/1\.1 200 /);
});

test("HEAD, OPTIONS, PATCH and TRACE of a method are answered with 405 that names POST, and run no handler", async (t) => {
  const server = await serving(t, { unary: () => assert.fail("it ran") });
  const { write, heard } = await rawClient(t, server);
  const methods = ["HEAD", "OPTIONS", "PATCH", "TRACE"];
  for (const [before, method] of methods.entries()) {
    write(`${method} ${UNARY} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\n\r\n`);
    const pattern = /HTTP\/1\.1 405 Method Not Allowed\r\ncontent-type: text\/plain\r\nallow: POST\r\n/g;
    await until(() => heard().match(pattern)?.length === before + 1, heard);
  }
});

test("a response that is cut off, or is none of HTTP/1.1, is unavailable at once and says which, never a shorter message", async (t) => {
  const good = "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\n";
  for (const [reply, message] of [
    ["", /closed the connection/],
    ["HTTP/1.1 20", /closed the connection/],
    [good, /closed the connection/],
    [`${good}content-length: 4\r\n\r\n\b\x01`, /closed the connection/],
    [`${good}transfer-encoding: chunked\r\n\r\n2\r\n\b\x01\r\n`, /closed the connection/],
    [`${good}transfer-encoding: chunked\r\n\r\nzz\r\n`, /what is no HTTP\/1\.1: .*chunk size/],
    [`${good}content-length: 1e3\r\n\r\n`, /what is no HTTP\/1\.1: .*Content-Length/],
    ["SSH-2.0-OpenSSH_9.2\r\n", /what is no HTTP\/1\.1: .*HTTP/],
    ["\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff", /what is no HTTP\/1\.1: .*HTTP/],
  ] as const) {
    const { url } = await rawServer(t, (socket) => socket.end(reply, "latin1"));
    const channel = connect(url, { protocol: "connect", httpVersion: "1.1" });
    cleanUp(t)(() => channel.close());
    await assert.rejects(createClient(Bench, channel).unary({}, { timeoutMs: 4_000 }), (error: unknown) => {
      assert.ok(error instanceof RpcError);
      assert.deepEqual([error.code, error.initiator], ["unavailable", "network"], JSON.stringify(reply));
      assert.match(error.message, message, JSON.stringify(reply));
      return true;
    });
    await until(() => channel.statistics().openStreams === 0);
  }
});

test("a message that came before its stream was cut off is given, and then the stream ends with unavailable", async (t) => {
  const { url } = await rawServer(t, (socket) => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/connect+proto\r\ntransfer-encoding: chunked\r\n\r\n";
    socket.end(`${head}7\r\n\0\0\0\0\x02\b\x01\r\n`, "latin1");
  });
  const channel = connect(url, { protocol: "connect", httpVersion: "1.1" });
  cleanUp(t)(() => channel.close());
  const stream = createClient(Bench, channel).server({});
  assert.equal((await stream.receive())?.id, 1);
  await assert.rejects(stream.receive(), { code: "unavailable" });
});

test("draining closes idle connections, says `connection: close` on open ones, and cuts off who does not read", async (t) => {
  let answer = () => {};
  const server = await serving(t, {
    async unary(request) {
      await new Promise<void>((resolve) => (answer = resolve));
      return request;
    },
    async *server() {
      for (;;) yield { body: new Uint8Array(50_000) };
    },
  });
  const idle = await rawClient(t, server);
  idle.write("GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n");
  await until(() => idle.heard().startsWith("HTTP/1.1 4"));
  const open = await rawClient(t, server);
  open.write(`${requestHead(UNARY, "application/proto", "content-length: 2")}\b\x05`);
  const stuck = await rawClient(t, server);
  stuck.socket.pause();
  stuck.write(`${requestHead(SERVER, "application/connect+proto", "content-length: 5")}\0\0\0\0\0`);
  await until(() => server.statistics().runningHandlers === 2);
  const closing = server.close({ graceMs: 300 });
  await until(idle.closed);
  answer();
  await until(open.closed);
  assert.match(open.heard(), /^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*\r\n\r\n\x08\x05$/i);
  const began = performance.now();
  const { cutOff } = await closing;
  assert.ok(performance.now() - began < 2_000, "closing was bounded");
  assert.deepEqual(
    cutOff.map(({ method }) => method),
    ["/bench.v1.Bench/Server"],
  );
});
