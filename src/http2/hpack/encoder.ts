import type { Field, Fields } from "../../base/field.js";
import { DEFAULT_TABLE_SIZE, DynamicTable, entrySize } from "./dynamic-table.js";
import { encodeHuffman, huffmanLength } from "./huffman.js";
import { MAX_INTEGER_LENGTH, writeInteger } from "./integer.js";
import { isSecretName, STATIC_NAMES, STATIC_TABLE, staticIndex } from "./static-table.js";

/** The most prepared lists whose blocks are kept. */
const MAX_PREPARED = 128;

/** What `maxLength` allows for the integers of a field: the index, and two string lengths. */
const FIELD_OVERHEAD: number = 3 * MAX_INTEGER_LENGTH;

/**
 * Encodes the header blocks of one connection (RFC 7541). Each block is a prepared list, then the fields of this block alone.
 *
 * A prepared list is one that is sent often: the same array object each time. Its fields enter the dynamic table when they are
 * first sent; after that its block is a copy of a few bytes. The other fields never enter the table, so that they cannot drive
 * prepared ones out. Nothing is evicted to make room either: when the table is full it stays as it is.
 */
export class HpackEncoder {
  readonly #maxTableSize: number;
  readonly #table = new DynamicTable(DEFAULT_TABLE_SIZE);
  /** The lowest size since the last block and the size now, both to be told at the beginning of the next; -1: nothing to tell. */
  #lowestSize = -1;
  #nextSize = -1;
  #prepared: Map<Fields, PreparedBlock> | undefined = undefined;
  /** For each name the order of insertion of its newest entry, counted from 0. */
  #names: Map<string, number> | undefined = undefined;
  #inserted = 0;

  /** @param maxTableSize the most that our table takes, whatever the peer allows, in bytes. */
  constructor(maxTableSize: number = DEFAULT_TABLE_SIZE) {
    this.#maxTableSize = maxTableSize;
    this.setPeerTableSize(DEFAULT_TABLE_SIZE);
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, in bytes. The next block begins with the size update, where one is needed. */
  setPeerTableSize(bytes: number): void {
    const size = Math.min(bytes, this.#maxTableSize);
    if (this.#nextSize < 0 && size === this.#table.maxSize) return;
    this.#lowestSize = this.#nextSize < 0 ? size : Math.min(this.#lowestSize, size);
    this.#nextSize = size;
  }

  /** The most bytes that `encode` will write for these fields. */
  maxLength(prepared: Fields, extra: Fields): number {
    let length = 0;
    const block = this.#nextSize < 0 && prepared.length > 0 ? this.#prepared?.get(prepared) : undefined;
    if (block !== undefined && block.generation === this.#table.generation) length = block.bytes.length;
    else length = 2 * MAX_INTEGER_LENGTH + literalLength(prepared);
    return extra.length === 0 ? length : length + literalLength(extra);
  }

  /** Writes the block of `prepared` followed by `extra` at `out[at]`, where `maxLength` bytes have room. Returns where it ends. */
  encode(prepared: Fields, extra: Fields, out: Uint8Array, at: number): number {
    let end = at;
    if (this.#nextSize >= 0) end = this.#writeSizeUpdates(out, end);
    if (prepared.length > 0) end = this.#writePrepared(prepared, out, end);
    for (let i = 0; i < extra.length; i++) end = this.#writeField(extra[i] as Field, false, out, end);
    return end;
  }

  #writePrepared(prepared: Fields, out: Uint8Array, at: number): number {
    const generation = this.#table.generation;
    this.#prepared ??= new Map();
    const known = this.#prepared.get(prepared);
    if (known !== undefined && known.generation === generation) {
      const { bytes } = known;
      if (bytes.length > 10) out.set(bytes, at);
      else for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i] as number;
      return at + bytes.length;
    }
    let end = at;
    for (let i = 0; i < prepared.length; i++) end = this.#writeField(prepared[i] as Field, true, out, end);
    // a block that added to the table is not what the next one will be; the next one is kept
    if (generation === this.#table.generation) {
      if (known === undefined && this.#prepared.size >= MAX_PREPARED) this.#forgetOldest();
      // not `slice`: on a Buffer that would be a view of what is written next
      const bytes = new Uint8Array(end - at);
      bytes.set(out.subarray(at, end));
      this.#prepared.set(prepared, { generation, bytes });
    }
    return end;
  }

  #forgetOldest(): void {
    for (const oldest of this.#prepared?.keys() ?? []) {
      this.#prepared?.delete(oldest);
      return;
    }
  }

  #writeField(field: Field, mayInsert: boolean, out: Uint8Array, at: number): number {
    const { name, value } = field;
    const staticName = STATIC_NAMES.get(name) ?? 0;
    const sensitive = field.sensitive || isSecretName(staticName);
    let nameIndex = staticName;
    if (!sensitive && staticName !== 0) {
      const index = staticIndex(staticName, name, value);
      if (index !== 0) return writeInteger(out, at, 0x80, 0x7f, index);
    }
    const order = this.#names?.get(name);
    if (order !== undefined) {
      const position = this.#inserted - 1 - order;
      if (nameIndex === 0) nameIndex = STATIC_TABLE.length + 1 + position;
      if (!sensitive) {
        const found = this.#table.at(position)?.value === value ? position : mayInsert ? this.#find(name, value) : -1;
        if (found >= 0) return writeInteger(out, at, 0x80, 0x7f, STATIC_TABLE.length + 1 + found);
      }
    }
    let end: number;
    if (sensitive) end = writeInteger(out, at, 0x10, 0x0f, nameIndex);
    else if (mayInsert && this.#insert(field)) end = writeInteger(out, at, 0x40, 0x3f, nameIndex);
    else end = writeInteger(out, at, 0x00, 0x0f, nameIndex);
    if (nameIndex === 0) end = writeString(name, out, end);
    return writeString(value, out, end);
  }

  /** The position of the entry with this name and value, or -1. Only for prepared lists that are not yet in the table. */
  #find(name: string, value: string): number {
    for (let position = 0; position < this.#table.length; position++) {
      const entry = this.#table.at(position) as Field;
      if (entry.name === name && entry.value === value) return position;
    }
    return -1;
  }

  #insert(field: Field): boolean {
    if (this.#table.size + entrySize(field) > this.#table.maxSize) return false;
    this.#table.insert(field);
    this.#names ??= new Map();
    this.#names.set(field.name, this.#inserted++);
    return true;
  }

  #writeSizeUpdates(out: Uint8Array, at: number): number {
    let end = at;
    if (this.#lowestSize < this.#nextSize && this.#lowestSize < this.#table.maxSize) {
      end = this.#writeSizeUpdate(this.#lowestSize, out, end);
    }
    if (this.#nextSize !== this.#table.maxSize) end = this.#writeSizeUpdate(this.#nextSize, out, end);
    this.#lowestSize = -1;
    this.#nextSize = -1;
    return end;
  }

  #writeSizeUpdate(size: number, out: Uint8Array, at: number): number {
    this.#table.resize(size);
    // entries may be gone: names again from what is left
    this.#names?.clear();
    const count = this.#table.length;
    for (let position = count - 1; position >= 0; position--) {
      this.#names?.set((this.#table.at(position) as Field).name, this.#inserted - 1 - position);
    }
    return writeInteger(out, at, 0x20, 0x1f, size);
  }
}

interface PreparedBlock {
  readonly generation: number;
  readonly bytes: Uint8Array;
}

function literalLength(fields: Fields): number {
  let length = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    length += FIELD_OVERHEAD + field.name.length + field.value.length;
  }
  return length;
}

/** Writes a string literal in the shorter of its two forms (RFC 7541 §5.2). */
function writeString(text: string, out: Uint8Array, at: number): number {
  const huffman = huffmanLength(text);
  if (huffman < text.length) return encodeHuffman(text, out, writeInteger(out, at, 0x80, 0x7f, huffman));
  const start = writeInteger(out, at, 0x00, 0x7f, text.length);
  for (let i = 0; i < text.length; i++) out[start + i] = text.charCodeAt(i);
  return start + text.length;
}
