// The server process of a storm.
import { serve } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { answer } from "./child.mjs";
import { Ledger, leftOver, memory } from "./ledger.mjs";
import { stormService } from "./service.mjs";

const RESTING = ["openConnections", "openStreams", "openCalls", "runningHandlers", "timers"];

let server;
const storm = { seed: 0, ledger: new Ledger(0) };

answer({
  async start() {
    server = await serve({
      host: "127.0.0.1",
      port: 0,
      routes: (r) =>
        r.service(
          Bench,
          stormService(() => storm),
        ),
      // A network as bad as this is heard of soon, and connections are drained all the time.
      limits: { keepaliveIntervalMs: 1000, keepaliveTimeoutMs: 1000, minPingIntervalMs: 100, maxAgeMs: 3000, maxConcurrentStreams: 100 },
      onLog: (entry) => {
        if (entry.level === "error")
          storm.ledger.found(-1, `the server logged ${entry.event}: ${entry.message} ${entry.error?.stack ?? ""}`);
      },
    });
    return server.port;
  },
  begin({ seed, count }) {
    storm.seed = seed;
    storm.ledger = new Ledger(count);
  },
  /** What is left when all calls should be over, and what was noted meanwhile. */
  async end() {
    const left = await leftOver(() => server.statistics(), RESTING);
    const { ledger } = storm;
    storm.ledger = new Ledger(0);
    return { ...ledger, left };
  },
  memory,
  stop: () => server.close({ graceMs: 0 }),
});
