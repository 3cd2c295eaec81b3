import type { Runtime } from "../base/runtime.js";
import type { CallLimits } from "../call/limits.js";
import type { ClientProtocol, Target } from "../exchange/client-protocol.js";
import type { Log } from "../observe/log.js";
import type { Codec } from "../rpc/codec.js";
import type { Compression } from "../rpc/compression.js";
import type { Method } from "../rpc/method.js";
import type { ClientInterceptor } from "./interceptor.js";

/** What calls to one server are made with. */
export interface CallParts {
  readonly runtime: Runtime;
  readonly target: Target;
  /** What is spoken for calls of a method. */
  readonly protocol: (method: Method) => ClientProtocol;
  readonly codec: Codec;
  /** What responses may be compressed with, best first. */
  readonly compressions: readonly Compression[];
  /** What requests are compressed with; none by default. */
  readonly compression: Compression | undefined;
  readonly limits: CallLimits;
  readonly timeoutMs: number;
  readonly interceptors: readonly ClientInterceptor[];
  readonly log: Log | undefined;
}
