import { Field, FieldKind, type Fields } from "../base/field.js";

/** The head of a request, as fetch takes it. */
export interface FetchRequestHead {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: [string, string][];
}

/** What is fetch's own business: it says these itself, and pages must not ("forbidden request-header", Fetch Standard §2.2.2). */
function isFetchsOwn(kind: number): boolean {
  switch (kind) {
    case FieldKind.scheme:
    case FieldKind.authority:
    case FieldKind.protocol:
    case FieldKind.unknownPseudo:
    case FieldKind.connectionSpecific:
    case FieldKind.te:
    case FieldKind.host:
    case FieldKind.contentLength:
    case FieldKind.userAgent:
    case FieldKind.acceptEncoding:
      return true;
    default:
      return false;
  }
}

/** A request's head from its fields. */
export function requestHead(fields: Fields): FetchRequestHead {
  let method = "POST";
  let path = "/";
  const headers: [string, string][] = [];
  for (const { kind, name, value } of fields) {
    if (kind === FieldKind.method) method = value;
    else if (kind === FieldKind.path) path = value;
    else if (!isFetchsOwn(kind)) headers.push([name, value]);
  }
  return { method, path, headers };
}

/** The codings that fetch takes off a body; it leaves the header that names them. */
const DECODED = /^(?:x-)?(?:gzip|deflate|br|zstd)$/i;

/**
 * The fields of a response's head: `:status`, then what fetch lets be seen, repeated fields in one. Of a redirect a browser lets nothing be
 * seen, nor which it was: `3xx` ("opaque-redirect filtered response", Fetch Standard §2.2.6).
 */
export function responseFields(response: Response): Fields {
  const status = response.type === "opaqueredirect" ? "3xx" : String(response.status);
  const fields = [new Field(":status", status, false, FieldKind.status)];
  for (const [name, value] of response.headers) {
    if (name !== "content-encoding" || !DECODED.test(value)) fields.push(new Field(name, value));
  }
  return fields;
}

/** The fields of a request's head: a server sees them as HTTP/2 would bring them (RFC 9113 §8.3.1). */
export function requestFields(request: Request, url: URL, prefix: string): Fields {
  const fields = [
    new Field(":method", request.method, false, FieldKind.method),
    new Field(":scheme", url.protocol.slice(0, -1), false, FieldKind.scheme),
    new Field(":path", url.pathname.slice(prefix.length) + url.search, false, FieldKind.path),
    new Field(":authority", url.host, false, FieldKind.authority),
  ];
  for (const [name, value] of request.headers) fields.push(new Field(name, value));
  return fields;
}

/** The head of a response, as fetch takes it. */
export interface FetchResponseHead {
  readonly status: number;
  readonly headers: [string, string][];
}

/** A response's head from its fields. */
export function responseHead(fields: Fields): FetchResponseHead {
  let status = 200;
  const headers: [string, string][] = [];
  for (const { kind, name, value } of fields) {
    if (kind === FieldKind.status) status = Number(value);
    else headers.push([name, value]);
  }
  return { status, headers };
}
