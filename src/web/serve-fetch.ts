import type { Registry } from "@bufbuild/protobuf";
import { badOption, durationOption } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import { Shutdown } from "../call/shutdown.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import type { Log } from "../observe/log.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import type { ServerStatistics } from "../observe/statistics.js";
import { jsonCodecWith } from "../rpc/json-codec.js";
import { protoCodec } from "../rpc/proto-codec.js";
import type { CorsOptions } from "../server/cors.js";
import type { ServerInterceptor } from "../server/interceptor.js";
import { serverProtocols } from "../server/protocols.js";
import { Router } from "../server/router.js";
import { Server } from "../server/server.js";
import { FetchServerConnection } from "./fetch-server-connection.js";
import type { FetchRequest, FetchResponse } from "./platform.js";
import { webRuntime } from "./runtime.js";

/** Options of {@link serveFetch} and {@link toFetchHandler}. */
export interface ServeFetchOptions extends CallLimitOptions {
  /** Registers the services: `(r) => r.service(Chat, chat)`. */
  readonly routes: (router: Router) => unknown;
  /** What stands before the paths of methods: `"/api"`. Default `""`. */
  readonly prefix?: string;
  /** Run around every handler, the first outermost. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** The message types that a `google.protobuf.Any` may hold in JSON: `createRegistry(…)` of protobuf-es. Default: none. */
  readonly registry?: Registry;
  /** Which pages of other origins may call from a browser. Default: none. */
  readonly cors?: CorsOptions;
  /** Told of what no caller hears: handlers that threw, shutdowns. Default: errors go to the console. */
  readonly onLog?: Log;
  /** Tell `onLog` of every call that ends badly (`call-failed`, level info, with its timeline). Default false. */
  readonly logFailedCalls?: boolean;
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

const DEFAULT_GRACE_MS = 10_000;

/**
 * Serves Connect and gRPC-Web where the platform has a socket of its own and calls a function with a `Request`: Deno, Bun, Workers, the routes
 * of web frameworks. A call ends when its client goes: when `request.signal` aborts, or the response's body is cancelled. Responses follow the
 * end of the requests: bidi is half-duplex. gRPC needs trailers, which a `Response` cannot have: such requests are refused. Throws `UsageError`
 * for a bad option.
 */
export function serveFetch(options: ServeFetchOptions): FetchServer {
  return new HandlerServer(options);
}

/** The handler of {@link serveFetch} alone, for a server that is never closed. */
export function toFetchHandler(routes: ServeFetchOptions["routes"] | ServeFetchOptions): FetchHandler {
  return serveFetch(typeof routes === "function" ? { routes } : routes).handler;
}

class HandlerServer implements FetchServer {
  readonly handler: FetchHandler;
  readonly #server: Server;
  #shutdown: Shutdown | undefined = undefined;

  constructor(options: ServeFetchOptions) {
    const { routes, prefix = "" } = options;
    if (typeof routes !== "function") badOption("routes", routes, "a function that registers services");
    if (typeof prefix !== "string" || !/^(?:\/[^/?#]+)*$/.test(prefix))
      badOption("prefix", prefix, 'a path without a slash at its end: "/api"');
    const router = new Router(resolveCallLimits(options));
    routes(router);
    const server = new Server({
      runtime: webRuntime(),
      router,
      protocols: serverProtocols,
      codecs: [protoCodec, jsonCodecWith(options.registry)],
      compressions: [],
      responseCompressions: [],
      interceptors: options.interceptors ?? [],
      cors: options.cors,
      log: options.onLog ?? logToConsole,
      logFailedCalls: options.logFailedCalls ?? false,
    });
    const connection: FetchServerConnection = new FetchServerConnection(server, () => server.removeConnection(connection));
    server.addConnection(connection);
    this.#server = server;
    this.handler = (request) => connection.accept(request, prefix);
  }

  statistics(): ServerStatistics {
    return this.#server.statistics();
  }

  calls(): CallSnapshot[] {
    return this.#server.calls();
  }

  close(options: { readonly graceMs?: number } = {}): Promise<ShutdownReport> {
    const graceMs = durationOption("graceMs", options.graceMs ?? DEFAULT_GRACE_MS, 0);
    this.#shutdown ??= new Shutdown(this.#server, webRuntime(), () => Promise.resolve());
    this.#shutdown.within(graceMs);
    return this.#shutdown.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const logToConsole: Log = ({ level, message, method, timeline, error }) => {
  if (level === "info") return;
  const call = method === undefined ? "" : ` (${method}${timeline === undefined ? "" : `: ${timeline}`})`;
  console.error(`sluice: ${message}${call}`, error ?? "");
};
