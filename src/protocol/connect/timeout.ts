import { Field, FieldKind } from "../../base/field.js";

/** What a malformed `connect-timeout-ms` parses to. */
export const MALFORMED_TIMEOUT = -1;

/** Ten digits are the most that a peer has to read. */
const MAX_TIMEOUT_MS = 9_999_999_999;

/** `connect-timeout-ms`. */
export function timeoutField(timeoutMs: number): Field {
  const ms = Math.min(MAX_TIMEOUT_MS, Math.max(0, Math.ceil(timeoutMs)));
  return new Field("connect-timeout-ms", String(ms), false, FieldKind.connectTimeout);
}

/** The milliseconds of a `connect-timeout-ms`: 1 to 10 digits. {@link MALFORMED_TIMEOUT} for anything else. */
export function parseTimeout(value: string): number {
  return /^[0-9]{1,10}$/.test(value) ? Number(value) : MALFORMED_TIMEOUT;
}
