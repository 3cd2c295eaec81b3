/** What a malformed `grpc-timeout` parses to. */
export const MALFORMED_TIMEOUT = -1;

const MAX_VALUE = 99_999_999;
const MAX_DIGITS = 8;

/**
 * The milliseconds of a `grpc-timeout`: 1 to 8 digits and a unit, one of H M S m u n. Below 1 ms it is a fraction; 0 is a time-out
 * that has passed. {@link MALFORMED_TIMEOUT} for anything else.
 */
export function parseTimeout(value: string): number {
  const digits = value.length - 1;
  if (digits < 1 || digits > MAX_DIGITS) return MALFORMED_TIMEOUT;
  let number = 0;
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return MALFORMED_TIMEOUT;
    number = number * 10 + digit;
  }
  switch (value.charCodeAt(digits)) {
    case 0x48: // H
      return number * 3_600_000;
    case 0x4d: // M
      return number * 60_000;
    case 0x53: // S
      return number * 1_000;
    case 0x6d: // m
      return number;
    case 0x75: // u
      return number / 1_000;
    case 0x6e: // n
      return number / 1_000_000;
    default:
      return MALFORMED_TIMEOUT;
  }
}

/**
 * A `grpc-timeout` that says these milliseconds, in the finest unit of a millisecond or more that has room for them. What is lost is
 * rounded up, so that a time-out above 0 never becomes 0. 99,999,999 hours and more are said as that many.
 */
export function formatTimeout(timeoutMs: number): string {
  const ms = Math.max(0, Math.ceil(timeoutMs));
  if (ms <= MAX_VALUE) return `${ms}m`;
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= MAX_VALUE) return `${seconds}S`;
  const minutes = Math.ceil(ms / 60_000);
  if (minutes <= MAX_VALUE) return `${minutes}M`;
  return `${Math.min(MAX_VALUE, Math.ceil(ms / 3_600_000))}H`;
}
