import { badOption, durationOption } from "../base/usage-error.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import { consoleLine, type Log } from "../observe/log.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import type { ServerStatistics } from "../observe/statistics.js";
import { type AnyServerOptions, makeServer } from "../server/make-server.js";
import type { Server } from "../server/server.js";
import { ServerHandle } from "../server/server-handle.js";
import { FetchServerConnection } from "./fetch-server-connection.js";
import type { FetchRequest, FetchResponse } from "./platform.js";
import { webRuntime } from "./runtime.js";

/** Options of {@link serveFetch} and {@link toFetchHandler}. */
export interface ServeFetchOptions extends AnyServerOptions {
  /** What stands before the paths of methods: `"/api"`. Default `""`. */
  readonly prefix?: string;
  /** How long a client may read nothing while a response waits; then the response is broken off; in ms. Default 30,000. */
  readonly writeStallTimeoutMs?: number;
}

/** Answers a request. Resolves with the head of the response, whose body may go on; never rejects. */
export type FetchHandler = (request: FetchRequest) => Promise<FetchResponse>;

/** Services behind a fetch handler. */
export interface FetchServer extends AsyncDisposable {
  /** What the platform calls: `Deno.serve(server.handler)`, `Bun.serve({ fetch: server.handler })`, a route of a framework. */
  readonly handler: FetchHandler;
  /** All requests count as one connection, until `close()`. */
  statistics(): ServerStatistics;
  /** The open calls at this moment, the oldest first: what each has sent and received, and what it waits for. */
  calls(): CallSnapshot[];
  /**
   * Ends the server in bounded time: answers requests with 503, tells handlers (`ctx.draining`), lets calls finish for `graceMs` (default
   * 10,000), ends the rest with `unavailable`. Resolves with what was cut off. A second call with a shorter time hastens the first.
   */
  close(options?: { readonly graceMs?: number }): Promise<ShutdownReport>;
}

/**
 * Serves Connect and gRPC-Web where the platform has a socket of its own and calls a function with a `Request`: Deno, Bun, Workers, the routes
 * of web frameworks. A call ends when its client goes: when `request.signal` aborts, or the response's body is cancelled. Responses follow the
 * end of the requests: bidi is half-duplex. gRPC needs trailers, which a `Response` cannot have: such requests are refused. Throws `UsageError`
 * for a bad option.
 */
export function serveFetch(options: ServeFetchOptions): FetchServer {
  const { prefix = "", writeStallTimeoutMs = 30_000 } = options;
  if (typeof prefix !== "string" || !/^(?:\/[^/?#]+)*$/.test(prefix))
    badOption("prefix", prefix, 'a path without a slash at its end: "/api"');
  const runtime = webRuntime();
  const server = makeServer(options, { runtime, defaultLog: logToConsole, compressions: [], responseCompressions: [] });
  return new HandlerServer(server, prefix, durationOption("writeStallTimeoutMs", writeStallTimeoutMs, 1));
}

/** The handler of {@link serveFetch} alone, for a server that is never closed. */
export function toFetchHandler(routes: ServeFetchOptions["routes"] | ServeFetchOptions): FetchHandler {
  return serveFetch(typeof routes === "function" ? { routes } : routes).handler;
}

class HandlerServer extends ServerHandle implements FetchServer {
  readonly handler: FetchHandler;

  constructor(server: Server, prefix: string, writeStallTimeoutMs: number) {
    const runtime = webRuntime();
    super(server, runtime, () => Promise.resolve());
    const onClosed = (): void => server.removeConnection(connection);
    const connection: FetchServerConnection = new FetchServerConnection({ acceptor: server, runtime, writeStallTimeoutMs, onClosed });
    server.addConnection(connection);
    this.handler = (request) => connection.accept(request, prefix);
  }
}

const logToConsole: Log = (event) => {
  if (event.level !== "info") console.error(consoleLine(event), event.error ?? "");
};
