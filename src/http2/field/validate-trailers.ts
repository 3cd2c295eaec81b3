import { type Field, FieldKind, type Fields } from "../../base/field.js";
import { FieldFault, faultOf, faultSentence } from "../../base/field-syntax.js";

/** Why trailers, of a request or a response, are malformed (RFC 9113 §8.1), or undefined when they are well-formed. */
export function validateTrailers(fields: Fields): string | undefined {
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    if (faultOf(field) !== FieldFault.none) return faultSentence(field.fault);
    if (field.kind !== FieldKind.plain && field.kind <= FieldKind.unknownPseudo) return "trailers have a pseudo-field";
  }
  return undefined;
}
