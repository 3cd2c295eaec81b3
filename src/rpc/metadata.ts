import { encodeBase64 } from "../base/base64.js";
import { Field, FieldKind, type Fields, NO_FIELDS } from "../base/field.js";
import { describe, UsageError } from "../base/usage-error.js";
import { binaryValues } from "./binary-value.js";
import { isReserved, metadataKey, TEXT } from "./metadata-key.js";

/** A value of metadata: text, or bytes where the name ends in `-bin`. */
export type MetadataValue = string | Uint8Array;

/** What metadata can be made from: an object of values, entries (a `Map`, a `Headers`), or other metadata. */
export type MetadataInit =
  | Metadata
  | Iterable<readonly [name: string, value: MetadataValue]>
  | { readonly [name: string]: MetadataValue | readonly MetadataValue[] };

/** How one value is written. */
export interface MetadataOptions {
  /**
   * Keeps the value out of the compression tables of HTTP/2, here and at every hop (RFC 7541 §7.1.3): for secrets. Default false;
   * `authorization` and `cookie` always are.
   */
  readonly sensitive?: boolean;
}

/**
 * Headers or trailers of a call: an ordered list of names and values. Names are case-insensitive and kept lower case; a name that
 * ends in `-bin` has bytes as values, every other name printable ASCII text (`-bin` values are base64 on the wire, without padding).
 *
 * Names that belong to HTTP or to a protocol (`content-type`, `te`, `user-agent`, `grpc-…`, `:…`) cannot be written: {@link UsageError}.
 */
export class Metadata {
  /** Never changed, for others may hold the list too: a change makes another one. */
  private fields: Fields = NO_FIELDS;

  constructor(init?: MetadataInit) {
    if (init !== undefined) this.fill(init);
  }

  /** Metadata over fields as they came from the wire. */
  static fromFields(fields: Fields): Metadata {
    const metadata = new Metadata();
    metadata.fields = fields;
    return metadata;
  }

  /**
   * New metadata with these values. Of other metadata it takes what an application may write, so that the headers of a request can
   * be sent on with another call. Throws {@link UsageError} for a bad name or value.
   */
  static from(init: MetadataInit): Metadata {
    return new Metadata(init);
  }

  /** The number of values. */
  get size(): number {
    return this.fields.length;
  }

  has(name: string): boolean {
    return this.first(name.toLowerCase()) !== undefined;
  }

  /** The first text of that name. Throws {@link UsageError} for a name that ends in `-bin`. */
  get(name: string): string | undefined {
    return this.first(lowerName(name, false))?.value;
  }

  /** All texts of that name, in order. */
  getAll(name: string): string[] {
    return this.all(lowerName(name, false));
  }

  /** The first bytes of a name that ends in `-bin`. Throws {@link UsageError} for any other name. */
  getBinary(name: `${string}-bin`): Uint8Array | undefined {
    return this.getAllBinary(name)[0];
  }

  /** All bytes of a name that ends in `-bin`, in order. What is not base64 is left out (protocols refuse it on arrival). */
  getAllBinary(name: `${string}-bin`): Uint8Array[] {
    return this.all(lowerName(name, true)).flatMap(binaryValues);
  }

  /** Replaces all values of the name by one. Throws {@link UsageError} for a bad name or value. */
  set(name: string, value: MetadataValue, options?: MetadataOptions): this {
    const field = makeField(name, value, options);
    return this.change([...this.without(field.name), field]);
  }

  /** Adds a value to those that the name has. Throws {@link UsageError} for a bad name or value. */
  append(name: string, value: MetadataValue, options?: MetadataOptions): this {
    return this.change([...this.fields, makeField(name, value, options)]);
  }

  /** Removes all values of the name; true when there were any. */
  delete(name: string): boolean {
    const { size } = this;
    return this.change(this.without(name.toLowerCase())).size < size;
  }

  /** Name and value of each entry, in order: bytes where the name ends in `-bin`. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: MetadataValue]> {
    for (const { name, value } of this.fields) {
      for (const one of name.endsWith(BINARY) ? binaryValues(value) : [value]) yield [name, one];
    }
  }

  /** The fields for the wire. Nobody may change the list. */
  toFields(): Fields {
    return this.fields;
  }

  /** For logs: an object of arrays, bytes as base64, the values of sensitive fields left out. */
  toJSON(): { [name: string]: string[] } {
    const values = new Map<string, string[]>();
    for (const { name, value, sensitive } of this.fields) {
      values.set(name, [...(values.get(name) ?? []), sensitive ? "(sensitive)" : value]);
    }
    return Object.fromEntries(values);
  }

  private fill(init: MetadataInit): void {
    if (typeof init !== "object" || init === null) throw new UsageError("metadata must be an object or entries");
    if (init instanceof Metadata) {
      const { fields } = init;
      const writable = (field: Field): boolean => !isReserved(field.name, field.kind);
      // the same list where it can be: transports encode a list that comes again only once
      this.fields = fields.every(writable) ? fields : fields.filter(writable);
      return;
    }
    for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
      for (const one of [value].flat()) this.append(name, one as MetadataValue);
    }
  }

  private first(name: string): Field | undefined {
    return this.fields.find((field) => field.name === name);
  }

  private all(name: string): string[] {
    return this.fields.filter((field) => field.name === name).map(({ value }) => value);
  }

  private without(name: string): Field[] {
    return this.fields.filter((field) => field.name !== name);
  }

  /** What every change comes to. */
  protected change(fields: Fields): this {
    this.fields = fields;
    return this;
  }
}

const BINARY = "-bin";

/** Throws {@link UsageError}, which does not show the value: it may be a secret. */
function makeField(key: string, value: MetadataValue, options: MetadataOptions | undefined): Field {
  const { name, kind } = metadataKey(key);
  const binary = kind === FieldKind.binary;
  if (binary ? !(value instanceof Uint8Array) : !isText(value)) {
    const range = binary
      ? "a Uint8Array, as the key ends in -bin"
      : "printable ASCII without spaces at its ends, or the key must end in -bin";
    throw new UsageError(`the value of metadata key "${name}" must be ${range}`);
  }
  const sensitive = kind === FieldKind.authorization || kind === FieldKind.cookie || options?.sensitive === true;
  return new Field(name, typeof value === "string" ? value : encodeBase64(value), sensitive, kind);
}

/** Without the spaces at its ends that RFC 9113 §8.2.1 forbids. */
function isText(value: unknown): boolean {
  return typeof value === "string" && TEXT.test(value) && value === value.trim();
}

/** The name in lower case, of what is read as bytes or as text. */
function lowerName(name: string, binary: boolean): string {
  const lower = name.toLowerCase();
  if (lower.endsWith(BINARY) === binary) return lower;
  throw new UsageError(`metadata key ${describe(name)} is read with ${binary ? "get" : "getBinary"}`);
}
