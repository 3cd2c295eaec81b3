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
  if (!Number.isInteger(value) || value < min || value > max) badOption(option, value, `an integer from ${min} to ${max}`);
  return value;
}

/** Checks that a duration in milliseconds is a number in [min, max] (`Infinity` where max allows it) and returns it. */
export function durationOption(option: string, value: number, min: number, max: number = Number.POSITIVE_INFINITY): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    badOption(option, value, `a number of milliseconds from ${min} to ${max}`);
  }
  return value;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}
