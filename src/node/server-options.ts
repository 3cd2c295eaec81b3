import type { Registry } from "@bufbuild/protobuf";
import { badOption } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { Log } from "../observe/log.js";
import { jsonCodecWith } from "../rpc/json-codec.js";
import { protoCodec } from "../rpc/proto-codec.js";
import type { CorsOptions } from "../server/cors.js";
import type { ServerInterceptor } from "../server/interceptor.js";
import { serverProtocols } from "../server/protocols.js";
import { Router } from "../server/router.js";
import { Server } from "../server/server.js";
import { compressionNamed, nodeCompressions } from "./compression.js";
import { nodeRuntime } from "./runtime.js";

/** Options of a server, wherever its requests come from. */
export interface ServerOptions extends CallLimitOptions {
  /** Registers the services: `(r) => r.service(Chat, chat)`. */
  readonly routes: (router: Router) => unknown;
  /** Run around every handler, the first outermost. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** The message types that a `google.protobuf.Any` may hold in JSON: `createRegistry(…)` of protobuf-es. Default: none. */
  readonly registry?: Registry;
  /** Which pages of other origins may call from a browser. Default: none. */
  readonly cors?: CorsOptions;
  /** The compression of responses, or several, best first, for clients that accept it. Default: none. */
  readonly compression?: string | readonly string[];
  /** Told of what no caller hears: handlers that threw, shutdowns. Default: errors go to the console. */
  readonly onLog?: Log;
  /** Tell `onLog` of every call that ends badly (`call-failed`, level info, with its timeline). Default false. */
  readonly logFailedCalls?: boolean;
}

/** A server of this process, without a listener. `fallback` answers what is no call. Throws `UsageError` for a bad option. */
export function makeServer(options: ServerOptions, fallback: ExchangeAcceptor | undefined): Server {
  if (typeof options.routes !== "function") badOption("routes", options.routes, "a function that registers services");
  const router = new Router(resolveCallLimits(options));
  options.routes(router);
  const { compression = [], onLog = logToConsole } = options;
  return new Server({
    runtime: nodeRuntime,
    router,
    protocols: serverProtocols,
    codecs: [protoCodec, jsonCodecWith(options.registry)],
    compressions: nodeCompressions,
    responseCompressions: [compression].flat().flatMap((name) => compressionNamed(name) ?? []),
    interceptors: options.interceptors ?? [],
    cors: options.cors,
    fallback,
    log: onLog,
    logFailedCalls: options.logFailedCalls ?? false,
  });
}

const logToConsole: Log = ({ level, message, method, timeline, error }) => {
  if (level === "info") return;
  const call = method === undefined ? "" : ` (${method}${timeline === undefined ? "" : `: ${timeline}`})`;
  console.error(`sluice: ${message}${call}`, error ?? "");
};
