import { decodeBase64, encodeBase64 } from "../../base/base64.js";
import { decodeUtf8 } from "../../base/utf8.js";
import type { ErrorDetail, Status } from "../../rpc/status.js";
import { CONNECT_CODES, type CodeSpelling, codeOfName } from "./code.js";

/** An error in Connect's JSON ("Error Codes" of the Connect protocol). */
export interface ErrorJson {
  code: string;
  message?: string;
  details?: { type: string; value: string }[];
}

export function errorJson({ code, message, details }: Status, codes: CodeSpelling = CONNECT_CODES): ErrorJson {
  const json: ErrorJson = { code: codes.nameOf(code) };
  if (message !== "") json.message = message;
  if (details.length > 0) json.details = details.map(({ type, value }) => ({ type, value: encodeBase64(value) }));
  return json;
}

/**
 * The status that an error in JSON says. What it does not say, or says in no form that is known, is as in `otherwise`: a malformed part must not
 * hide the rest. Undefined when the value is no error at all.
 */
export function readErrorJson(
  value: unknown,
  otherwise: Status,
  codeIn: CodeSpelling["codeIn"] = ({ code }) => codeOfName(code),
): Status | undefined {
  if (!isObject(value)) return undefined;
  const { message, details } = value;
  const code = codeIn(value);
  return {
    code: code ?? otherwise.code,
    message: typeof message === "string" ? message : code === undefined ? otherwise.message : "",
    details: Array.isArray(details) ? details.flatMap(readDetail) : [],
    trailers: otherwise.trailers,
  };
}

/** A detail, or nothing where it is malformed. What stands beside type and value (`debug`) is for people. */
function readDetail(detail: unknown): ErrorDetail[] {
  const { type, value } = isObject(detail) ? detail : {};
  const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
  return typeof type === "string" && bytes !== undefined ? [{ type, value: bytes }] : [];
}

/** JSON of a peer; undefined for what is none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
