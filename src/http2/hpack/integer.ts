import { HpackError } from "./hpack-error.js";

/** A place to read from: `bytes[at, end)`. Reading moves `at`. */
export interface ByteCursor {
  bytes: Uint8Array;
  at: number;
  end: number;
}

/** The largest integer that is accepted. Nothing in a header block needs more, and it stays a small int. */
export const MAX_INTEGER: number = 0x3fff_ffff;

/**
 * Reads an integer with a prefix (RFC 7541 §5.1). `mask` is the prefix's bits, all ones: 0x7f for seven.
 * Throws {@link HpackError} when the block ends inside it or it is above {@link MAX_INTEGER}.
 */
export function readInteger(cursor: ByteCursor, mask: number): number {
  const { bytes, end } = cursor;
  if (cursor.at >= end) throw new HpackError("the header block ends inside an integer");
  const first = (bytes[cursor.at++] as number) & mask;
  if (first !== mask) return first;
  let value = mask;
  // five bytes more are enough for every value allowed; more would be padding, which serves only to waste time
  for (let shift = 0; shift <= 28; shift += 7) {
    if (cursor.at >= end) throw new HpackError("the header block ends inside an integer");
    const byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (value > MAX_INTEGER) break;
    if (byte < 0x80) return value;
  }
  throw new HpackError("an integer is too large");
}

/** Writes an integer with a prefix at `out[at]`, `flags` being the bits above the prefix. Returns where it ends. */
export function writeInteger(out: Uint8Array, at: number, flags: number, mask: number, value: number): number {
  if (value < mask) {
    out[at] = flags | value;
    return at + 1;
  }
  out[at++] = flags | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** The most bytes that {@link writeInteger} writes. */
export const MAX_INTEGER_LENGTH = 6;
