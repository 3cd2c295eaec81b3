// The servers that the page calls: each serves the page too, so that calls of it are of the same origin.
import http from "node:http";
import https from "node:https";
import { serve, toNodeHandler } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { sharedHandlers } from "../shared-handlers.mjs";
import { startNobody } from "./nobody.mjs";

/** What has become of handlers; a check forgets it first. */
export const handlers = {
  /** How many run, of those that are noted. */
  running: 0,
  /** How the call of each ended, when, and how long its deadline had given it. */
  ends: [],
  /** What reached the handler of the cacheable method. */
  asked: [],
  forget() {
    this.ends.length = 0;
    this.asked.length = 0;
  },
};

/** Runs until its call has ended. */
async function parked(ctx) {
  await noted(ctx);
  throw ctx.signal.reason;
}

/** Notes that a handler runs, then how its call ended. */
async function noted(ctx) {
  const remainingMs = ctx.timeRemainingMs();
  handlers.running++;
  const { code } = await ctx.done;
  handlers.running--;
  handlers.ends.push({ code, at: Date.now(), remainingMs });
}

const bench = {
  ...sharedHandlers(parked),
  async client(requests, ctx) {
    void noted(ctx);
    let id = 0;
    for await (const request of requests) {
      if (request.name === "park") await ctx.done;
      id += request.id;
    }
    return { id };
  },
};

const testService = {
  /** The answer says which run of the handler made it, and is the same to those who have it. */
  cacheableUnaryCall({ payload }, ctx) {
    handlers.asked.push({ by: ctx.httpMethod, known: ctx.requestHeaders.get("if-none-match") });
    ctx.responseHeaders.set("cache-control", new TextDecoder().decode(payload.body));
    ctx.responseHeaders.set("etag", '"same"');
    return { serverId: `run ${handlers.asked.length}` };
  },
};

const routes = (router) => router.service(Bench, bench).service(TestService, testService);

/** `script`: the page's. `tls`: certificate and key. */
export async function startServers(script, tls) {
  const fallback = pageOf(script);
  const clear = await serve({ routes, fallback });
  const secure = await serve({ routes, fallback, tls });
  const others = {
    allowing: await serve({ routes, cors: { origins: [clear.url] } }),
    secureAllowing: await serve({ routes, tls, cors: { origins: [secure.url] } }),
    forbidding: await serve({ routes }),
  };
  const calls = toNodeHandler({ routes, cors: { origins: [secure.url] } });
  const old = https.createServer({ ...tls, ALPNProtocols: ["http/1.1"] }, (...exchange) => calls(...exchange, () => fallback(...exchange)));
  await new Promise((resolve) => old.listen(0, "127.0.0.1", resolve));
  const nobody = await startNobody();
  const all = [clear, secure, ...Object.values(others)];
  return {
    clear,
    secure,
    ...others,
    /** Speaks TLS and no HTTP/2. */
    old: { url: `https://127.0.0.1:${old.address().port}` },
    nobody,
    held: () => all.reduce((sum, server) => sum + server.statistics().openCalls + server.statistics().runningHandlers, 0),
    async close() {
      await Promise.all(all.map((server) => server.close({ graceMs: 0 })));
      old.closeAllConnections();
      old.close();
      nobody.close();
    },
  };
}

function pageOf(script) {
  return (request, response) => {
    const [status, type, body] =
      request.url === "/page.js"
        ? [200, "text/javascript; charset=utf-8", script]
        : request.url === "/"
          ? [200, "text/html", '<!doctype html><script src="/page.js"></script>']
          : [404, "text/html", "<h1>There is no such page</h1>"];
    response.writeHead(status, { "content-type": type }).end(body);
  };
}

/** An address at which nobody listens, and whose port browsers do not shun. */
export async function deserted() {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
