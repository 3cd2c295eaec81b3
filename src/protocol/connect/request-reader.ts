import { type Field, FieldKind, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { isBinaryValue } from "../../rpc/binary-value.js";
import { refuseArgument, refuseContentType, refuseHttpMethod } from "./refusals.js";
import { MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

/** What differs between unary calls and streams in the head of a POST. */
export interface PostDialect {
  codecOf(contentType: string): string | undefined;
  /** The content types that are taken. */
  readonly contentTypes: readonly string[];
  /** The `FieldKind`s that name compressions: of the request, and for the response. */
  readonly encoding: number;
  readonly acceptEncoding: number;
}

/** Reads the head of a POST: one pass. Of a field that comes twice, the last counts. */
export function readPost(dialect: PostDialect, fields: Fields): RequestHead | Refusal {
  let method = "";
  let path = "";
  let contentType: string | undefined;
  let timeout: string | undefined;
  let version: string | undefined;
  let compression = "identity";
  let acceptCompression: string | undefined;
  let malformed: Field | undefined;
  for (const field of fields) {
    const { kind, value } = field;
    if (kind === FieldKind.path) path = value;
    else if (kind === FieldKind.method) method = value;
    else if (kind === FieldKind.contentType) contentType = value;
    else if (kind === FieldKind.connectTimeout) timeout = value;
    else if (kind === FieldKind.connectProtocolVersion) version = value;
    else if (kind === dialect.encoding) compression = value === "" ? "identity" : value;
    else if (kind === dialect.acceptEncoding) acceptCompression = acceptCompression === undefined ? value : `${acceptCompression},${value}`;
    else if (kind === FieldKind.binary && !isBinaryValue(value)) malformed = field;
  }
  if (method !== "POST") return refuseHttpMethod(method, "POST");
  const codec = contentType === undefined ? undefined : dialect.codecOf(contentType);
  if (codec === undefined) return refuseContentType(contentType, dialect.contentTypes);
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseTimeout(timeout);
  const fault = headFault(timeoutMs, version, malformed);
  if (fault !== undefined) return refuseArgument(fault);
  const mark = path.indexOf("?");
  if (mark !== -1) path = path.slice(0, mark);
  return { kind: "request", path, codec, timeoutMs, compression, acceptCompression, fields, message: undefined, query: undefined };
}

/** What is wrong with fields that all requests may have. */
export function headFault(timeoutMs: number, version: string | undefined, malformed: Field | undefined): string | undefined {
  if (version !== undefined && version !== "1")
    return `connect-protocol-version is ${JSON.stringify(version.slice(0, 100))}; it must be "1"`;
  if (timeoutMs === MALFORMED_TIMEOUT) return "connect-timeout-ms is malformed; it must be 1 to 10 digits";
  return malformed === undefined ? undefined : `the field "${malformed.name}" is malformed; it must be base64`;
}
