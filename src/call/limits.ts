import { durationOption, integerOption } from "../base/usage-error.js";

/** The bounds of one call. Each can be set for a client, a server, and a single call. */
export interface CallLimits {
  /** The largest message that is accepted, in bytes, before and after decompression. Default 4 MiB. */
  readonly maxReceiveBytes: number;
  /** `close()` discards at most this many bytes before it cancels. Default 1 MiB; 0 cancels at once. */
  readonly closeMaxBytes: number;
  /** `close()` waits at most this long for the peer's end before it cancels. Default 30,000 ms; 0 cancels at once. */
  readonly closeTimeoutMs: number;
  /**
   * A call on which no message moves for so long, either way, ends with `deadline_exceeded`; in ms, up to a quarter more. A message moves
   * when `send` accepts it, when it has arrived, and when it is taken. Counts from the call's beginning, connecting included; not while
   * `close()` waits. Default Infinity: none.
   */
  readonly idleTimeoutMs: number;
  /** Messages already accepted are kept up to this many bytes, to be sent again when an attempt never reached a handler. Default 256 KiB. */
  readonly maxReplayBytes: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  maxReceiveBytes: 4 * 1024 * 1024,
  closeMaxBytes: 1024 * 1024,
  closeTimeoutMs: 30_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  maxReplayBytes: 256 * 1024,
};

/** Sends that wait for room and that nobody awaits: one more is a {@link UsageError}. */
export const MAX_WAITING_SENDS: number = 128;

/** The outbox of a call that has no connection yet: above this many bytes `send()` waits. */
export const OUTBOX_BYTES: number = 64 * 1024;

/**
 * The deadline of both ends passes at the same time, give or take the rounding of the time-out: a reset of the other end that comes so shortly before
 * this end's deadline is the deadline.
 */
export const DEADLINE_SLACK_MS = 5;

/** What may be asked of {@link resolveCallLimits}: any of the limits, the others as they are. */
export interface CallLimitOptions {
  readonly maxReceiveBytes?: number | undefined;
  readonly closeMaxBytes?: number | undefined;
  readonly closeTimeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly maxReplayBytes?: number | undefined;
}

/** What each limit may be. */
const RANGES: readonly (readonly [
  keyof CallLimits,
  (name: string, value: number, min: number, max: number) => number,
  min: number,
  max: number,
])[] = [
  ["maxReceiveBytes", integerOption, 0, 2 ** 31 - 1],
  ["closeMaxBytes", integerOption, 0, Number.MAX_SAFE_INTEGER],
  ["closeTimeoutMs", durationOption, 0, Number.POSITIVE_INFINITY],
  ["idleTimeoutMs", durationOption, 1, Number.POSITIVE_INFINITY],
  ["maxReplayBytes", integerOption, 0, Number.MAX_SAFE_INTEGER],
];

/** The limits with some of them set anew. Throws `UsageError` for a value out of range. */
export function resolveCallLimits(options: CallLimitOptions, defaults: CallLimits = DEFAULT_CALL_LIMITS): CallLimits {
  let limits = defaults;
  for (const [name, check, min, max] of RANGES) {
    const value = options[name];
    if (value !== undefined) limits = { ...limits, [name]: check(name, value, min, max) };
  }
  return limits;
}
