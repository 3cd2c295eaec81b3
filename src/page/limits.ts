import { durationOption } from "../base/usage-error.js";
import { type CallLimitOptions, type CallLimits, resolveCallLimits } from "../call/limits.js";

/** The bounds of one call. */
export interface PageLimits extends CallLimits {
  /** The whole time for the call. */
  readonly timeoutMs: number;
}

/** The limits with some of them set anew. Throws `UsageError` for a value out of range. */
export function resolveLimits(options: CallLimitOptions & { readonly timeoutMs?: number | undefined }, defaults?: PageLimits): PageLimits {
  const timeoutMs = durationOption("timeoutMs", options.timeoutMs ?? defaults?.timeoutMs ?? Number.POSITIVE_INFINITY, 0);
  return { ...resolveCallLimits(options, defaults), timeoutMs };
}
