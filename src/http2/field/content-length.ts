import { type Field, FieldKind, type Fields } from "../../base/field.js";

/** The content-length of a head that has been validated, in bytes, or -1 when it has none (RFC 9113 §8.1.1). */
export function contentLength(fields: Fields): number {
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    if (field.kind === FieldKind.contentLength) return Number(field.value);
  }
  return -1;
}
