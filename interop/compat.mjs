// sluice/compat/connect-es beside the real thing: one application on connect-node and on Sluice, each client with each server, prints the same;
// and connect-query asks over a channel of Sluice.
//   node interop/compat.mjs
import http2 from "node:http2";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RpcError } from "sluice";
import { connectRoutes, createTransport } from "sluice/compat/connect-es";
import { connect, serve } from "sluice/node";
import { Bench } from "../build/gen/bench_pb.js";
import { named, routes, visit } from "../examples/coming-from-connect-es/app.mjs";
import { equal, until } from "./checks.mjs";
import { Report } from "./report.mjs";
import { importFrom, npmFolder, npmPeers, withTool } from "./tools.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const report = new Report();

// ---- one application, two libraries

async function sameApplication(node) {
  const theirs = http2.createServer(node.connectNodeAdapter({ routes }));
  const theirUrl = await new Promise((resolve) => {
    theirs.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${theirs.address().port}`));
  });
  const ours = await serve({ routes: connectRoutes(routes) });
  const sessions = new Set();
  theirs.on("session", (session) => sessions.add(session));
  try {
    for (const protocol of ["connect", "grpc-web", "grpc"]) {
      const make = { connect: node.createConnectTransport, "grpc-web": node.createGrpcWebTransport, grpc: node.createGrpcTransport }[
        protocol
      ];
      const theirTransport = (baseUrl) => make({ baseUrl, httpVersion: "2", interceptors: [named] });
      const expected = await visit(theirTransport(theirUrl));
      for (const [server, url] of [
        ["connect-node's", theirUrl],
        ["Sluice's", ours.url],
      ]) {
        await report.check(`${protocol}: the application sees the same, Sluice's client, ${server} server`, async () => {
          const channel = connect(url, { protocol });
          try {
            equal(await visit(createTransport(channel, { interceptors: [named] })), expected);
          } finally {
            await channel.close();
          }
        });
      }
      await report.check(`${protocol}: the application sees the same, connect-node's client, Sluice's server`, async () => {
        equal(await visit(theirTransport(ours.url)), expected);
      });
    }
  } finally {
    await ours.close({ graceMs: 0 });
    for (const session of sessions) session.destroy();
    theirs.close();
  }
}

// ---- connect-query

async function queries({ createQueryOptions, createConnectQueryKey }, { QueryClient }, { Code, ConnectError }) {
  const ends = [];
  let asked = 0;
  const server = await serve({
    routes: (router) =>
      router.service(Bench, {
        async unary(request, context) {
          asked++;
          if (request.id < 0) throw new RpcError("not_found", "no such thing");
          if (request.name !== "park") return { id: request.id + 1 };
          ends.push((await context.done).code);
          throw context.signal.reason;
        },
      }),
  });
  const channel = connect(server.url, { protocol: "connect" });
  const transport = createTransport(channel);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  const query = (input) => createQueryOptions(Bench.method.unary, input, { transport });
  try {
    await report.check("connect-query: a query is answered, and the second time out of its cache", async () => {
      equal([(await client.fetchQuery(query({ id: 1 }))).id, (await client.fetchQuery(query({ id: 1 }))).id, asked], [2, 2, 1]);
      const key = createConnectQueryKey({ schema: Bench.method.unary, input: { id: 1 }, transport, cardinality: "finite" });
      equal(client.getQueryData(key)?.id, 2);
    });
    await report.check("connect-query: an error is a ConnectError", async () => {
      const error = await client.fetchQuery(query({ id: -1 })).then(
        () => undefined,
        (reason) => reason,
      );
      equal([error instanceof ConnectError, error?.code, error?.rawMessage], [true, Code.NotFound, "no such thing"]);
    });
    await report.check("connect-query: a query that is cancelled cancels the call", async () => {
      const options = query({ name: "park" });
      const fetching = client.fetchQuery(options).then(
        () => "an answer",
        () => "an error",
      );
      await until(() => server.statistics().runningHandlers === 1);
      await client.cancelQueries({ queryKey: options.queryKey });
      equal(await fetching, "an error");
      await until(() => ends.length === 1 && server.statistics().runningHandlers === 0);
      equal(ends, ["cancelled"]);
    });
    await report.check("connect-query: nothing is left", async () => {
      equal([channel.statistics().openCalls, server.statistics().openCalls], [0, 0]);
    });
  } finally {
    client.clear();
    await channel.close();
    await server.close({ graceMs: 0 });
  }
}

await withTool(report, "connect-node", npmPeers, async (folder) =>
  sameApplication(...(await importFrom(folder, ["@connectrpc/connect-node"]))),
);
const QUERY = () => npmFolder(join(HERE, "connect-query", "packages.json"), "connect-query");
const QUERY_PACKAGES = ["@connectrpc/connect-query-core", "@tanstack/query-core", "@connectrpc/connect"];
await withTool(report, "connect-query", QUERY, async (folder) => queries(...(await importFrom(folder, QUERY_PACKAGES))));
report.end();
process.exit();
