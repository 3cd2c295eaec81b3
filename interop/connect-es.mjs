// connect-es both ways: its clients on Sluice's server, Sluice's client on its server; Connect and gRPC-Web over HTTP/1.1 and HTTP/2, gRPC over HTTP/2.
//   node interop/connect-es.mjs
import http from "node:http";
import http2 from "node:http2";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { Bench, PayloadSchema } from "../build/gen/bench_pb.js";
import { equal, until } from "./checks.mjs";
import { Finding, Report } from "./report.mjs";
import { sharedHandlers } from "./shared-handlers.mjs";
import { importFrom, npmPeers, withTool } from "./tools.mjs";

/** What they have in common: protocol, version of HTTP. */
const WAYS = [
  ["connect", "1.1"],
  ["connect", "2"],
  ["grpc-web", "1.1"],
  ["grpc-web", "2"],
  ["grpc", "2"],
];
const report = new Report();

/** What happened to the handlers that were to run on. */
const ends = [];

// ---- connect-es clients, Sluice server

async function theirClients({ es, node }) {
  const server = await serve({ routes: (router) => router.service(Bench, handlers), compression: "gzip" });
  for (const [protocol, httpVersion] of WAYS) {
    const make = { connect: node.createConnectTransport, "grpc-web": node.createGrpcWebTransport, grpc: node.createGrpcTransport }[
      protocol
    ];
    const client = es.createClient(
      Bench,
      make({ baseUrl: server.url, httpVersion, useBinaryFormat: protocol !== "connect" || httpVersion === "2" }),
    );
    const name = `connect-es client, ${protocol} over HTTP/${httpVersion}`;
    const check = (what, run) => report.check(`${name}: ${what}`, run);
    await check("a unary call with headers and trailers", async () => {
      let head;
      let trailers;
      const response = await client.unary(
        { id: 7, name: "seven" },
        { headers: { "x-ask": "1" }, onHeader: (h) => (head = h), onTrailer: (t) => (trailers = t) },
      );
      equal([response.id, head.get("x-head"), trailers.get("x-trailer")], [7, "1", "2"]);
    });
    await check("an error with details", async () => {
      const error = await client.unary({ id: -5 }).then(() => undefined, es.ConnectError.from);
      equal([error?.code, error?.rawMessage, error?.findDetails(PayloadSchema)[0]?.name], [es.Code.NotFound, "no such thing: é", "why"]);
    });
    await check("1,000 messages of a server stream", async () => {
      let count = 0;
      for await (const { id } of client.server({ id: 1_000 })) equal(id, count++);
      equal(count, 1_000);
    });
    await check("an error after messages", async () => {
      const seen = [];
      const error = await (async () => {
        for await (const { id } of client.server({ id: 3, name: "fail" })) seen.push(id);
      })().then(() => undefined, es.ConnectError.from);
      equal([seen.length, error?.code], [3, es.Code.DataLoss]);
    });
    await check("a client stream", async () => equal((await client.client(messages(100))).id, 100));
    await check("a bidi stream, half-duplex", async () => {
      let count = 0;
      for await (const { id } of client.bidi(messages(20))) equal(id, count++);
      equal(count, 20);
    });
    await check("its abort ends the handler", async () => {
      ends.length = 0;
      const abort = new AbortController();
      const reading = (async () => {
        for await (const _ of client.server({ id: 1, name: "hold" }, { signal: abort.signal })) abort.abort();
      })();
      await reading.catch(() => {});
      await until(() => ends.length === 1);
      equal(ends, ["cancelled"]);
    });
    await check("its deadline is the server's", async () => {
      ends.length = 0;
      const error = await client.unary({ name: "park" }, { timeoutMs: 200 }).then(() => undefined, es.ConnectError.from);
      equal(error?.code, es.Code.DeadlineExceeded);
      await until(() => ends.length === 1);
      if (!["deadline_exceeded", "cancelled"].includes(ends[0])) throw new Finding(`the handler was told ${ends[0]}`);
    });
  }
  await report.check("Sluice's server holds nothing", async () => {
    await until(() => server.statistics().openCalls === 0 && server.statistics().runningHandlers === 0);
  });
  await server.close({ graceMs: 0 });
}

const handlers = {
  ...sharedHandlers(parked),
  async client(requests) {
    let id = 0;
    for await (const _ of requests) id++;
    return { id };
  },
};

async function parked(ctx) {
  ends.push((await ctx.done).code);
  throw ctx.signal.reason;
}

// ---- Sluice clients, connect-es server

async function theirServer({ es, node }) {
  const handler = node.connectNodeAdapter({ routes: (router) => router.service(Bench, theirHandlers(es)) });
  const servers = { 1.1: http.createServer(handler), 2: http2.createServer(handler) };
  const urls = {};
  for (const [version, server] of Object.entries(servers)) urls[version] = await listening(server);
  for (const [protocol, httpVersion] of WAYS) {
    const channel = connect(urls[httpVersion], { protocol, httpVersion, ...(protocol === "connect" && { httpGet: true }) });
    const client = createClient(Bench, channel);
    const check = (what, run) => report.check(`connect-es server, ${protocol} over HTTP/${httpVersion}: ${what}`, run);
    await check("a unary call with headers and trailers", async () => {
      let head;
      let trailers;
      const options = { headers: { "x-ask": "1" }, onHeaders: (h) => (head = h), onTrailers: (t) => (trailers = t) };
      equal([(await client.unary({ id: 7 }, options)).id, head.get("x-head"), trailers.get("x-trailer")], [7, "1", "2"]);
    });
    await check("an error with details", async () => {
      const error = await client.unary({ id: -5 }).then(
        () => undefined,
        (e) => e,
      );
      equal(
        [error?.code, error?.message, error?.details.length, error?.details[0]?.type],
        ["not_found", "no such thing: é", 1, "bench.v1.Payload"],
      );
    });
    await check("1,000 messages of a server stream", async () => {
      let count = 0;
      for await (const { id } of client.server({ id: 1_000 })) equal(id, count++);
      equal(count, 1_000);
    });
    await check("a client stream", async () => equal((await client.client(messages(100))).id, 100));
    if (httpVersion === "1.1") {
      // connect-node has no bidi over HTTP/1.1
      await check("a bidi stream is refused, and the error says by what", async () => {
        const error = await client
          .bidi(messages(1))
          .receive()
          .catch((e) => e);
        if (!/HTTP status 505/.test(error?.message)) throw new Finding(`the error is ${error}`);
      });
    } else {
      await check("a bidi stream", async () => {
        let count = 0;
        for await (const { id } of client.bidi(messages(20))) equal(id, count++);
        equal(count, 20);
      });
    }
    await check("break ends its handler", async () => {
      ends.length = 0;
      for await (const _ of client.server({ id: 1, name: "endless" })) break;
      await until(() => ends.length === 1);
    });
    await check("close() of a stream that it never ends", async () => {
      ends.length = 0;
      const stream = client.server({ id: 1, name: "endless" }, { closeTimeoutMs: 200 });
      await stream.receive();
      equal((await stream.close()).code, "cancelled");
      await until(() => ends.length === 1);
    });
    await check("a deadline", async () => {
      const error = await client.unary({ name: "park" }, { timeoutMs: 100 }).then(
        () => undefined,
        (e) => e,
      );
      equal(error?.code, "deadline_exceeded");
    });
    await report.check(`Sluice's channel holds nothing (${protocol}, HTTP/${httpVersion})`, async () => {
      await until(() => channel.statistics().openCalls === 0 && channel.statistics().openStreams === 0);
      await channel.close();
      equal(channel.statistics().openConnections, 0);
    });
  }
  for (const server of Object.values(servers)) server.close();
}

function theirHandlers(es) {
  const aborted = (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        ends.push("aborted");
        reject(signal.reason);
      });
    });
  return {
    async unary(request, ctx) {
      if (request.name === "park") await aborted(ctx.signal);
      if (request.id === -5)
        throw new es.ConnectError("no such thing: é", es.Code.NotFound, undefined, [{ desc: PayloadSchema, value: { name: "why" } }]);
      if (ctx.requestHeader.get("x-ask") !== null) ctx.responseHeader.set("x-head", "1");
      ctx.responseTrailer.set("x-trailer", "2");
      return request;
    },
    async *server(request, ctx) {
      for (let id = 0; id < request.id; id++) yield { id };
      if (request.name === "endless") await aborted(ctx.signal);
    },
    client: handlers.client,
    bidi: handlers.bidi,
  };
}

function listening(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)));
}

async function* messages(count) {
  for (let id = 0; id < count; id++) yield { id };
}

await withTool(report, "connect-es", npmPeers, async (folder) => {
  const [es, node] = await importFrom(folder, ["@connectrpc/connect", "@connectrpc/connect-node"]);
  await theirClients({ es, node });
  await theirServer({ es, node });
});
report.end();
process.exit();
