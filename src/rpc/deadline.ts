/**
 * The instant by which a call must have ended: milliseconds on the runtime's monotonic clock, `Infinity` for none. A plain number,
 * so that a call holds no object for it and the earlier of two is `Math.min`.
 */
export type Deadline = number;

export const NO_DEADLINE: Deadline = Number.POSITIVE_INFINITY;

/** The deadline that many milliseconds from now; `Infinity` gives {@link NO_DEADLINE}. */
export function deadlineAfter(timeoutMs: number, now: number): Deadline {
  return now + timeoutMs;
}

/** The earlier of two deadlines. */
export function earlierDeadline(one: Deadline, other: Deadline): Deadline {
  return Math.min(one, other);
}

/** The milliseconds left, never below 0; `Infinity` without a deadline. */
export function remainingMs(deadline: Deadline, now: number): number {
  return Math.max(0, deadline - now);
}
