import type { ClientConnection, ClientConnectionEvents, ExchangeAcceptor, ServerConnection } from "../../exchange/connection.js";
import type { ServerConnectionEvents } from "../server-connection-events.js";
import { MemoryClientConnection } from "./memory-client-connection.js";
import type { MemoryConnectionOptions } from "./memory-end.js";
import { MemoryServerConnection } from "./memory-server-connection.js";

/** The two ends of a connection in memory. */
export interface MemoryConnection {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
}

/**
 * Connects a client and a server of this process without HTTP/2 between them. Messages pass in order, in later ticks of the
 * runtime, never inside the call that sends them. Throws `UsageError` for a bad option.
 */
export function connectInMemory(
  options: MemoryConnectionOptions,
  clientEvents: ClientConnectionEvents,
  acceptor: ExchangeAcceptor,
  serverEvents: ServerConnectionEvents,
): MemoryConnection {
  const client = new MemoryClientConnection(options, clientEvents);
  const server = new MemoryServerConnection(options, acceptor, serverEvents);
  client.other = server;
  server.other = client;
  client.begin();
  return { client, server };
}
