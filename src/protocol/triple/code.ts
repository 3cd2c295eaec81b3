import { CodeNumber } from "../../rpc/code.js";
import { CONNECT_CODES, type CodeSpelling, codeOfName } from "../connect/code.js";

/*
 * How Triple says codes. The names are Connect's, the HTTP statuses are not: dubbo-go has those of an early Connect
 * (`tripleCodeToHTTP` and `tripleHTTPToCode` of its triple_protocol). Whoever writes an error has another shape for it: dubbo-go `"code":
 * "not_found"`, and `"code_17"` for a code without a name; Dubbo Java `"status": "404"`, the HTTP status as text; dubbo-js `"status": 5`, the
 * number of gRPC's code; the written specification `"status": 60`, the number of a status of Dubbo.
 */

const HTTP_STATUS: ReadonlyMap<number, string> = new Map([
  [CodeNumber.cancelled, "408"],
  [CodeNumber.invalid_argument, "400"],
  [CodeNumber.deadline_exceeded, "408"],
  [CodeNumber.not_found, "404"],
  [CodeNumber.already_exists, "409"],
  [CodeNumber.permission_denied, "403"],
  [CodeNumber.resource_exhausted, "429"],
  [CodeNumber.failed_precondition, "412"],
  [CodeNumber.aborted, "409"],
  [CodeNumber.out_of_range, "400"],
  [CodeNumber.unimplemented, "404"],
  [CodeNumber.unavailable, "503"],
  [CodeNumber.unauthenticated, "401"],
]);

const CODE_OF_HTTP: ReadonlyMap<string, number> = new Map([
  ["400", CodeNumber.invalid_argument],
  ["401", CodeNumber.unauthenticated],
  ["403", CodeNumber.permission_denied],
  ["404", CodeNumber.unimplemented],
  ["408", CodeNumber.deadline_exceeded],
  ["412", CodeNumber.failed_precondition],
  ["413", CodeNumber.resource_exhausted],
  ["429", CodeNumber.unavailable],
  ["431", CodeNumber.resource_exhausted],
  ["502", CodeNumber.unavailable],
  ["503", CodeNumber.unavailable],
  ["504", CodeNumber.unavailable],
]);

/** The statuses of Dubbo that the written specification puts into errors ("Triple Protocol Specification", error handling). */
const CODE_OF_DUBBO: ReadonlyMap<number, number> = new Map([
  [25, CodeNumber.invalid_argument],
  [30, CodeNumber.deadline_exceeded],
  [31, CodeNumber.deadline_exceeded],
  [35, CodeNumber.unavailable],
  [40, CodeNumber.invalid_argument],
  [50, CodeNumber.internal],
  [60, CodeNumber.unimplemented],
  [70, CodeNumber.unknown],
  [80, CodeNumber.internal],
  [90, CodeNumber.internal],
  [100, CodeNumber.resource_exhausted],
]);

/** A code without a name, as dubbo-go spells it. */
const NUMBERED = /^code_([0-9]{1,9})$/;

/** Triple's. A code without a name goes by its number: 17, Dubbo's business error, is `code_17`. */
export const TRIPLE_CODES: CodeSpelling = {
  nameOf: (code) => (isNamed(code) ? CONNECT_CODES.nameOf(code) : `code_${code}`),
  codeIn({ code, status }) {
    if (typeof code === "string") return codeOfName(code) ?? positive(NUMBERED.exec(code)?.[1]);
    if (typeof status === "number") return codeOfStatus(status);
    return typeof status === "string" && /^[0-9]{1,3}$/.test(status) ? codeOfStatus(Number(status)) : undefined;
  },
  httpStatusOf: (code) => HTTP_STATUS.get(code) ?? "500",
  codeOfHttp: (httpStatus) => CODE_OF_HTTP.get(httpStatus) ?? CodeNumber.unknown,
};

function isNamed(code: number): boolean {
  return code >= CodeNumber.cancelled && code <= CodeNumber.unauthenticated;
}

/** Small numbers are gRPC's, the next Dubbo's, the largest those of HTTP. */
function codeOfStatus(status: number): number | undefined {
  if (!Number.isInteger(status) || status < 1) return undefined;
  if (status < FIRST_OF_DUBBO) return status;
  return status > LAST_OF_DUBBO ? CODE_OF_HTTP.get(String(status)) : CODE_OF_DUBBO.get(status);
}

const FIRST_OF_DUBBO = 20;
const LAST_OF_DUBBO = 100;

function positive(digits: string | undefined): number | undefined {
  const number = Number(digits);
  return number > 0 ? number : undefined;
}
