import { encodeBase64 } from "../base/base64.js";
import { Field, FieldKind, type Fields, NO_FIELDS } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";
import { decodeBinaryValue } from "./binary-value.js";
import { isReserved, type MetadataKey, metadataKey } from "./metadata-key.js";

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
  private fields: Field[];
  /** The list also belongs to somebody else: copy it before the first change. */
  private shared: boolean;
  /** Why nothing may be changed any more. */
  private sealed: string | undefined = undefined;

  constructor(init?: MetadataInit) {
    this.fields = NO_FIELDS as Field[];
    this.shared = true;
    if (init !== undefined) this.fill(init);
  }

  /** Metadata over fields as they came from the wire. The list is shared and copied only when the metadata is changed. */
  static fromFields(fields: Fields): Metadata {
    const metadata = new Metadata();
    metadata.fields = fields as Field[];
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
    return this.first(textName(name))?.value;
  }

  /** All texts of that name, in order. */
  getAll(name: string): string[] {
    const wanted = textName(name);
    const values: string[] = [];
    for (const field of this.fields) if (field.name === wanted) values.push(field.value);
    return values;
  }

  /** The first bytes of a name that ends in `-bin`. Throws {@link UsageError} for any other name. */
  getBinary(name: `${string}-bin`): Uint8Array | undefined {
    return this.getAllBinary(name)[0];
  }

  /** All bytes of a name that ends in `-bin`, in order. What is not base64 is left out (protocols refuse it on arrival). */
  getAllBinary(name: `${string}-bin`): Uint8Array[] {
    const wanted = binaryName(name);
    const values: Uint8Array[] = [];
    for (const field of this.fields) if (field.name === wanted) decodeBinaryValue(field.value, values);
    return values;
  }

  /** Replaces all values of the name by one. Throws {@link UsageError} for a bad name or value. */
  set(name: string, value: MetadataValue, options?: MetadataOptions): this {
    const field = makeField(metadataKey(name), value, options);
    this.remove(field.name);
    this.own().push(field);
    return this;
  }

  /** Adds a value to those that the name has. Throws {@link UsageError} for a bad name or value. */
  append(name: string, value: MetadataValue, options?: MetadataOptions): this {
    const field = makeField(metadataKey(name), value, options);
    this.own().push(field);
    return this;
  }

  /** Removes all values of the name; true when there were any. */
  delete(name: string): boolean {
    return this.remove(name.toLowerCase());
  }

  /** Name and value of each entry, in order: bytes where the name ends in `-bin`. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: MetadataValue]> {
    for (const field of this.fields) {
      if (isBinary(field)) {
        const values: Uint8Array[] = [];
        decodeBinaryValue(field.value, values);
        for (const value of values) yield [field.name, value];
      } else {
        yield [field.name, field.value];
      }
    }
  }

  /** The fields for the wire. The list is shared from now on: a later change copies it. */
  toFields(): Fields {
    this.shared = true;
    return this.fields;
  }

  /** From now on every change throws {@link UsageError} with this sentence: `the headers have been sent`. */
  seal(because: string): void {
    this.sealed = because;
  }

  /** For logs: an object of arrays, bytes as base64, the values of sensitive fields left out. */
  toJSON(): { [name: string]: string[] } {
    const values = new Map<string, string[]>();
    for (const { name, value, sensitive } of this.fields) {
      const shown = sensitive ? "(sensitive)" : value;
      const others = values.get(name);
      if (others === undefined) values.set(name, [shown]);
      else others.push(shown);
    }
    return Object.fromEntries(values);
  }

  private fill(init: MetadataInit): void {
    if (typeof init !== "object" || init === null)
      throw new UsageError(`metadata cannot be made of ${init === null ? "null" : typeof init}`);
    if (init instanceof Metadata) {
      const fields = init.toFields();
      const writable = (field: Field): boolean => !isReserved(field.name, field.kind);
      this.fields = fields.every(writable) ? (fields as Field[]) : fields.filter(writable);
      return;
    }
    if (Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [string, MetadataValue]>) this.append(name, value);
      return;
    }
    for (const [name, value] of Object.entries(init)) {
      if (!Array.isArray(value)) this.append(name, value as MetadataValue);
      else for (const one of value) this.append(name, one as MetadataValue);
    }
  }

  private first(name: string): Field | undefined {
    for (const field of this.fields) if (field.name === name) return field;
    return undefined;
  }

  private remove(name: string): boolean {
    this.checkSealed();
    if (this.first(name) === undefined) return false;
    this.fields = this.fields.filter((field) => field.name !== name);
    this.shared = false;
    return true;
  }

  private own(): Field[] {
    this.checkSealed();
    if (this.shared) {
      this.fields = this.fields.slice();
      this.shared = false;
    }
    return this.fields;
  }

  private checkSealed(): void {
    if (this.sealed !== undefined) throw new UsageError(`metadata cannot be changed: ${this.sealed}`);
  }
}

function makeField(key: MetadataKey, value: MetadataValue, options: MetadataOptions | undefined): Field {
  const sensitive = key.sensitive || options?.sensitive === true;
  if (key.binary) {
    if (!(value instanceof Uint8Array)) badValue(key.name, "a Uint8Array, because the key ends in -bin");
    return new Field(key.name, encodeBase64(value), sensitive, key.kind);
  }
  if (typeof value !== "string") badValue(key.name, "a string; bytes need a key that ends in -bin");
  if (!TEXT.test(value)) badValue(key.name, "printable ASCII without leading or trailing spaces; other text needs a key that ends in -bin");
  return new Field(key.name, value, sensitive, key.kind);
}

/** `ASCII-Value` of gRPC over HTTP/2, without the spaces at its ends that RFC 9113 §8.2.1 forbids. */
const TEXT = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

/** Does not show the value: it may be a secret. */
function badValue(name: string, range: string): never {
  throw new UsageError(`the value of metadata key ${JSON.stringify(name)} must be ${range}`);
}

function isBinary(field: Field): boolean {
  return field.kind === FieldKind.binary || field.kind === FieldKind.grpcStatusDetails;
}

function textName(name: string): string {
  const lower = name.toLowerCase();
  if (lower.endsWith("-bin")) throw new UsageError(`metadata key ${JSON.stringify(name)} has bytes as its value: read it with getBinary`);
  return lower;
}

function binaryName(name: string): string {
  const lower = name.toLowerCase();
  if (!lower.endsWith("-bin")) throw new UsageError(`metadata key ${JSON.stringify(name)} has text as its value: read it with get`);
  return lower;
}
