import type { Field } from "../../base/field.js";

/** What RFC 7541 §4.1 adds to the length of name and value for an entry's size. */
export const ENTRY_OVERHEAD = 32;

/** The size of the table before any word about it (RFC 9113 §6.5.2), in bytes as RFC 7541 §4.1 counts them. */
export const DEFAULT_TABLE_SIZE = 4096;

/** The size of a field as an entry, and in the size of a field list (RFC 7541 §4.1, RFC 9113 §6.5.2). */
export function entrySize(field: Field): number {
  return field.name.length + field.value.length + ENTRY_OVERHEAD;
}

/** The dynamic table (RFC 7541 §2.3.2): a ring of fields, newest first, grown when needed. */
export class DynamicTable {
  /** The sum of the entries' sizes. */
  size = 0;
  maxSize: number;
  /** The number of entries. */
  length = 0;
  /** Changes whenever the table does: as long as it stays, every index means the same field. */
  generation = 0;
  /** Entries by the order of insertion, `#first + length` being the next; undefined until the first one. */
  #ring: (Field | undefined)[] | undefined = undefined;
  #first = 0;

  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** The entry at this position, 0 being the newest (index 62 of the RFC), or undefined when there is none. */
  at(position: number): Field | undefined {
    const ring = this.#ring;
    if (ring === undefined || position >= this.length) return undefined;
    return ring[(this.#first + this.length - 1 - position) & (ring.length - 1)];
  }

  /** Adds an entry and evicts what no longer fits; an entry larger than the table empties it (RFC 7541 §4.4). */
  insert(field: Field): void {
    const size = entrySize(field);
    this.generation++;
    this.#evict(this.maxSize - size);
    if (size > this.maxSize) return;
    let ring = this.#ring;
    if (ring === undefined || this.length === ring.length) ring = this.#grow(ring);
    ring[(this.#first + this.length) & (ring.length - 1)] = field;
    this.length++;
    this.size += size;
  }

  /** What inserting a field larger than the table does, without the field. */
  clear(): void {
    this.generation++;
    this.#evict(0);
  }

  /** Sets the maximum size and evicts what no longer fits (RFC 7541 §4.3). */
  resize(maxSize: number): void {
    this.generation++;
    this.maxSize = maxSize;
    this.#evict(maxSize);
  }

  #evict(size: number): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    while (this.size > size && this.length > 0) {
      this.size -= entrySize(ring[this.#first] as Field);
      ring[this.#first] = undefined;
      this.#first = (this.#first + 1) & (ring.length - 1);
      this.length--;
    }
  }

  #grow(old: (Field | undefined)[] | undefined): (Field | undefined)[] {
    // a power of two, so that an index is a mask away
    const ring: (Field | undefined)[] = new Array(old === undefined ? 8 : old.length * 2).fill(undefined);
    for (let i = 0; i < this.length; i++) ring[i] = this.at(this.length - 1 - i);
    this.#first = 0;
    this.#ring = ring;
    return ring;
  }
}
