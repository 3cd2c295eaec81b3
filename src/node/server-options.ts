import type { ExchangeAcceptor } from "../exchange/connection.js";
import { consoleLine, type Log } from "../observe/log.js";
import { type AnyServerOptions, makeServer } from "../server/make-server.js";
import type { Server } from "../server/server.js";
import { compressionNamed, nodeCompressions } from "./compression.js";
import { nodeRuntime } from "./runtime.js";

/** Options of a server, wherever its requests come from. */
export interface ServerOptions extends AnyServerOptions {
  /** The compression of responses, or several, best first, for clients that accept it. Default: none. */
  readonly compression?: string | readonly string[];
}

/** A server of this process, without a listener. `fallback` answers what is no call. Throws `UsageError` for a bad option. */
export function makeNodeServer(options: ServerOptions, fallback: ExchangeAcceptor | undefined): Server {
  const { compression = [] } = options;
  return makeServer(options, {
    runtime: nodeRuntime,
    defaultLog: logToConsole,
    compressions: nodeCompressions,
    responseCompressions: [compression].flat().flatMap((name) => compressionNamed(name) ?? []),
    fallback,
  });
}

const logToConsole: Log = (event) => {
  if (event.level !== "info") console.error(consoleLine(event), event.error ?? "");
};
