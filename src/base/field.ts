import { fieldKind } from "./field-name.js";

export * as FieldKind from "./field-kind.js";
export { fieldKind } from "./field-name.js";

/**
 * One header field of HTTP: a name and a value, both as byte strings (one UTF-16 unit a byte, RFC 9110 §5.5).
 *
 * Fields are immutable and shared: an HPACK table entry, a prepared block and a request that carries the same field hold
 * the same object, so what was found out about it once (`kind`, `fault`) is never found out again.
 */
export class Field {
  /** The name, lower case. */
  readonly name: string;
  readonly value: string;
  /** What the name means to HTTP, as a small integer: see {@link FieldKind}. */
  readonly kind: number;
  /** True: never entered into a compression table by this or any later hop (RFC 7541 §7.1.3). */
  readonly sensitive: boolean;
  /** What is wrong with the field by itself, for `faultOf` of `field-syntax.ts` alone; negative until somebody asks. */
  fault = -1;

  constructor(name: string, value: string, sensitive = false, kind: number = fieldKind(name)) {
    this.name = name;
    this.value = value;
    this.kind = kind;
    this.sensitive = sensitive;
  }
}

/** An ordered list of fields. A list that is sent often is made once and shared: transports encode it once per connection. */
export type Fields = readonly Field[];

export const NO_FIELDS: Fields = Object.freeze([]);

/** The value of the first field of that name, or undefined. */
export function findField(fields: Fields, name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}
