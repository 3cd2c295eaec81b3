import { type Http2LimitOptions, OutputPool, resolveLimits, WindowBudget } from "../http2/index.js";
import type { Http2TransportOptions } from "../transport/http2/transport-options.js";
import { nodeRuntime } from "./runtime.js";

/** One pool of output buffers, and one budget for receive windows, for all connections of the process. */
const outputPool = new OutputPool();
const windowBudget = new WindowBudget();

/** What this process's HTTP/2 connections are made with. Throws `UsageError` for a limit out of range. */
export function processTransport(role: "client" | "server", limits: Http2LimitOptions | undefined): Http2TransportOptions {
  return { runtime: nodeRuntime, limits: resolveLimits(role, limits), outputPool, windowBudget };
}
