import { type Field, FieldKind, type Fields } from "../../base/field.js";
import { FieldFault, faultOf, faultSentence } from "../../base/field-syntax.js";

/**
 * Why a request's head is malformed (RFC 9113 §8.1.1, §8.3.1), or undefined when it is well-formed; the stream of a malformed
 * one ends with PROTOCOL_ERROR and is seen by no handler. A well-formed head has exactly one method, scheme and path, the path
 * beginning with "/" ("*" with OPTIONS only); CONNECT has an authority instead, unless `:protocol` makes it an extended CONNECT
 * (RFC 8441 §4), which is allowed only where `extendedConnect` says that we have offered it.
 */
export function validateRequest(fields: Fields, extendedConnect: boolean): string | undefined {
  // one bit a kind: kinds are below 32
  let seen = 0;
  let method: Field | undefined;
  let path: Field | undefined;
  let authority: Field | undefined;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    if (faultOf(field) !== FieldFault.none) return faultSentence(field.fault);
    const kind = field.kind;
    if (kind === FieldKind.plain) {
      seen |= 1;
      continue;
    }
    const bit = 1 << kind;
    if (kind > FieldKind.unknownPseudo) {
      if ((bit & SINGLE & seen) !== 0) return `${field.name} appears twice`;
    } else {
      if (kind >= FieldKind.status) return `a request has ${kind === FieldKind.status ? ":status" : "an unknown pseudo-field"}`;
      if ((seen & REGULAR) !== 0) return `${field.name} stands after a regular field`;
      if ((seen & bit) !== 0) return `${field.name} appears twice`;
      if (kind === FieldKind.method) method = field;
      else if (kind === FieldKind.path) path = field;
      else if (kind === FieldKind.authority) authority = field;
    }
    seen |= bit;
  }
  if (method === undefined) return ":method is missing";
  if ((seen & HOST) !== 0 && authority !== undefined && !isSameHost(fields, authority.value)) return "host differs from :authority";
  if (method.value === "CONNECT" || (seen & PROTOCOL) !== 0) return checkConnect(seen, method, authority, path, extendedConnect);
  if ((seen & SCHEME) === 0) return ":scheme is missing";
  return checkPath(path, method);
}

/** A bit for each kind that is not a pseudo-field's; bit 0 is that of plain fields. */
const REGULAR: number = ~((1 << (FieldKind.unknownPseudo + 1)) - 2);
const HOST: number = 1 << FieldKind.host;
const SCHEME: number = 1 << FieldKind.scheme;
const PROTOCOL: number = 1 << FieldKind.protocol;
/** What may stand in a request once at most. */
const SINGLE: number = HOST | (1 << FieldKind.contentLength) | (1 << FieldKind.contentType);

function checkConnect(
  seen: number,
  method: Field,
  authority: Field | undefined,
  path: Field | undefined,
  extendedConnect: boolean,
): string | undefined {
  if (authority === undefined || authority.value.length === 0) return "CONNECT has no :authority";
  if ((seen & PROTOCOL) === 0) return (seen & SCHEME) !== 0 || path !== undefined ? "CONNECT has :scheme or :path" : undefined;
  if (!extendedConnect) return ":protocol is not offered on this connection";
  if (method.value !== "CONNECT") return ":protocol stands in a request that is not CONNECT";
  if ((seen & SCHEME) === 0) return ":scheme is missing";
  return checkPath(path, method);
}

function checkPath(path: Field | undefined, method: Field): string | undefined {
  if (path === undefined) return ":path is missing";
  // every other path begins with "/": the field would have a fault
  return path.value === "*" && method.value !== "OPTIONS" ? ':path is "*" in a request that is not OPTIONS' : undefined;
}

function isSameHost(fields: Fields, authority: string): boolean {
  let host = "";
  let scheme = "";
  for (const field of fields) {
    if (field.kind === FieldKind.host) host = field.value;
    else if (field.kind === FieldKind.scheme) scheme = field.value;
  }
  return host === authority || withoutDefaultPort(host, scheme) === withoutDefaultPort(authority, scheme);
}

function withoutDefaultPort(authority: string, scheme: string): string {
  const port = scheme === "https" ? ":443" : ":80";
  const host = authority.toLowerCase();
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}
