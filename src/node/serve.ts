import { badOption } from "../base/usage-error.js";
import type { ServerConnection } from "../exchange/connection.js";
import type { Http2LimitOptions } from "../http2/index.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import type { ServerStatistics } from "../observe/statistics.js";
import type { Server } from "../server/server.js";
import { ServerHandle } from "../server/server-handle.js";
import { acceptConnection } from "../transport/http2/server-connection.js";
import type { SocketAddress } from "./address.js";
import { Fallback } from "./fallback.js";
import { type Http1Limits, http1Limits } from "./http1/limits.js";
import { Http1Sockets } from "./http1/server-connection.js";
import { type Accepted, type Listener, type ListenOptions, listen } from "./listen.js";
import type { NodeRequestHandler } from "./node-request.js";
import { processTransport } from "./process-transport.js";
import { nodeRuntime } from "./runtime.js";
import { makeNodeServer, type ServerOptions } from "./server-options.js";
import type { ServerTlsOptions } from "./tls-options.js";

/** Options of {@link serve}. Times are in ms. */
export interface ServeOptions extends ServerOptions {
  /**
   * Answers requests that are no calls, of HTTP/1.1 and HTTP/2: of another content-type, or for a path of no method. An Express application is one,
   * so is any `(request, response) => …` of node:http. Default: they are refused.
   */
  readonly fallback?: NodeRequestHandler;
  /** The TCP port; 0, the default: any that is free. */
  readonly port?: number;
  /** The address to listen on. Default `"127.0.0.1"`: this machine only; `"0.0.0.0"` or `"::"` for all. */
  readonly host?: string;
  /** The path of a Unix socket, instead of port and host. */
  readonly path?: string;
  /** TLS, with ALPN `h2`. Default: cleartext. */
  readonly tls?: ServerTlsOptions;
  /** The limits of the HTTP/2 engine. */
  readonly limits?: Http2LimitOptions;
  /** Whether HTTP/1.1 is answered too, on the same port. Default true. */
  readonly http1?: boolean;
  /** The limits of HTTP/1.1 connections. */
  readonly http1Limits?: Partial<Http1Limits>;
  /** Connections open at once; one more is closed as it arrives. Default 100,000. */
  readonly maxConnections?: number;
  /** Connections at once that have not got beyond their first byte, or their TLS handshake; one more closes the oldest of them. Default 1,000. */
  readonly maxHandshakes?: number;
  /** How long a TLS handshake may take. Default 10,000. */
  readonly handshakeTimeoutMs?: number;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** The TCP port it listens on; 0 for a Unix socket. */
  readonly port: number;
  /** What `connect()` is given to reach it from this machine. */
  readonly url: string;
  statistics(): ServerStatistics;
  /** The open calls at this moment, the oldest first: what each has sent and received, and what it waits for. */
  calls(): CallSnapshot[];
  /**
   * Ends the server in bounded time: accepts no more, tells clients (GOAWAY) and handlers (`ctx.draining`), lets calls finish for
   * `graceMs` (default 10,000), ends the rest with `unavailable`, closes everything. Resolves with what was cut off. A second call with
   * a shorter time hastens the first.
   */
  close(options?: { readonly graceMs?: number }): Promise<ShutdownReport>;
}

/**
 * Starts a server. Resolves when it listens; rejects with an error whose message says why it cannot (`UsageError` for a bad option).
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { fallback } = options;
  if (fallback !== undefined && typeof fallback !== "function") badOption("fallback", fallback, "a function of a request and a response");
  const server = makeNodeServer(options, fallback === undefined ? undefined : new Fallback(fallback));
  const transport = processTransport("server", options.limits);
  const accept = (accepted: Accepted): void => {
    const connection: ServerConnection = acceptConnection(accepted, transport, server, {
      onClosed: () => server.removeConnection(connection),
    });
    server.addConnection(connection);
  };
  const http1 = options.http1 === false ? {} : { acceptHttp1: http1Acceptor(server, http1Limits(options.http1Limits)) };
  return new SocketServer(server, await listen({ ...listenOptions(options), ...http1 }, accept));
}

/** What serves HTTP/1.1; node:http is loaded with the first connection that speaks it. */
function http1Acceptor(server: Server, limits: Http1Limits): NonNullable<ListenOptions["acceptHttp1"]> {
  let sockets: Http1Sockets | undefined;
  return (socket, peer, firstBytes) => {
    sockets ??= new Http1Sockets(server, limits, nodeRuntime);
    const connection: ServerConnection = sockets.accept(socket, peer, firstBytes, {
      onClosed: () => server.removeConnection(connection),
    });
    server.addConnection(connection);
  };
}

function listenOptions(options: ServeOptions): ListenOptions {
  const { path, port = 0, host = "127.0.0.1", tls, maxConnections, maxHandshakes, handshakeTimeoutMs } = options;
  const address: SocketAddress = path === undefined ? { host, port } : { path };
  return {
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxHandshakes === undefined ? {} : { maxHandshakes }),
    ...(handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs }),
  };
}

class SocketServer extends ServerHandle implements RunningServer {
  readonly port: number;
  readonly url: string;

  constructor(server: Server, listener: Listener) {
    super(server, nodeRuntime, () => listener.close());
    this.port = listener.port;
    this.url = listener.url;
  }
}
