import { Field, FieldKind, type Fields } from "../../base/field.js";

/** What a malformed `connect-timeout-ms` parses to. */
export const MALFORMED_TIMEOUT = -1;

/** Ten digits are the most that a peer has to read. */
const MAX_TIMEOUT_MS = 9_999_999_999;

/** `connect-timeout-ms`. */
export function connectTimeoutFields(timeoutMs: number): Fields {
  return [new Field("connect-timeout-ms", formatTimeout(timeoutMs), false, FieldKind.connectTimeout)];
}

/** Whole milliseconds, rounded up, ten digits at the most. */
export function formatTimeout(timeoutMs: number): string {
  return String(Math.min(MAX_TIMEOUT_MS, Math.max(0, Math.ceil(timeoutMs))));
}

/** The milliseconds of a `connect-timeout-ms`: 1 to 10 digits. {@link MALFORMED_TIMEOUT} for anything else. */
export function parseTimeout(value: string): number {
  return /^[0-9]{1,10}$/.test(value) ? Number(value) : MALFORMED_TIMEOUT;
}
