import type { AbortSignalLike } from "../base/abort-signal.js";
import { NO_FIELDS } from "../base/field.js";
import { durationOption } from "../base/usage-error.js";
import type { ClientCallOptions } from "../call/attempted-call.js";
import type { CallLimitOptions } from "../call/limits.js";
import type { ContextValues } from "../rpc/context-values.js";
import { Metadata, type MetadataInit } from "../rpc/metadata.js";

/** Options of one call. */
export interface CallOptions extends CallLimitOptions {
  /** The request's metadata. */
  readonly headers?: MetadataInit | undefined;
  /** Aborting cancels the call, with the signal's reason as its cause. After the response of a unary call it does nothing. */
  readonly signal?: AbortSignalLike | undefined;
  /** The whole time for the call, connecting included, in ms; the server is told. Infinity: no limit. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Called once with the response headers, before the first message. */
  readonly onHeaders?: ((headers: Metadata) => void) | undefined;
  /** Called once with the trailers, when the server has ended the call. */
  readonly onTrailers?: ((trailers: Metadata) => void) | undefined;
  /** Wait for a connection, as long as the call may take, rather than fail when the server cannot be reached. Default false. */
  readonly waitForReady?: boolean | undefined;
  /** The name of the compression of the requests, `"identity"` for none. Default: the channel's. */
  readonly compression?: string | undefined;
  /** Values for interceptors. */
  readonly values?: ContextValues | undefined;
}

const PLAIN: ClientCallOptions = { metadata: NO_FIELDS, waitForReady: false, onHeaders: undefined, onTrailers: undefined };

/** The options as the kernel takes them. Throws `UsageError`. */
export function kernelOptions(options: CallOptions | undefined): ClientCallOptions {
  if (options === undefined) return PLAIN;
  const { headers, waitForReady, onHeaders, onTrailers } = options;
  if (headers === undefined && waitForReady === undefined && onHeaders === undefined && onTrailers === undefined) return PLAIN;
  return {
    metadata: headers === undefined ? NO_FIELDS : Metadata.from(headers).toFields(),
    waitForReady: waitForReady ?? false,
    onHeaders,
    onTrailers,
  };
}

/** The time for a call in ms. Throws `UsageError`. */
export function callTimeout(asked: number | undefined, byDefault: number): number {
  return asked === undefined ? byDefault : durationOption("timeoutMs", asked, 0);
}
