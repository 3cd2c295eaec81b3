import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { ServerConnection } from "../../exchange/connection.js";
import { exchangeSuite } from "../../testing/exchange-suite/suite.js";
import { nodeRuntime } from "../runtime.js";
import { Http1ClientConnection } from "./client-connection.js";
import { duplexPair } from "./duplex-pair.js";
import { DEFAULT_HTTP1_LIMITS } from "./limits.js";
import { Http1Sockets } from "./server-connection.js";

/* The one suite for `Exchange` over node:http, with a pair of streams between that holds nothing back, as a kernel would. */

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

const suite = exchangeSuite(
  (_maxConcurrentExchanges, clientEvents, acceptor, serverEvents) => {
    const [near, far] = duplexPair() as unknown as [Socket, Socket];
    const peer = { address: "memory", encrypted: false };
    const server: ServerConnection = new Http1Sockets(acceptor, DEFAULT_HTTP1_LIMITS, nodeRuntime).accept(
      far,
      peer,
      undefined,
      serverEvents,
    );
    const opening = { socket: near, peer, peerNow: () => peer, readyEvent: "connect" as const, serverName: undefined };
    const client = new Http1ClientConnection(
      () => opening,
      10_000,
      { idleTimeoutMs: undefined, writeStallTimeoutMs: 30_000 },
      nodeRuntime,
      clientEvents,
    );
    setImmediate(() => near.emit("connect"));
    return {
      client,
      server,
      run: () => turns(400),
      runLong: () => turns(400),
      cut: () => far.destroy(),
      leftovers: () => (nodeRuntime.timers.size === 0 ? [] : [`${nodeRuntime.timers.size} timers`]),
    };
  },
  {
    several: "a connection of HTTP/1.1 carries one exchange at a time",
    codes: "HTTP/1.1 has no reset: whoever gives an exchange up closes its connection, and no code goes with that",
    credit: "HTTP/1.1 has no flow control of its own: what may be sent is what finds room on the way",
    notice: "a server of HTTP/1.1 can say that the connection ends in the head of a response alone, to the client of that response",
    overtaking: "over HTTP/1.1 an end follows the body that went before, and a piece that node:http has is on its way",
  },
);

for (const { title, run } of suite.filter(({ skip }) => skip === false)) test(`HTTP/1.1: ${title}`, { timeout: 10_000 }, run);

for (const reason of new Set(suite.map(({ skip }) => skip))) {
  const titles = suite.filter(({ skip }) => skip === reason).map(({ title }) => title);
  if (reason !== false) test(`HTTP/1.1: ${titles.length} properties of exchanges, one of them: ${titles[0]}`, { skip: reason });
}
