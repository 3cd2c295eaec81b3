import { CodeNumber } from "../../rpc/code.js";
import { codeOfHttp } from "../foreign-answer.js";

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

/** How codes are said where errors are HTTP's: a status, and a body in JSON. */
export interface CodeSpelling {
  /** The name of a code in the JSON of an error. */
  nameOf(code: number): string;
  /** The code that the JSON of an error says; undefined when it says none. */
  codeIn(json: Readonly<Record<string, unknown>>): number | undefined;
  /** The HTTP status of a unary call that ends with this code. */
  httpStatusOf(code: number): string;
  /** The code of an answer with this HTTP status that says none. */
  codeOfHttp(httpStatus: string): number;
}

/** Connect's. A code without a name cannot be said: it is `unknown`. */
export const CONNECT_CODES: CodeSpelling = {
  nameOf: (code) => BY_CODE.get(code)?.[0] ?? "unknown",
  codeIn: ({ code }) => codeOfName(code),
  httpStatusOf: (code) => BY_CODE.get(code)?.[1] ?? "500",
  codeOfHttp,
};

/** The code of one of Connect's names; undefined for what is none. */
export function codeOfName(name: unknown): number | undefined {
  return BY_NAME.get(name);
}
