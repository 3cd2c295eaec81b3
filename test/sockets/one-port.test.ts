import assert from "node:assert/strict";
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import http2 from "node:http2";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { createClient } from "sluice";
import { connect, type RunningServer, type ServeOptions, serve, toNodeHandler } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "./clean-up.js";

/* Everything on one port: calls of all protocols, preflights, an application of node:http; and calls in somebody else's server. */

const impl: ServiceImplementation<typeof Bench> = {
  unary: (request) => request,
  async *server(request, context) {
    for (let id = 0; id < request.id; id++) yield { id };
    if (request.name === "hold") throw await context.done.then(() => context.signal.reason);
  },
  async client(requests) {
    let id = 0;
    for await (const _ of requests) id++;
    return { id };
  },
  async *bidi(requests) {
    for await (const request of requests) yield request;
  },
};

async function serving(t: TestContext, options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ routes: (router) => router.service(Bench, impl), ...options });
  cleanUp(t)(async () => {
    await server.close({ graceMs: 0 });
    const { openConnections, openStreams, openCalls, runningHandlers } = server.statistics();
    assert.deepEqual(
      { openConnections, openStreams, openCalls, runningHandlers },
      { openConnections: 0, openStreams: 0, openCalls: 0, runningHandlers: 0 },
    );
  });
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request of HTTP/1.1 on a connection of its own. */
function ask(url: string, method: string, headers: Record<string, string> = {}, body?: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The same over HTTP/2. */
function ask2(url: string, method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(url);
    session.on("error", reject);
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: body === undefined });
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let text = "";
    stream.on("response", (fields) => (head = fields));
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      session.close(() => resolve({ status: head[":status"] ?? 0, headers: head, body: text }));
    });
    if (body !== undefined) stream.end(body);
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const UNARY = "/bench.v1.Bench/Unary";

test("a call of each protocol, over each version of HTTP, on one port", async (t) => {
  const server = await serving(t);
  for (const protocol of ["grpc", "grpc-web", "grpc-web-text", "connect"] as const) {
    for (const httpVersion of ["1.1", "2"] as const) {
      if (protocol === "grpc" && httpVersion === "1.1") continue;
      const channel = connect(server.url, { protocol, httpVersion });
      const client = createClient(Bench, channel);
      assert.equal((await client.unary({ id: 7 })).id, 7);
      const ids: number[] = [];
      for await (const { id } of client.server({ id: 3 })) ids.push(id);
      assert.deepEqual(ids, [0, 1, 2]);
      assert.equal((await client.client([{}, {}])).id, 2);
      const echoed: number[] = [];
      for await (const { id } of client.bidi([{ id: 1 }, { id: 2 }])) echoed.push(id);
      assert.deepEqual(echoed, [1, 2]);
      await channel.close();
      assert.equal(channel.statistics().openConnections, 0);
    }
  }
});

test("many calls one after the other use one connection of HTTP/1.1; as many at once use as many", async (t) => {
  const server = await serving(t);
  const channel = connect(server.url, { protocol: "connect", httpVersion: "1.1" });
  cleanUp(t)(() => channel.close());
  const client = createClient(Bench, channel);
  for (let id = 0; id < 200; id++) assert.equal((await client.unary({ id })).id, id);
  assert.equal(channel.statistics().openConnections, 1);
  const all = await Promise.all(Array.from({ length: 20 }, (_, id) => client.unary({ id })));
  assert.deepEqual(
    all.map(({ id }) => id),
    Array.from({ length: 20 }, (_, id) => id),
  );
  assert.ok(channel.statistics().openConnections <= 20);
});

test("leaving a stream over HTTP/1.1 ends its handler", async (t) => {
  const server = await serving(t);
  for (const protocol of ["connect", "grpc-web"] as const) {
    const channel = connect(server.url, { protocol, httpVersion: "1.1" });
    for await (const _ of createClient(Bench, channel).server({ id: 1, name: "hold" })) break;
    for (let i = 0; i < 500 && server.statistics().runningHandlers > 0; i++) await new Promise((resolve) => setImmediate(resolve));
    await channel.close();
  }
});

test("gRPC over HTTP/1.1 is refused, and says what to do", async (t) => {
  const server = await serving(t);
  const { status, headers } = await ask(server.url + UNARY, "POST", { "content-type": "application/grpc" }, Buffer.alloc(5));
  assert.equal(status, 200);
  assert.equal(headers["grpc-status"], "12");
  assert.match(decodeURIComponent(String(headers["grpc-message"])), /HTTP\/2/);
});

test("with http1: false HTTP/1.1 is not answered", async (t) => {
  const server = await serving(t, { http1: false });
  await assert.rejects(ask(server.url + UNARY, "POST", JSON_TYPE, "{}"));
});

test("the first bytes may come one by one, of either version of HTTP", async (t) => {
  const server = await serving(t);
  const request = `POST ${UNARY} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{"id":5}`;
  for (const [bytes, expected] of [
    [Buffer.from(request), /^HTTP\/1\.1 200 OK[\s\S]*\{"id":5\}$/],
    [Buffer.from("PUT /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), /^HTTP\/1\.1 405/],
    // preface and SETTINGS, which are answered with SETTINGS: frame type 4
    [Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]), /^\0[\s\S]{2}\x04/],
  ] as const) {
    const socket = connectSocket(server.port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.setNoDelay(true);
    const closed = new Promise((resolve) => socket.on("close", resolve));
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let i = 0; i < 2_000 && !expected.test(answer); i++) await new Promise((resolve) => setImmediate(resolve));
    assert.match(answer, expected);
    socket.destroy();
    await closed;
  }
});

test("a head that is too large, and one that is malformed, are answered and cost their connection alone", async (t) => {
  const server = await serving(t, { http1Limits: { maxHeaderBytes: 2_000 } });
  assert.equal((await ask(server.url + UNARY, "POST", { ...JSON_TYPE, "x-long": "a".repeat(3_000) }, "{}")).status, 431);
  const socket = connectSocket(server.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  socket.write("POST / HTTP/1.1\r\nbad header\r\n\r\n");
  await new Promise((resolve) => socket.on("close", resolve));
  assert.match(answer, /^HTTP\/1\.1 400/);
  assert.equal((await ask(server.url + UNARY, "POST", JSON_TYPE, '{"id":1}')).status, 200);
});

test("a transfer coding beside chunked is refused with 501 and closes its connection", async (t) => {
  const server = await serving(t);
  for (const coding of ["gzip, chunked", "x-mine,Chunked"]) {
    const socket = connectSocket(server.port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
    socket.write(`POST ${UNARY} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: ${coding}\r\n\r\n`);
    await new Promise((resolve) => socket.on("close", resolve));
    assert.match(answer, /^HTTP\/1\.1 501 .*only "chunked"/s, coding);
  }
  assert.equal((await ask(server.url + UNARY, "POST", { ...JSON_TYPE, "transfer-encoding": "Chunked" }, '{"id":1}')).status, 200);
});

test("a connection that says nothing after its first bytes is closed in time", async (t) => {
  const server = await serving(t, { http1Limits: { idleTimeoutMs: 50 } });
  for (const said of ["POST / HTT", `POST ${UNARY} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`]) {
    const socket = connectSocket(server.port, "127.0.0.1");
    socket.resume();
    socket.write(said);
    await new Promise((resolve) => socket.on("close", resolve));
  }
});

test("requests that come before their turn are answered in order", async (t) => {
  const server = await serving(t);
  const one = (id: number, more: string) =>
    `POST ${UNARY} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8\r\n${more}\r\n{"id":${id}}`;
  const socket = connectSocket(server.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  socket.write(one(1, "") + one(2, "") + one(3, "connection: close\r\n"));
  await new Promise((resolve) => socket.on("close", resolve));
  assert.deepEqual(
    [...answer.matchAll(/\{"id":(\d)\}/g)].map(([, id]) => id),
    ["1", "2", "3"],
  );
});

test("an answer that comes before the end of its request is heard, and the connection goes on or ends as the request does", async (t) => {
  const server = await serving(t);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  cleanUp(t)(() => agent.destroy());
  const early = (size: number) =>
    new Promise<number>((resolve, reject) => {
      const request = http.request(server.url, { method: "POST", path: "/nothing/here", headers: JSON_TYPE, agent }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      request.on("error", reject);
      request.write("a".repeat(size));
      request.end("b".repeat(size));
    });
  for (const size of [10, 10_000, 400_000]) assert.equal(await early(size), 404);
});

// ---- pages of other origins

const PREFLIGHT = {
  origin: "https://app.test",
  "access-control-request-method": "POST",
  "access-control-request-headers": "content-type, x-own",
};

test("without cors no page of another origin is let in", async (t) => {
  const server = await serving(t);
  assert.equal((await ask(server.url + UNARY, "OPTIONS", PREFLIGHT)).headers["access-control-allow-origin"], undefined);
  const { status, headers } = await ask(server.url + UNARY, "POST", { ...JSON_TYPE, origin: "https://app.test" }, "{}");
  assert.deepEqual([status, headers["access-control-allow-origin"]], [200, undefined]);
});

test("a preflight is answered for the origins that may, and responses are marked, good or bad, over both versions of HTTP", async (t) => {
  const server = await serving(t, {
    cors: { origins: ["https://app.test"], credentials: true, exposeHeaders: ["x-mine"], maxAgeMs: 60_000 },
  });
  for (const over of [
    (method: string, path: string, headers: Record<string, string>, body?: string) => ask(server.url + path, method, headers, body),
    ask2.bind(undefined, server.url),
  ]) {
    const { status, headers } = await over("OPTIONS", UNARY, PREFLIGHT);
    assert.equal(status, 204);
    assert.equal(headers["access-control-allow-origin"], "https://app.test");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.equal(headers["access-control-allow-headers"], "content-type, x-own");
    assert.equal(headers["access-control-allow-methods"], "POST, GET");
    assert.equal(headers["access-control-max-age"], "60");
    for (const [path, expected] of [
      [UNARY, 200],
      ["/bench.v1.Bench/Nothing", 404],
    ] as const) {
      const answer = await over("POST", path, { ...JSON_TYPE, origin: "https://app.test" }, "{}");
      assert.equal(answer.status, expected);
      assert.equal(answer.headers["access-control-allow-origin"], "https://app.test");
      assert.match(String(answer.headers["access-control-expose-headers"]), /grpc-status.*x-mine/);
      assert.match(String(answer.headers["vary"]), /Origin/);
    }
    const foreign = await over("OPTIONS", UNARY, { ...PREFLIGHT, origin: "https://evil.test" });
    assert.deepEqual([foreign.status, foreign.headers["access-control-allow-origin"]], [204, undefined]);
  }
});

test("cors may let every origin in, or ask a function; what makes no sense is a mistake", async (t) => {
  const any = await serving(t, { cors: { origins: "*" } });
  assert.equal((await ask(any.url + UNARY, "OPTIONS", PREFLIGHT)).headers["access-control-allow-origin"], "*");
  const some = await serving(t, { cors: { origins: (origin) => origin.endsWith(".test"), allowHeaders: ["x-a"] } });
  const { headers } = await ask(some.url + UNARY, "OPTIONS", PREFLIGHT);
  assert.deepEqual([headers["access-control-allow-origin"], headers["access-control-allow-headers"]], ["https://app.test", "x-a"]);
  const routes = () => {};
  await assert.rejects(serve({ routes, cors: { origins: "*", credentials: true } }), { name: "UsageError", message: /cors\.credentials/ });
  await assert.rejects(serve({ routes, cors: { origins: 5 as unknown as "*" } }), { name: "UsageError", message: /cors\.origins/ });
});

// ---- an application of node:http

const application: RequestListener = (request, response) => {
  let length = 0;
  request.on("data", (chunk: Uint8Array) => (length += chunk.length));
  request.on("end", () => {
    response.writeHead(201, { "x-app": "yes" });
    response.end(`${request.method} ${request.url} ${request.headers.host} ${length}`);
  });
};

test("what is no call goes to the fallback, over both versions of HTTP, with bodies of any size", async (t) => {
  const server = await serving(t, { fallback: application });
  const host = `127.0.0.1:${server.port}`;
  const large = "x".repeat(300_000);
  assert.deepEqual(pick(await ask(`${server.url}/page?a=b`, "GET")), [201, "yes", `GET /page?a=b ${host} 0`]);
  assert.deepEqual(pick(await ask(`${server.url}/form`, "POST", JSON_TYPE, large)), [201, "yes", `POST /form ${host} 300000`]);
  assert.deepEqual(pick(await ask2(server.url, "GET", "/page?a=b")), [201, "yes", `GET /page?a=b ${host} 0`]);
  assert.deepEqual(pick(await ask2(server.url, "POST", "/form", JSON_TYPE, large)), [201, "yes", `POST /form ${host} 300000`]);
  assert.equal((await ask(server.url + UNARY, "POST", JSON_TYPE, '{"id":1}')).body, '{"id":1}', "a call is a call");
  assert.equal((await ask2(server.url, "POST", UNARY, JSON_TYPE, '{"id":1}')).body, '{"id":1}');
});

test("a large answer of the fallback arrives whole over HTTP/2", async (t) => {
  const server = await serving(t, {
    fallback: (_request: IncomingMessage, response: ServerResponse) => response.end("y".repeat(2_000_000)),
  });
  assert.equal((await ask2(server.url, "GET", "/")).body.length, 2_000_000);
});

test("who leaves a fallback over HTTP/2 is missed by it", async (t) => {
  let closed: (value: unknown) => void = () => {};
  const missed = new Promise((resolve) => (closed = resolve));
  const server = await serving(t, {
    fallback: (_request: IncomingMessage, response: ServerResponse) => {
      response.on("close", () => closed("missed"));
      response.write("begin");
    },
  });
  const session = http2.connect(server.url);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => {});
  stream.once("data", () => stream.close(8));
  assert.equal(await missed, "missed");
  await new Promise<void>((resolve) => session.close(resolve));
});

test("a fallback that is no function is a mistake", async () => {
  await assert.rejects(serve({ routes: () => {}, fallback: "app" as unknown as () => void }), { name: "UsageError", message: /fallback/ });
});

function pick({ status, headers, body }: Answer): unknown[] {
  return [status, headers["x-app"], body];
}

// ---- in somebody else's server

async function mounted(t: TestContext, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp(t)(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("services mounted in a server of node:http are called over HTTP/1.1; what is no call is 404", async (t) => {
  const handler = toNodeHandler({ routes: (router) => router.service(Bench, impl) });
  const url = await mounted(t, handler);
  for (const protocol of ["connect", "grpc-web"] as const) {
    const channel = connect(url, { protocol, httpVersion: "1.1" });
    const client = createClient(Bench, channel);
    assert.equal((await client.unary({ id: 3 })).id, 3);
    let count = 0;
    for await (const _ of client.server({ id: 500 })) count++;
    assert.equal(count, 500);
    await channel.close();
  }
  assert.equal((await ask(`${url}/page`, "GET")).status, 404);
  assert.deepEqual(await handler.close({ graceMs: 0 }), { cutOff: [] });
  assert.equal((await ask(url + UNARY, "POST", JSON_TYPE, "{}")).status, 503, "after close()");
});

test("mounted as middleware, what is no call goes on; a body that was read before is a mistake that says so", async (t) => {
  const handler = toNodeHandler({ routes: (router) => router.service(Bench, impl) });
  const url = await mounted(t, (request, response) => {
    if (request.headers["x-read"] === undefined) handler(request, response, () => response.end("next"));
    else request.resume().on("end", () => handler(request, response, () => response.end("next")));
  });
  assert.equal((await ask(`${url}/page`, "GET")).body, "next");
  assert.equal((await ask(url + UNARY, "POST", JSON_TYPE, '{"id":2}')).body, '{"id":2}');
  const { status, body } = await ask(url + UNARY, "POST", { ...JSON_TYPE, "x-read": "1" }, '{"id":2}');
  assert.equal(status, 500);
  assert.match(body, /before whatever reads bodies/);
  await handler.close({ graceMs: 0 });
});

test("closing a mounted handler ends the calls that go on, and nothing else", async (t) => {
  const handler = toNodeHandler({ routes: (router) => router.service(Bench, impl) });
  const url = await mounted(t, handler);
  const channel = connect(url, { protocol: "connect", httpVersion: "1.1" });
  const stream = createClient(Bench, channel).server({ id: 1, name: "hold" });
  await stream.receive();
  assert.equal(handler.calls().length, 1);
  const report = await handler.close({ graceMs: 0 });
  assert.equal(report.cutOff.length, 1);
  await assert.rejects(stream.receive(), { code: "unavailable" });
  assert.equal(handler.statistics().openCalls, 0);
  await channel.close();
});
