// The server process: handlers that end only with their call.
import { serve } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { answer } from "../storm/child.mjs";
import { leftOver, memory } from "../storm/ledger.mjs";

/** Streams of one connection: so many are reset at once when they are collected, which is below the server's `resetBurst`. */
const STREAMS = 8_000;

let server;
let begun = 0;
let ended = 0;
let unexplained = 0;

answer({
  async start() {
    server = await serve({
      host: "127.0.0.1",
      port: 0,
      routes: (r) => r.service(Bench, service),
      limits: { maxConcurrentStreams: STREAMS },
    });
    return server.port;
  },
  begin() {
    begun = ended = unexplained = 0;
  },
  running: () => ({ begun, running: server.statistics().runningHandlers, open: server.statistics().openStreams }),
  /** What is left when all streams should be over. */
  async end() {
    const left = await leftOver(() => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
    return { begun, ended, unexplained, left };
  },
  memory,
  stop: () => server.close({ graceMs: 0 }),
});

const service = {
  unary: (request) => request,

  /** Sends `id` messages, then waits. */
  server: (request, ctx, out) =>
    handle(ctx, async () => {
      for (let sent = 0; sent < request.id; sent++) await out.send(request);
      await ctx.done;
    }),

  client: (requests, ctx) =>
    handle(ctx, async () => {
      while ((await requests.receive()) !== undefined);
      return {};
    }),

  /** Echoes, and waits after the half-close. */
  bidi: (requests, ctx, out) =>
    handle(ctx, async () => {
      for await (const request of requests) await out.send(request);
      await ctx.done;
    }),
};

/** Counts a handler, which must hear that its call was cancelled, in the way that it waits for. */
async function handle(ctx, body) {
  begun++;
  void ctx.done.then(({ code }) => {
    if (code !== "cancelled") unexplained++;
  });
  try {
    return await body();
  } finally {
    ended++;
  }
}
