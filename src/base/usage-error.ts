/**
 * A mistake in how Sluice is called: a bad option, a call in the wrong order.
 * Thrown at the call, never sent to a peer, never the outcome of a stream.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Throws the {@link UsageError} for an option outside its range, naming the option, the value and the range. */
export function badOption(option: string, value: unknown, range: string): never {
  throw new UsageError(`option "${option}" is ${describe(value)}; it must be ${range}`);
}

/** Checks that a numeric option is an integer in [min, max] and returns it. */
export function integerOption(option: string, value: number, min: number, max: number): number {
  return Number.isInteger(value) && value >= min && value <= max ? value : badOption(option, value, `an integer from ${min} to ${max}`);
}

/** Checks that a duration in milliseconds is a number in [min, max] (`Infinity` where max allows it) and returns it. */
export function durationOption(option: string, value: number, min: number, max: number = Number.POSITIVE_INFINITY): number {
  const valid = typeof value === "number" && value >= min && value <= max;
  return valid ? value : badOption(option, value, `a number of milliseconds from ${min} to ${max}`);
}

/** A value in a message: text in quotes. */
export function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : shown(value);
}

/** A text for any value, also for what has none. */
export function shown(value: unknown): string {
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
}
