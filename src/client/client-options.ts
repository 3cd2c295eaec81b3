import type { CallLimitOptions } from "../call/limits.js";
import type { ServiceKeyOptions } from "../rpc/service-key.js";
import type { ClientInterceptor } from "./interceptor.js";

/** What the calls of one method have in common, unless a call says otherwise. */
export interface MethodDefaults extends CallLimitOptions {
  /** The whole time for a call in ms. Default: the client's. */
  readonly timeoutMs?: number | undefined;
}

/** What all calls of a client have in common, unless a call says otherwise. */
export interface ClientOptions extends CallLimitOptions, ServiceKeyOptions {
  /** The whole time for a call in ms. Default: the channel's, which is Infinity unless set. */
  readonly timeoutMs?: number;
  /** Defaults of single methods, by their names in lower camel case; they go before those of the client. */
  readonly methods?: Readonly<Record<string, MethodDefaults>>;
  /** Run inside the channel's interceptors, the first outermost. */
  readonly interceptors?: readonly ClientInterceptor[];
}
