// The servers that the page calls: one in the clear, one with TLS, each with the page on the same port; and one that is nobody's.
import { readFileSync } from "node:fs";
import http from "node:http";
import { serve } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { sharedHandlers } from "../shared-handlers.mjs";
import { testCertificate } from "../tools.mjs";

/** What happened to the handlers that were to run on, and when. */
export const ends = [];

const handlers = {
  ...sharedHandlers(parked),
  async client(requests) {
    let id = 0;
    for await (const request of requests) id += request.id;
    return { id };
  },
};

async function parked(ctx) {
  ends.push({ code: (await ctx.done).code, at: Date.now() });
  throw ctx.signal.reason;
}

const ANYBODY = { "access-control-allow-origin": "*" };

/** `page`: the script. */
export async function startServers(page) {
  const { cert, key } = await testCertificate();
  const fallback = (request, response) => {
    if (request.url === "/page.js") response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(page);
    else if (request.url === "/")
      response.writeHead(200, { "content-type": "text/html" }).end('<!doctype html><script src="/page.js"></script>');
    else response.writeHead(404, { "content-type": "text/html" }).end("<h1>There is no such page</h1>");
  };
  const routes = (router) => router.service(Bench, handlers);
  const clear = await serve({ routes, fallback });
  const tls = await serve({ routes, fallback, tls: { cert: readFileSync(cert), key: readFileSync(key) } });
  // for pages of other origins
  const open = await serve({ routes, cors: { origins: [clear.url] } });
  const closed = await serve({ routes });
  const nobody = http.createServer((request, response) => {
    if (request.url.startsWith("/moved")) response.writeHead(302, { location: "/elsewhere" }).end();
    else if (request.method === "OPTIONS") response.writeHead(204, { ...ANYBODY, "access-control-allow-headers": "*" }).end();
    else response.writeHead(502, { ...ANYBODY, "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");
  });
  await new Promise((resolve) => nobody.listen(0, "127.0.0.1", resolve));
  const all = [clear, tls, open, closed];
  return {
    clear,
    tls,
    open,
    closed,
    nobody: `http://127.0.0.1:${nobody.address().port}`,
    async close() {
      await Promise.all(all.map((server) => server.close({ graceMs: 0 })));
      nobody.close();
    },
    held: () => all.reduce((sum, server) => sum + server.statistics().openCalls + server.statistics().runningHandlers, 0),
  };
}
