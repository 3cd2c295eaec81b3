import type { Runtime } from "../../base/runtime.js";
import type { Http2Limits, OutputPool, WindowBudget } from "../../http2/index.js";

/** What every HTTP/2 connection of a process shares. */
export interface Http2TransportOptions {
  readonly runtime: Runtime;
  readonly limits: Http2Limits;
  readonly outputPool: OutputPool;
  readonly windowBudget: WindowBudget;
}
