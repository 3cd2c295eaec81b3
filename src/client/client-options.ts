import type { CallLimitOptions } from "../call/limits.js";
import type { ClientInterceptor } from "./interceptor.js";

/** What all calls of a client have in common, unless a call says otherwise. */
export interface ClientOptions extends CallLimitOptions {
  /** The whole time for a call in ms. Default: the channel's, which is Infinity unless set. */
  readonly timeoutMs?: number;
  /** Run inside the channel's interceptors, the first outermost. */
  readonly interceptors?: readonly ClientInterceptor[];
}
