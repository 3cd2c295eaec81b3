import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { CarriedConnection, CarrierEnds } from "sluice/testing";
import type { Runtime } from "../../src/base/runtime.js";
import { Timer } from "../../src/base/timer-wheel.js";
import { Http1ClientConnection } from "../../src/node/http1/client-connection.js";
import { duplexPair } from "../../src/node/http1/duplex-pair.js";
import { DEFAULT_HTTP1_LIMITS, http1ClientLimits } from "../../src/node/http1/limits.js";
import { Http1Sockets } from "../../src/node/http1/server-connection.js";

const PEER = { address: "memory", encrypted: false };

/** Beyond the time-outs that tests look at. */
const LIMITS = http1ClientLimits({ writeStallTimeoutMs: 60_000 });

/** node:http at both ends, and a pair of streams for the socket between them. */
export function overHttp1({ runtime: virtual, clientEvents, acceptor, serverEvents }: CarrierEnds): CarriedConnection {
  // the classes are not told outside: they come from the sources, whose private names the compiler takes for others
  const runtime = virtual as unknown as Runtime;
  const [one, other] = duplexPair();
  const [near, far] = [asSocket(one, runtime), asSocket(other, runtime)];
  const server = new Http1Sockets(acceptor, DEFAULT_HTTP1_LIMITS, runtime).accept(far, PEER, undefined, serverEvents);
  const destroy = server.destroy.bind(server);
  // what node:http has been given leaves with the ticks of the turn, which the world's turns do not have
  server.destroy = (message) => process.nextTick(destroy, message);
  const opening = { socket: near, peer: PEER, peerNow: () => PEER, readyEvent: "connect" as const, serverName: undefined };
  const client = new Http1ClientConnection(() => opening, 20_000, LIMITS, runtime, clientEvents);
  runtime.soon(() => near.emit("connect"));
  return {
    client,
    server,
    cut(message) {
      far.destroy(new Error(message));
      near.destroy(new Error(message));
    },
  };
}

/** The stream's time-outs are of the world's time, and count from when they are asked for. */
function asSocket(stream: Duplex, runtime: Runtime): Socket {
  const timer = new Timer({ onTimer: () => stream.emit("timeout") });
  stream.on("close", () => runtime.timers.stop(timer));
  const setTimeout = (ms: number): Duplex => {
    runtime.timers.stop(timer);
    if (ms > 0) runtime.timers.start(timer, runtime.now() + ms);
    return stream;
  };
  return Object.assign(stream, { setTimeout }) as unknown as Socket;
}
