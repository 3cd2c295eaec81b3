import { Field, type Fields } from "../../base/field.js";
import { BlockCache } from "./block-cache.js";
import { byteString } from "./byte-string.js";
import { DEFAULT_TABLE_SIZE, DynamicTable, ENTRY_OVERHEAD } from "./dynamic-table.js";
import { HpackError } from "./hpack-error.js";
import { decodeHuffman, maxDecodedLength } from "./huffman.js";
import { type ByteCursor, readInteger } from "./integer.js";
import { STATIC_TABLE } from "./static-table.js";

export interface HpackDecoderLimits {
  /** The largest field list, as the sum of name + value + 32 bytes a field (RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE). */
  readonly maxListBytes: number;
  /** The most fields in a list. */
  readonly maxFields: number;
}

/**
 * Decodes the header blocks of one connection (RFC 7541). Holds no bytes between blocks, and nothing but a few words until a
 * block adds to the dynamic table.
 */
export class HpackDecoder {
  /**
   * Whether the last block was over a limit. It has been read to its end, so that the table is in step, but the list that
   * `decode` returned stops before the first field over the limit.
   */
  tooLarge = false;
  readonly #maxListBytes: number;
  readonly #maxFields: number;
  readonly #table = new DynamicTable(DEFAULT_TABLE_SIZE);
  /** What we allow the peer's table to be: what we advertised and the peer has acknowledged. */
  #tableLimit = DEFAULT_TABLE_SIZE;
  /** The next block must begin with a size update to at most this, because we lowered the limit; -1: none is due. */
  #updateDue = -1;
  #cache: BlockCache | undefined = undefined;

  constructor(limits: HpackDecoderLimits) {
    this.#maxListBytes = limits.maxListBytes;
    this.#maxFields = limits.maxFields;
  }

  /** The peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE. */
  setTableLimit(bytes: number): void {
    this.#tableLimit = bytes;
    // below what the table is now: the peer has to say that it follows, with the lowest of several values (RFC 7541 §4.2)
    if (bytes < this.#table.maxSize && (this.#updateDue < 0 || bytes < this.#updateDue)) this.#updateDue = bytes;
  }

  /**
   * Decodes one whole header block `bytes[start, end)`. The list is immutable and may be returned again for later blocks.
   * Look at `tooLarge` afterwards. Throws {@link HpackError}; the connection must then end with COMPRESSION_ERROR.
   */
  decode(bytes: Uint8Array, start: number, end: number): Fields {
    this.tooLarge = false;
    const table = this.#table;
    const generation = table.generation;
    if (this.#cache !== undefined && this.#updateDue < 0) {
      const fields = this.#cache.find(bytes, start, end, generation);
      if (fields !== undefined) return fields;
    }
    cursor.bytes = bytes;
    cursor.at = start;
    cursor.end = end;
    try {
      if (this.#updateDue >= 0 || (start < end && ((bytes[start] as number) & 0xe0) === 0x20)) this.#readSizeUpdates();
      const fields = this.#readFields();
      if (generation === table.generation && !this.tooLarge) {
        this.#cache ??= new BlockCache(generation);
        this.#cache.add(bytes, start, end, fields);
      }
      return fields;
    } finally {
      cursor.bytes = NO_BYTES;
    }
  }

  #readFields(): Fields {
    const fields: Field[] = [];
    const maxListBytes = this.#maxListBytes;
    const maxFields = this.#maxFields;
    const { bytes, end } = cursor;
    let at = cursor.at;
    let listBytes = 0;
    while (at < end) {
      const first = bytes[at] as number;
      let field: Field | undefined;
      if (first > 0x80 && first < 0xff) {
        at++;
        field = this.#entry(first & 0x7f);
        listBytes += field.name.length + field.value.length + ENTRY_OVERHEAD;
      } else {
        cursor.at = at;
        const room = this.tooLarge || fields.length >= maxFields ? 0 : maxListBytes - listBytes;
        field = this.#readField(first, room);
        listBytes += fieldSize;
        at = cursor.at;
      }
      if (listBytes > maxListBytes || fields.length >= maxFields) {
        this.tooLarge = true;
        // keeps the sum a small int however long the block is
        listBytes = maxListBytes + 1;
      } else fields.push(field as Field);
    }
    return fields;
  }

  /** Reads what does not fit into one byte and sets `fieldSize`; makes no field of a literal that is larger than `room`. */
  #readField(first: number, room: number): Field | undefined {
    if (first >= 0x80) {
      if (first === 0x80) throw new HpackError("a field has index 0");
      const field = this.#entry(readInteger(cursor, 0x7f));
      fieldSize = field.name.length + field.value.length + ENTRY_OVERHEAD;
      return field;
    }
    if (first >= 0x40) return this.#readIndexedLiteral(room);
    if (first >= 0x20) throw new HpackError("a table size update is not at the beginning of a block");
    // without indexing, or never indexed
    return this.#readLiteral(0x0f, first >= 0x10, room);
  }

  #entry(index: number): Field {
    if (index <= STATIC_TABLE.length) return STATIC_TABLE[index - 1] as Field;
    const field = this.#table.at(index - STATIC_TABLE.length - 1);
    if (field === undefined) throw new HpackError(`a field has index ${index}, which is beyond the table`);
    return field;
  }

  /** A literal with incremental indexing: in the list if it is at most `room`, in the table if that can hold it. */
  #readIndexedLiteral(room: number): Field | undefined {
    const field = this.#readLiteral(0x3f, false, Math.max(room, this.#table.maxSize));
    if (field === undefined || fieldSize > this.#table.maxSize) this.#table.clear();
    else this.#table.insert(field);
    return field;
  }

  #readLiteral(mask: number, sensitive: boolean, room: number): Field | undefined {
    const index = readInteger(cursor, mask);
    let name: string | undefined;
    let kind: number | undefined;
    let size = ENTRY_OVERHEAD;
    if (index !== 0) {
      const entry = this.#entry(index);
      name = entry.name;
      kind = entry.kind;
      size += name.length;
    } else {
      name = readString(room - size);
      size += stringLength;
    }
    const value = readString(room - size);
    fieldSize = size + stringLength;
    return name === undefined || value === undefined ? undefined : new Field(name, value, sensitive, kind);
  }

  /** RFC 7541 §4.2: at the beginning of a block, at most two: the lowest size since the last block and the final one. */
  #readSizeUpdates(): void {
    for (let count = 0; cursor.at < cursor.end && ((cursor.bytes[cursor.at] as number) & 0xe0) === 0x20; count++) {
      if (count === 2) throw new HpackError("a block begins with more than two table size updates");
      const size = readInteger(cursor, 0x1f);
      if (size > this.#tableLimit) throw new HpackError(`a table size update to ${size} is above the limit of ${this.#tableLimit}`);
      if (this.#updateDue >= 0 && size <= this.#updateDue) this.#updateDue = -1;
      this.#table.resize(size);
    }
    if (this.#updateDue >= 0) throw new HpackError("the table size was lowered and the next block does not begin with an update to it");
  }
}

/*
 * Shared by all decoders, for decoding calls nothing that could come back here: where the block is read, what the last string and
 * the last field measured, and room for Huffman strings.
 */
const NO_BYTES: Uint8Array = new Uint8Array(0);
const cursor: ByteCursor = { bytes: NO_BYTES, at: 0, end: 0 };
const scratch: Uint8Array = new Uint8Array(4096);
let stringLength = 0;
let fieldSize = 0;

/** Reads a string literal and sets `stringLength`; makes no string that is longer than `room`, but checks it all the same. */
function readString(room: number): string | undefined {
  if (cursor.at >= cursor.end) throw new HpackError("the header block ends inside a field");
  const { bytes } = cursor;
  const huffman = (bytes[cursor.at] as number) >= 0x80;
  const length = readInteger(cursor, 0x7f);
  const start = cursor.at;
  const end = start + length;
  if (end > cursor.end) throw new HpackError("the header block ends inside a string");
  cursor.at = end;
  if (!huffman) {
    stringLength = length;
    return length > room ? undefined : byteString(bytes, start, end);
  }
  const longest = maxDecodedLength(length);
  const target = longest < scratch.length ? scratch : new Uint8Array(Math.min(longest, Math.max(room, 0)));
  stringLength = decodeHuffman(bytes, start, end, target);
  return stringLength > room ? undefined : byteString(target, 0, stringLength);
}
