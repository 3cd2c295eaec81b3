import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  Code,
  type Client as ConnectClient,
  ConnectError,
  createClient as connectClient,
  createContextKey,
  createContextValues,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import { type Channel, createClient, detail, Metadata, RpcError, UsageError } from "sluice";
import { type ConnectRoutesOptions, connectRoutes, createTransport, type TransportOptions } from "sluice/compat/connect-es";
import { connect, type RunningServer, serve } from "sluice/node";
import type { Router, ServiceImplementation } from "sluice/server";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "../sockets/clean-up.js";

/* Clients and handlers written for connect-es, as they are, on Sluice. */

const WAYS = [
  { protocol: "grpc", httpVersion: "2" },
  { protocol: "grpc-web", httpVersion: "1.1" },
  { protocol: "connect", httpVersion: "2" },
  { protocol: "connect", httpVersion: "1.1" },
] as const;

type Way = (typeof WAYS)[number];

function everyWay(name: string, run: (t: TestContext, way: Way) => Promise<void>): void {
  for (const way of WAYS) {
    test(`${name} (${way.protocol} over HTTP/${way.httpVersion})`, { timeout: 10_000 }, (t) => run(t, way));
  }
}

async function both(t: TestContext, way: Way, routes: (router: Router) => unknown): Promise<{ server: RunningServer; channel: Channel }> {
  const closing = cleanUp(t);
  const server = await serve({ routes });
  closing(() => server.close({ graceMs: 0 }));
  const channel = connect(server.url, way);
  closing(() => channel.close({ graceMs: 0 }));
  return { server, channel };
}

/** A server with handlers of Sluice, and a client of connect-es. */
async function theirClient(
  t: TestContext,
  way: Way,
  handlers: ServiceImplementation<typeof Bench>,
  options?: TransportOptions,
): Promise<{ client: ConnectClient<typeof Bench>; server: RunningServer }> {
  const { server, channel } = await both(t, way, (router) => router.service(Bench, handlers));
  return { client: connectClient(Bench, createTransport(channel, options)), server };
}

/** A server with handlers of connect-es, and clients of both. */
async function theirHandlers(t: TestContext, way: Way, handlers: Partial<ServiceImpl<typeof Bench>>, options?: ConnectRoutesOptions) {
  const routes = connectRoutes((router) => router.service(Bench, handlers), options);
  const { server, channel } = await both(t, way, routes);
  return { ours: createClient(Bench, channel), theirs: connectClient(Bench, createTransport(channel)), server };
}

const failsWith = (code: Code, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(Code[error.code], Code[code], error.message);
  assert.match(error.rawMessage, message);
  return true;
};

async function ids(messages: AsyncIterable<{ id: number }>): Promise<number[]> {
  const got: number[] = [];
  for await (const { id } of messages) got.push(id);
  return got;
}

everyWay("a client of connect-es: every kind of call, with headers and trailers", async (t, way) => {
  const { client } = await theirClient(t, way, {
    unary: ({ id }, context) => {
      const { requestHeaders, responseHeaders, responseTrailers } = context;
      responseHeaders.set("x-echo", requestHeaders.get("x-asked") ?? "");
      responseHeaders.set("x-raw-bin", requestHeaders.getBinary("x-raw-bin") ?? new Uint8Array());
      responseTrailers.set("x-end", "ended");
      return { id: id + 1 };
    },
    async *server({ id }, { responseTrailers }) {
      for (let i = 0; i < id; i++) yield { id: i };
      responseTrailers.set("x-end", "ended");
    },
    async client(requests) {
      return { id: (await ids(requests)).length };
    },
    async *bidi(requests) {
      for await (const { id } of requests) yield { id: id * 2 };
    },
  });
  let header = new Headers();
  let trailer = new Headers();
  const listeners = {
    onHeader: (given: Headers) => {
      header = given;
    },
    onTrailer: (given: Headers) => {
      trailer = given;
    },
  };
  const headers = { "x-asked": "yes", "x-raw-bin": "AAECAw" };
  assert.equal((await client.unary({ id: 1 }, { headers, ...listeners })).id, 2);
  assert.equal(header.get("x-echo"), "yes");
  assert.equal(header.get("x-raw-bin"), "AAECAw");
  assert.equal(trailer.get("x-end"), "ended");
  trailer = new Headers();
  assert.deepEqual(await ids(client.server({ id: 3 }, listeners)), [0, 1, 2]);
  assert.equal(trailer.get("x-end"), "ended");
  assert.equal((await client.client(some(1, 2, 3))).id, 3);
  assert.deepEqual(await ids(client.bidi(some(1, 2))), [2, 4]);
});

async function* some(...values: number[]): AsyncGenerator<{ id: number }> {
  for (const id of values) yield { id };
}

everyWay("a client of connect-es: errors come as ConnectError, with details and metadata", async (t, way) => {
  const { client } = await theirClient(t, way, {
    unary: () => {
      throw new RpcError("failed_precondition", "not yet", {
        details: [detail(PayloadSchema, { id: 7 })],
        metadata: new Metadata({ "x-why": "because" }),
      });
    },
    async *server() {
      yield { id: 1 };
      throw new RpcError("not_found", "no more");
    },
  });
  await assert.rejects(Promise.resolve(client.unary({})), (error: unknown) => {
    failsWith(Code.FailedPrecondition, /^not yet$/)(error);
    assert.ok(error instanceof ConnectError);
    assert.equal(error.findDetails(PayloadSchema)[0]?.id, 7);
    assert.equal(error.metadata.get("x-why"), "because");
    assert.ok(error.cause instanceof RpcError);
    return true;
  });
  const got: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { id } of client.server({})) got.push(id);
    },
    failsWith(Code.NotFound, /^no more$/),
  );
  assert.deepEqual(got, [1]);
  await assert.rejects(Promise.resolve(client.client(some(1))), failsWith(Code.Unimplemented, /not implemented/));
});

everyWay("a client of connect-es: abort and deadline end the call, and the handler hears of it", async (t, way) => {
  const { client, server } = await theirClient(t, way, {
    async unary(_request, context) {
      await context.done;
      throw context.signal.reason;
    },
    async *server(_request, context) {
      yield { id: 1 };
      await context.done;
    },
  });
  await assert.rejects(Promise.resolve(client.unary({}, { timeoutMs: 50 })), failsWith(Code.DeadlineExceeded, /./));
  const abort = new AbortController();
  await assert.rejects(
    async () => {
      for await (const _ of client.server({}, { signal: abort.signal })) abort.abort();
    },
    failsWith(Code.Canceled, /./),
  );
  await until(() => server.statistics().runningHandlers === 0);
});

everyWay("a client of connect-es: its interceptors see and change calls", async (t, way) => {
  const seen: string[] = [];
  const key = createContextKey("none");
  const interceptor: Interceptor = (next) => async (request) => {
    request.header.set("x-by", request.contextValues.get(key));
    const response = await next(request);
    seen.push(`${request.method.name} ${new URL(request.url).pathname} ${response.stream} ${response.header.get("x-echo")}`);
    return response;
  };
  const { client } = await theirClient(
    t,
    way,
    {
      unary: (request, { requestHeaders, responseHeaders }) => {
        responseHeaders.set("x-echo", requestHeaders.get("x-by") ?? "");
        return request;
      },
      async *server(request, { requestHeaders, responseHeaders }) {
        responseHeaders.set("x-echo", requestHeaders.get("x-by") ?? "");
        yield request;
      },
    },
    { interceptors: [interceptor] },
  );
  const contextValues = createContextValues().set(key, "me");
  await client.unary({ id: 1 }, { contextValues });
  await ids(client.server({ id: 1 }));
  assert.deepEqual(seen, ["Unary /bench.Bench/Unary false me", "Server /bench.Bench/Server true none"].map(withPackage));
});

const withPackage = (line: string) => line.replace("/bench.Bench/", `/${Bench.typeName}/`);

everyWay("handlers of connect-es: every kind of call, with headers and trailers", async (t, way) => {
  const { ours, theirs } = await theirHandlers(t, way, {
    unary({ id }, { requestHeader, responseHeader, responseTrailer, protocolName, requestMethod }) {
      responseHeader.set("x-echo", `${requestHeader.get("x-asked")} ${protocolName} ${requestMethod}`);
      responseTrailer.set("x-end", "ended");
      return { id: id + 1 };
    },
    async *server({ id }, { responseHeader, responseTrailer }) {
      await Promise.resolve();
      responseHeader.set("x-late", "set before the first message");
      for (let i = 0; i < id; i++) yield { id: i };
      responseTrailer.set("x-end", "ended");
    },
    async client(requests) {
      return { id: (await ids(requests)).length };
    },
    async *bidi(requests) {
      for await (const { id } of requests) yield { id: id * 2 };
    },
  });
  let header: Metadata | undefined;
  let trailer: Metadata | undefined;
  const listeners = {
    headers: { "x-asked": "yes" },
    onHeaders: (given: Metadata) => {
      header = given;
    },
    onTrailers: (given: Metadata) => {
      trailer = given;
    },
  };
  assert.equal((await ours.unary({ id: 1 }, listeners)).id, 2);
  assert.equal(header?.get("x-echo"), `yes ${way.protocol} POST`);
  assert.equal(trailer?.get("x-end"), "ended");
  assert.deepEqual(await ids(ours.server({ id: 2 }, listeners)), [0, 1]);
  assert.equal(header?.get("x-late"), "set before the first message");
  assert.equal(trailer?.get("x-end"), "ended");
  assert.equal((await ours.client([{ id: 1 }, { id: 2 }])).id, 2);
  assert.deepEqual(await ids(theirs.bidi(some(1, 2))), [2, 4]);
});

everyWay("handlers of connect-es: what they throw", async (t, way) => {
  const { ours, theirs } = await theirHandlers(t, way, {
    unary({ id }, { responseTrailer }) {
      responseTrailer.set("x-end", "ended");
      if (id === 0) throw new Error("a secret");
      throw new ConnectError("not yet", Code.FailedPrecondition, { "x-why": "because" }, [{ desc: PayloadSchema, value: { id: 7 } }]);
    },
    async *server() {
      yield { id: 1 };
      throw new ConnectError("no more", Code.NotFound);
    },
  });
  await assert.rejects(ours.unary({ id: 1 }), (error: RpcError) => {
    assert.equal(error.code, "failed_precondition");
    assert.equal(error.message, "not yet");
    assert.equal(error.metadata.get("x-why"), "because");
    assert.equal(error.metadata.get("x-end"), "ended");
    assert.equal(error.findDetails(PayloadSchema)[0]?.id, 7);
    return true;
  });
  await assert.rejects(ours.unary({ id: 0 }), (error: RpcError) => error.code === "internal" && !error.message.includes("secret"));
  const got: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { id } of theirs.server({})) got.push(id);
    },
    failsWith(Code.NotFound, /^no more$/),
  );
  assert.deepEqual(got, [1]);
  await assert.rejects(ours.client([{ id: 1 }]), (error: RpcError) => error.code === "unimplemented");
});

everyWay("handlers of connect-es: the client's break and the deadline reach them", async (t, way) => {
  const ends: string[] = [];
  const { ours, server } = await theirHandlers(t, way, {
    async *server(_request, { signal, timeoutMs }) {
      try {
        for (let id = 0; ; id++) {
          yield { id };
          if (timeoutMs() !== undefined) await new Promise((done) => signal.addEventListener("abort", done));
        }
      } finally {
        ends.push(signal.aborted ? "aborted" : "left");
      }
    },
  });
  for await (const { id } of ours.server({})) if (id === 10) break;
  await until(() => ends.length === 1);
  await assert.rejects(ids(ours.server({}, { timeoutMs: 50 })), (error: RpcError) => error.code === "deadline_exceeded");
  await until(() => ends.length === 2 && server.statistics().runningHandlers === 0);
  assert.deepEqual(ends, ["aborted", "aborted"]);
});

everyWay("handlers of connect-es: their interceptors run around them, of the router and of the service", async (t, way) => {
  const seen: string[] = [];
  const note =
    (name: string): Interceptor =>
    (next) =>
    async (request) => {
      seen.push(`${name} ${request.stream}`);
      const response = await next(request);
      response.trailer.set("x-by", name);
      return response;
    };
  const { ours } = await theirHandlers(
    t,
    way,
    {
      unary: (request) => request,
      async *server(request) {
        yield request;
      },
    },
    { interceptors: [note("outer"), note("inner")] },
  );
  let by: string | undefined;
  const onTrailers = (trailers: Metadata) => {
    by = trailers.get("x-by");
  };
  await ours.unary({}, { onTrailers });
  assert.equal(by, "outer");
  await ids(ours.server({}, { onTrailers }));
  assert.equal(by, "outer");
  assert.deepEqual(seen, ["outer false", "inner false", "outer true", "inner true"]);
});

test("rpc() adds single methods; readMaxBytes is kept; other options and a second implementation are refused", async (t) => {
  const routes = connectRoutes((router) =>
    router
      .rpc(Bench.method.unary, (request) => ({ id: request.id }), { readMaxBytes: 100 })
      .rpc(Bench.method.client, async () => ({ id: 5 })),
  );
  const { channel } = await both(t, WAYS[0], routes);
  const client = createClient(Bench, channel);
  assert.equal((await client.unary({ id: 4 })).id, 4);
  assert.equal((await client.client([])).id, 5);
  await assert.rejects(client.unary({ body: new Uint8Array(200) }), (error: RpcError) => error.code === "resource_exhausted");
  const refuses = (routes: Parameters<typeof connectRoutes>[0], message: RegExp) =>
    assert.rejects(serve({ routes: connectRoutes(routes) }), (error) => error instanceof UsageError && message.test(error.message));
  await refuses((router) => router.service(Bench, { unary: (request) => request }, { maxTimeoutMs: 5 }), /maxTimeoutMs/);
  await refuses((router) => router.service(Bench, { unary: (request) => request }, { jsonOptions: {} }), /serve\(\{ registry \}\)/);
  const unary = () => ({});
  await refuses((router) => router.rpc(Bench.method.unary, unary).service(Bench, { unary }), /registered already/);
});
