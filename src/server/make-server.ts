import type { Registry } from "@bufbuild/protobuf";
import type { Runtime } from "../base/runtime.js";
import { badOption } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { Log } from "../observe/log.js";
import type { Compression } from "../rpc/compression.js";
import { jsonCodecWith } from "../rpc/json-codec.js";
import { protoCodec } from "../rpc/proto-codec.js";
import type { CorsOptions } from "./cors.js";
import type { ServerInterceptor } from "./interceptor.js";
import { serverProtocols } from "./protocols.js";
import { Router } from "./router.js";
import { Server } from "./server.js";

/** Options of a server on every platform. */
export interface AnyServerOptions extends CallLimitOptions {
  /** Registers the services: `(r) => r.service(Chat, chat)`. */
  readonly routes: (router: Router) => unknown;
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

/** What a platform gives its servers. */
export interface ServerPlatform {
  readonly runtime: Runtime;
  /** Where events go without `onLog`. */
  readonly defaultLog: Log;
  readonly compressions: readonly Compression[];
  readonly responseCompressions: readonly Compression[];
  /** Answers what is no call. Without: 404. */
  readonly fallback?: ExchangeAcceptor | undefined;
}

/** A server without a listener. Throws `UsageError` for a bad option. */
export function makeServer(options: AnyServerOptions, platform: ServerPlatform): Server {
  const { routes, interceptors = [], registry, cors, onLog, logFailedCalls = false } = options;
  if (typeof routes !== "function") badOption("routes", routes, "a function that registers services");
  const router = new Router(resolveCallLimits(options));
  routes(router);
  const { defaultLog, ...parts } = platform;
  const codecs = [protoCodec, jsonCodecWith(registry)];
  return new Server({ ...parts, router, protocols: serverProtocols, codecs, interceptors, cors, log: onLog ?? defaultLog, logFailedCalls });
}
