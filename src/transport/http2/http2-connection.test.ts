import { test } from "node:test";
import { OutputPool, resolveLimits, WindowBudget } from "../../http2/index.js";
import { exchangeSuite } from "../../testing/exchange-suite/suite.js";
import { type MemoryPipeOptions, memoryPipe } from "../../testing/memory-byte-stream.js";
import { VirtualRuntime } from "../../testing/virtual-runtime.js";
import { makeClientConnection } from "./client-connection.js";
import { acceptConnection } from "./server-connection.js";

/** Two engines, one pipe, time that moves when told: the suite over HTTP/2, with this treatment of the bytes between. */
function overHttp2(name: string, options: MemoryPipeOptions): void {
  const suite = exchangeSuite((maxConcurrentStreams, clientEvents, acceptor, serverEvents) => {
    const runtime = new VirtualRuntime();
    const pipe = memoryPipe(runtime, options);
    const outputPool = new OutputPool();
    const windowBudget = new WindowBudget();
    const shared = { runtime, outputPool, windowBudget };
    const server = acceptConnection(
      pipe.server,
      { ...shared, limits: resolveLimits("server", { maxConcurrentStreams }) },
      acceptor,
      serverEvents,
    );
    const client = makeClientConnection(pipe.client, { ...shared, limits: resolveLimits("client") }, clientEvents);
    return {
      client,
      server,
      run: () => runtime.advance(1_000),
      runLong: () => runtime.advance(60_000),
      cut: () => pipe.cut("the cable was cut"),
      leftovers: () => [
        ...(runtime.timers.size === 0 ? [] : [`${runtime.timers.size} timers`]),
        ...(windowBudget.used === 0 ? [] : [`${windowBudget.used} bytes of the window budget`]),
      ],
    };
  });
  for (const { title, skip, run } of suite) test(`HTTP/2, ${name}: ${title}`, { skip }, run);
}

overHttp2("as it comes", {});
overHttp2("cut at random places", { maxPieceBytes: 3_000 });
overHttp2("20 ms away, with little room on the way", { latencyMs: 20, highWaterBytes: 20_000 });
