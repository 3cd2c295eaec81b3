import { CodeNumber } from "../../rpc/code.js";

/** The codes as Connect spells them, and the HTTP status of a unary call that ends with each. */
const CODES: readonly (readonly [code: number, name: string, httpStatus: string])[] = [
  [CodeNumber.cancelled, "canceled", "499"],
  [CodeNumber.unknown, "unknown", "500"],
  [CodeNumber.invalid_argument, "invalid_argument", "400"],
  [CodeNumber.deadline_exceeded, "deadline_exceeded", "504"],
  [CodeNumber.not_found, "not_found", "404"],
  [CodeNumber.already_exists, "already_exists", "409"],
  [CodeNumber.permission_denied, "permission_denied", "403"],
  [CodeNumber.resource_exhausted, "resource_exhausted", "429"],
  [CodeNumber.failed_precondition, "failed_precondition", "400"],
  [CodeNumber.aborted, "aborted", "409"],
  [CodeNumber.out_of_range, "out_of_range", "400"],
  [CodeNumber.unimplemented, "unimplemented", "501"],
  [CodeNumber.internal, "internal", "500"],
  [CodeNumber.unavailable, "unavailable", "503"],
  [CodeNumber.data_loss, "data_loss", "500"],
  [CodeNumber.unauthenticated, "unauthenticated", "401"],
];

const BY_NAME: ReadonlyMap<unknown, number> = new Map(CODES.map(([code, name]) => [name, code]));
const BY_CODE: ReadonlyMap<number, readonly [name: string, httpStatus: string]> = new Map(
  CODES.map(([code, name, httpStatus]) => [code, [name, httpStatus]]),
);

/** Connect's name of a code. A code without a name cannot be said: `unknown`. */
export function connectName(code: number): string {
  return BY_CODE.get(code)?.[0] ?? "unknown";
}

/** The code of a name; undefined for what is none. */
export function codeOfName(name: unknown): number | undefined {
  return BY_NAME.get(name);
}

/** The HTTP status of a unary call that ends with this code. */
export function httpStatusOf(code: number): string {
  return BY_CODE.get(code)?.[1] ?? "500";
}
