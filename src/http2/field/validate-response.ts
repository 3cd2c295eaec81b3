import { type Field, FieldKind, type Fields } from "../../base/field.js";
import { FieldFault, faultOf, faultSentence } from "../../base/field-syntax.js";

/**
 * Why a response's head, interim or final, is malformed (RFC 9113 §8.1.1, §8.3.2), or undefined when it is well-formed: exactly
 * one `:status` of three digits, before all else, and no other pseudo-field.
 */
export function validateResponse(fields: Fields): string | undefined {
  const first = fields[0];
  if (first === undefined) return ":status is missing";
  let contentLengths = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    if (faultOf(field) !== FieldFault.none) return faultSentence(field.fault);
    const kind = field.kind;
    if (kind === FieldKind.plain) continue;
    if (kind <= FieldKind.unknownPseudo) {
      if (kind !== FieldKind.status) return "a response has a pseudo-field other than :status";
      if (i !== 0) return first.kind === FieldKind.status ? ":status appears twice" : ":status stands after a regular field";
    } else if (kind === FieldKind.contentLength && ++contentLengths > 1) return "content-length appears twice";
  }
  return first.kind === FieldKind.status ? undefined : ":status is missing";
}

/** The status code of a response that has been validated. */
export function responseStatus(fields: Fields): number {
  const status = (fields[0] as Field).value;
  return status === "200" ? 200 : Number(status);
}
