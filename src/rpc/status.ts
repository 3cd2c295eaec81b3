import { type Fields, NO_FIELDS } from "../base/field.js";
import { CodeNumber } from "./code.js";

/** One machine-readable detail of an error: a protobuf message by the name of its type. */
export interface ErrorDetail {
  /** The full name of the message type: `google.rpc.RetryInfo`. */
  readonly type: string;
  /** The message, in binary form. */
  readonly value: Uint8Array;
}

/** How a call ended, as a protocol says it on the wire. */
export interface Status {
  /** The number of the code, see `codeFromNumber`. */
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  /** The trailing metadata, without the fields that are the protocol's own. */
  readonly trailers: Fields;
}

export const NO_DETAILS: readonly ErrorDetail[] = Object.freeze([]);

export const STATUS_OK: Status = { code: CodeNumber.ok, message: "", details: NO_DETAILS, trailers: NO_FIELDS };

/** A status without details or trailers. */
export function statusOf(code: number, message: string, trailers: Fields = NO_FIELDS): Status {
  return { code, message, details: NO_DETAILS, trailers };
}
