// `node bench/serve.mjs --port N [--tls] [--style push|generator] [--max-streams N] [--resets-per-second N]`: serves bench.v1.Bench of proto/bench.proto on
// loopback. One process. SIGUSR2 prints one JSON line of figures (start node with --expose-gc for figures after a collection);
// SIGTERM drains.
import { serve } from "sluice/node";
import { Bench } from "../build/gen/bench_pb.js";
import { readArguments, refuse } from "./harness/arguments.mjs";
import { selfSignedCertificate } from "./harness/certificate.mjs";
import { reportOnSignal } from "./harness/memory.mjs";
import { benchService, handlers } from "./service.mjs";

const GRACE_MS = 10_000;

const options = readArguments({ port: 0, tls: false, style: "push", "max-streams": 250, "resets-per-second": 2000, cert: "", key: "" });
if (options.style !== "push" && options.style !== "generator") refuse(`--style is push or generator, not ${options.style}`);

const server = await serve({
  host: "127.0.0.1",
  port: options.port,
  ...(options.tls && { tls: selfSignedCertificate() }),
  limits: { maxConcurrentStreams: options["max-streams"], resetsPerSecond: options["resets-per-second"] },
  routes: (r) => r.service(Bench, benchService(options.style)),
});
console.log(`listening on 127.0.0.1:${server.port}`);

reportOnSignal(() => {
  const { openConnections, openStreams } = server.statistics();
  const counts = { handler_exits: handlers.exits, exits_ctx_canceled: handlers.cancelled, last_exit: String(handlers.lastExit) };
  return { open_streams: openStreams, open_connections: openConnections, ...counts };
});

let draining = false;
for (const name of ["SIGTERM", "SIGINT"])
  process.on(name, async () => {
    if (draining) process.exit(1);
    draining = true;
    await server.close({ graceMs: GRACE_MS });
    process.exit(0);
  });
