import { CODE_NAMES, type CodeName, CodeNumber } from "../../rpc/code.js";
import { codeOfHttp } from "../foreign-answer.js";

/** The one code that Connect spells in its own way. */
const CANCELED = "canceled";

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
  nameOf(code) {
    if (code === CodeNumber.cancelled) return CANCELED;
    return (code === CodeNumber.ok ? undefined : CODE_NAMES[code]) ?? "unknown";
  },
  codeIn: ({ code }) => codeOfName(code),
  httpStatusOf: (code) => HTTP_STATUSES[code] ?? "500",
  codeOfHttp,
};

/** The code of one of Connect's names; undefined for what is none. */
export function codeOfName(name: unknown): number | undefined {
  if (name === CANCELED) return CodeNumber.cancelled;
  const code = CODE_NAMES.indexOf(name as CodeName);
  // neither ok nor gRPC's spelling is one of Connect's names
  return code > CodeNumber.cancelled ? code : undefined;
}

/** By the numbers of the codes; where there is none: 500. */
const HTTP_STATUSES: readonly (string | undefined)[] = [
  undefined, // ok
  "499", // canceled
  "500", // unknown
  "400", // invalid_argument
  "504", // deadline_exceeded
  "404", // not_found
  "409", // already_exists
  "403", // permission_denied
  "429", // resource_exhausted
  "400", // failed_precondition
  "409", // aborted
  "400", // out_of_range
  "501", // unimplemented
  "500", // internal
  "503", // unavailable
  "500", // data_loss
  "401", // unauthenticated
];
