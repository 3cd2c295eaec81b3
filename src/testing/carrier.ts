import type { ClientConnection, ClientConnectionEvents, ExchangeAcceptor, ServerConnection } from "../exchange/connection.js";
import { type Http2LimitOptions, OutputPool, resolveLimits, WindowBudget } from "../http2/index.js";
import { makeClientConnection } from "../transport/http2/client-connection.js";
import { acceptConnection } from "../transport/http2/server-connection.js";
import { connectInMemory } from "../transport/memory/memory-connection.js";
import type { MemoryConnectionOptions } from "../transport/memory/memory-end.js";
import type { ServerConnectionEvents } from "../transport/server-connection-events.js";
import type { VirtualRuntime } from "./virtual-runtime.js";
import type { WorldNetwork } from "./world-network.js";

/** What a {@link Carrier} joins. */
export interface CarrierEnds {
  readonly runtime: VirtualRuntime;
  readonly clientEvents: ClientConnectionEvents;
  /** Who serves the exchanges. */
  readonly acceptor: ExchangeAcceptor;
  /** Never told of the connection's end before the carrier has returned. */
  readonly serverEvents: ServerConnectionEvents;
}

/** A connection: both ends of it. */
export interface CarriedConnection {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
  /** Breaks it, as a network does. `message`: one sentence on why. */
  cut(message: string): void;
}

/** Makes one connection between a client and the server of a world: what their exchanges pass over. Must not throw. */
export type Carrier = (ends: CarrierEnds) => CarriedConnection;

/** Exchanges are handed over, without HTTP. */
export function handedOver(options: Omit<MemoryConnectionOptions, "runtime"> | undefined): Carrier {
  return ({ runtime, clientEvents, acceptor, serverEvents }) => {
    const { client, server } = connectInMemory({ ...options, runtime }, clientEvents, acceptor, serverEvents);
    return { client, server, cut: (message) => server.destroy(message) };
  };
}

/** The real engine, over pipes of the network. */
export function overHttp2(
  network: WorldNetwork,
  serverLimits: Http2LimitOptions | undefined,
  clientLimits: Http2LimitOptions | undefined,
): Carrier {
  return ({ runtime, clientEvents, acceptor, serverEvents }) => {
    const pipe = network.pipe();
    const shared = { runtime, outputPool: new OutputPool(), windowBudget: new WindowBudget() };
    const server = acceptConnection(pipe.server, { ...shared, limits: resolveLimits("server", serverLimits) }, acceptor, serverEvents);
    const client = makeClientConnection(pipe.client, { ...shared, limits: resolveLimits("client", clientLimits) }, clientEvents);
    return { client, server, cut: (message) => pipe.cut(message) };
  };
}
