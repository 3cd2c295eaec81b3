import { test } from "node:test";
import { exchangeSuite } from "../../testing/exchange-suite/suite.js";
import { VirtualRuntime } from "../../testing/virtual-runtime.js";
import { connectInMemory } from "./memory-connection.js";

const suite = exchangeSuite((maxConcurrentExchanges, clientEvents, acceptor, serverEvents) => {
  const runtime = new VirtualRuntime();
  const { client, server } = connectInMemory({ runtime, maxConcurrentExchanges }, clientEvents, acceptor, serverEvents);
  return {
    client,
    server,
    run: () => runtime.run(),
    runLong: () => runtime.advance(60_000),
    cut: () => server.destroy("gone"),
    leftovers: () => (runtime.timers.size === 0 ? [] : [`${runtime.timers.size} timers`]),
  };
});

for (const { title, skip, run } of suite) test(`in memory: ${title}`, { skip }, run);
