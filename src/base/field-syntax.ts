import type { Field } from "./field.js";
import * as FieldKind from "./field-kind.js";

/**
 * What can be wrong with one field, looked at by itself (RFC 9113 §8.2, §8.3). A field with a fault makes the message that
 * carries it malformed; the numbers are ours.
 */
export const FieldFault = {
  none: 0,
  emptyName: 1,
  upperCaseName: 2,
  nameNotToken: 3,
  valueForbidden: 4,
  valueEdge: 5,
  valueNotBytes: 6,
  connectionSpecific: 7,
  te: 8,
  method: 9,
  scheme: 10,
  authority: 11,
  userinfo: 12,
  emptyPath: 13,
  path: 14,
  status: 15,
  contentLength: 16,
} as const;

const SENTENCES: readonly string[] = [
  "nothing is wrong",
  "a field name is empty",
  "a field name has an upper-case letter",
  "a field name has a character that is not allowed in names",
  "a field value has a NUL, CR or LF",
  "a field value begins or ends with a space or a tab",
  "a field value has a character above U+00FF",
  "a connection-specific field is not allowed in HTTP/2",
  'the field "te" is not "trailers"',
  ":method is not a token",
  ":scheme is not the name of a scheme",
  "the authority has a character that is not allowed there",
  "the authority has userinfo",
  ":path is empty",
  ':path does not begin with "/", or has a space or control character',
  ":status is not three digits",
  "content-length is not a decimal number",
];

/** One sentence for a {@link FieldFault}. */
export function faultSentence(fault: number): string {
  return SENTENCES[fault] ?? "a field is malformed";
}

/** The {@link FieldFault} of a field, found out once. */
export function faultOf(field: Field): number {
  if (field.fault < 0) field.fault = fieldFault(field.name, field.value, field.kind);
  return field.fault;
}

/** The {@link FieldFault} of what would be a field; `kind` is the `FieldKind` of its name. A name of a known kind is known to be well-formed. */
export function fieldFault(name: string, value: string, kind: number): number {
  switch (kind) {
    case FieldKind.plain:
    case FieldKind.binary:
    case FieldKind.grpcReserved:
    case FieldKind.connectReserved: {
      const fault = nameFault(name, 0);
      return fault !== FieldFault.none ? fault : valueFault(value);
    }
    case FieldKind.unknownPseudo: {
      const fault = nameFault(name, 1);
      return fault !== FieldFault.none ? fault : valueFault(value);
    }
    case FieldKind.connectionSpecific:
      return FieldFault.connectionSpecific;
    case FieldKind.te:
      return value === "trailers" || value.toLowerCase() === "trailers" ? FieldFault.none : FieldFault.te;
    case FieldKind.method:
      return isToken(value) ? FieldFault.none : FieldFault.method;
    case FieldKind.scheme:
      return isScheme(value) ? FieldFault.none : FieldFault.scheme;
    case FieldKind.authority:
    case FieldKind.host:
      return authorityFault(value);
    case FieldKind.path:
      return pathFault(value);
    case FieldKind.status:
      return isStatus(value) ? FieldFault.none : FieldFault.status;
    case FieldKind.contentLength:
      return isContentLength(value) ? FieldFault.none : FieldFault.contentLength;
    case FieldKind.grpcMessage: {
      // gRPC lets a space stand anywhere in it ("Percent-Byte-Unencoded"), and servers send messages that end with one
      const fault = valueFault(value);
      return fault === FieldFault.valueEdge ? FieldFault.none : fault;
    }
    default:
      return valueFault(value);
  }
}

/**
 * Why an application may not send a field of this name, or undefined when it may: an HTTP token in lower case (RFC 9110 §5.1,
 * RFC 9113 §8.2.1), not a pseudo-field.
 */
export function checkFieldName(name: string): string | undefined {
  const fault = nameFault(name, 0);
  return fault === FieldFault.none ? undefined : faultSentence(fault);
}

/** Why an application may not send this value, or undefined when it may (RFC 9113 §8.2.1). Values are byte strings. */
export function checkFieldValue(value: string): string | undefined {
  const fault = valueFault(value);
  return fault === FieldFault.none ? undefined : faultSentence(fault);
}

/** 1 for every character that may stand in a token (RFC 9110 §5.6.2). */
const TOKEN: Uint8Array = /* @__PURE__ */ tokenTable();

function tokenTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") table[c.charCodeAt(0)] = 1;
  return table;
}

function nameFault(name: string, start: number): number {
  if (name.length <= start) return FieldFault.emptyName;
  for (let i = start; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (TOKEN[c] !== 1) return FieldFault.nameNotToken;
    if (c >= 0x41 && c <= 0x5a) return FieldFault.upperCaseName;
  }
  return FieldFault.none;
}

function valueFault(value: string): number {
  const last = value.length - 1;
  if (last < 0) return FieldFault.none;
  for (let i = 0; i <= last; i++) {
    const c = value.charCodeAt(i);
    if (c <= 0x0d) {
      if (c === 0 || c === 0x0a || c === 0x0d) return FieldFault.valueForbidden;
    } else if (c > 0xff) return FieldFault.valueNotBytes;
  }
  return isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(last)) ? FieldFault.valueEdge : FieldFault.none;
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** RFC 3986 §3.1. */
function isScheme(text: string): boolean {
  if (text === "http" || text === "https") return true;
  return /^[A-Za-z][A-Za-z0-9+.-]*$/.test(text);
}

/** Empty is allowed: some clients send it where there is no name, on a Unix socket for instance. */
function authorityFault(value: string): number {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    // "/", "?", "#" and "\" would end an authority for some readers and not for others
    if (c <= 0x20 || c >= 0x7f || c === 0x2f || c === 0x3f || c === 0x23 || c === 0x5c) return FieldFault.authority;
    if (c === 0x40) return FieldFault.userinfo;
  }
  return FieldFault.none;
}

/** "*" is for OPTIONS alone: who validates the request sees to that. */
function pathFault(value: string): number {
  if (value.length === 0) return FieldFault.emptyPath;
  if (value.charCodeAt(0) !== 0x2f && value !== "*") return FieldFault.path;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c <= 0x20 || c === 0x7f) return FieldFault.path;
    if (c > 0xff) return FieldFault.valueNotBytes;
  }
  return FieldFault.none;
}

function isStatus(value: string): boolean {
  if (value.length !== 3) return false;
  const first = value.charCodeAt(0);
  return first >= 0x31 && first <= 0x39 && isDigit(value.charCodeAt(1)) && isDigit(value.charCodeAt(2));
}

/** At most 15 digits: what a number holds exactly, and above any body there will be. */
function isContentLength(value: string): boolean {
  if (value.length === 0 || value.length > 15) return false;
  for (let i = 0; i < value.length; i++) if (!isDigit(value.charCodeAt(i))) return false;
  return true;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
