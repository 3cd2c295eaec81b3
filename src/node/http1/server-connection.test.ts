import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import { VirtualRuntime } from "../../testing/virtual-runtime.js";
import { duplexPair } from "./duplex-pair.js";
import { DEFAULT_HTTP1_LIMITS } from "./limits.js";
import { Http1Sockets } from "./server-connection.js";

for (const [title, leave, expected] of [
  ["the client ends", "near", "lost by peer: peer closed the connection"],
  ["this side destroys", "server", "lost by application: enough"],
] as const) {
  test(`an exchange is told who has ended its connection: one that ${title}`, async () => {
    const runtime = new VirtualRuntime();
    const ends: ExchangeEnd[] = [];
    const ignore = () => {};
    const events: ExchangeEvents = {
      onHead: ignore,
      onData: ignore,
      onTrailers: ignore,
      onWritable: ignore,
      onDraining: ignore,
      onEnd: (end) => ends.push(end),
    };
    const [near, far] = duplexPair() as unknown as [Socket, Socket];
    const sockets = new Http1Sockets({ onExchange: () => events }, DEFAULT_HTTP1_LIMITS, runtime);
    const server = sockets.accept(far, { address: "memory", encrypted: false }, undefined, { onClosed: ignore });
    near.write("POST / HTTP/1.1\r\nhost: memory\r\ncontent-length: 5\r\n\r\n");
    await runtime.settle();
    assert.equal(server.openExchanges, 1);
    if (leave === "near") near.destroy();
    else server.destroy("enough");
    await runtime.settle();
    await turn();
    assert.deepEqual(
      ends.map(({ kind, initiator, message }) => `${kind} by ${initiator}: ${message}`),
      [expected],
    );
    near.destroy();
  });
}
