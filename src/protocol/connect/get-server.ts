import { decodeBase64 } from "../../base/base64.js";
import { Field, FieldKind, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import type { Answer, Refusal, RequestHead, ServerProtocol } from "../../exchange/server-protocol.js";
import { isBinaryValue } from "../../rpc/binary-value.js";
import type { Method } from "../../rpc/method.js";
import type { Status } from "../../rpc/status.js";
import { refuseArgument, refuseContentType, refuseHttpMethod } from "./refusals.js";
import { headFault } from "./request-reader.js";
import { parseTimeout } from "./timeout.js";
import { responseHeads, trailerFields } from "./unary-family-server.js";
import { connectUnaryServer } from "./unary-server.js";

/** Unary calls of Connect that come as GET ("Unary-Get-Request"), for methods that are safe. */
export const connectGetServer: ServerProtocol = {
  ...connectUnaryServer,
  accepts: (httpMethod) => httpMethod === "GET",
  readRequest,
  refuseMethod: (method: Method): Refusal | undefined => {
    if (method.kind === "unary" && method.safe) return undefined;
    return refuseHttpMethod("GET", "POST");
  },
  respond,
};

function readRequest(fields: Fields): RequestHead | Refusal {
  let target = "";
  let timeout: string | undefined;
  let acceptCompression: string | undefined;
  let malformed: Field | undefined;
  for (const field of fields) {
    const { kind, value } = field;
    if (kind === FieldKind.path) target = value;
    else if (kind === FieldKind.connectTimeout) timeout = value;
    else if (kind === FieldKind.acceptEncoding)
      acceptCompression = acceptCompression === undefined ? value : `${acceptCompression},${value}`;
    else if (kind === FieldKind.binary && !isBinaryValue(value)) malformed = field;
  }
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  const parameters = parseQuery(query);
  if (parameters === undefined) return refuseArgument("the query is missing or malformed; it must have encoding and message");
  const codec = parameters.get("encoding");
  if (codec !== "proto" && codec !== "json") return refuseContentType(codec, ["encoding=proto", "encoding=json"]);
  const connect = parameters.get("connect");
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseTimeout(timeout);
  const fault = headFault(timeoutMs, connect === undefined ? undefined : connect.replace(/^v/, ""), malformed);
  if (fault !== undefined) return refuseArgument(fault);
  const message = readMessage(parameters);
  if (message === undefined) return refuseArgument("the parameter message is missing, or no base64 though base64=1");
  const compression = parameters.get("compression") || "identity";
  return { kind: "request", path, codec, timeoutMs, compression, acceptCompression, fields, message, query };
}

/** A query taken apart; undefined when it is malformed. Of a name that comes twice, the last counts. */
function parseQuery(query: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  try {
    for (const part of query.split("&", MAX_PARAMETERS)) {
      const equals = part.indexOf("=");
      const name = equals === -1 ? part : part.slice(0, equals);
      const value = equals === -1 ? "" : part.slice(equals + 1);
      parameters.set(decodeURIComponent(name), decodeURIComponent(value.replaceAll("+", " ")));
    }
  } catch {
    return undefined;
  }
  return parameters;
}

const MAX_PARAMETERS = 100;

function readMessage(parameters: ReadonlyMap<string, string>): Uint8Array | undefined {
  const message = parameters.get("message");
  if (message === undefined || parameters.get("base64") !== "1") return message === undefined ? undefined : encodeUtf8(message);
  return decodeBase64(message.replaceAll("-", "+").replaceAll("_", "/"));
}

/**
 * As any unary response; caches must know what it depends on, and a response that the client has already (`etag` among the handler's headers,
 * `if-none-match` among the request's) is not sent again (RFC 9110 §13.1.2).
 */
function respond(answer: Answer, _prefix: Uint8Array, bytes: Uint8Array, compressed: boolean, status: Status): void {
  const { exchange, headers } = answer;
  const own: Fields = [VARY, ...headers, ...trailerFields(status.trailers)];
  if (isKnown(answer.requestFields, headers)) {
    exchange.sendHead([NOT_MODIFIED], own, true);
    return;
  }
  exchange.sendHead(responseHeads.head(answer.codec, compressed ? answer.compression : "identity"), own, false);
  exchange.sendData(NOTHING, bytes, true);
}

function isKnown(requestFields: Fields, headers: Fields): boolean {
  const known = requestFields.find(({ name }) => name === "if-none-match")?.value;
  const etag = headers.find(({ name }) => name === "etag")?.value;
  if (known === undefined || etag === undefined) return false;
  return known.trim() === "*" || known.split(",").some((tag) => opaque(tag) === opaque(etag));
}

/** Compared weakly: what is cached need not be the same byte by byte. */
function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

const VARY = new Field("vary", "Accept-Encoding", false, FieldKind.plain);
const NOT_MODIFIED = new Field(":status", "304", false, FieldKind.status);
const NOTHING: Uint8Array = new Uint8Array(0);
