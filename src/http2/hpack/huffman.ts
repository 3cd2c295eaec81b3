import { HpackError } from "./hpack-error.js";
import { CODE_LENGTHS, CODES } from "./huffman-table.js";

/** The number of bytes that {@link encodeHuffman} writes for this byte string. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_LENGTHS[text.charCodeAt(i) & 0xff] as number;
  return (bits + 7) >>> 3;
}

/** Writes a byte string in the Huffman code at `out[at]` (RFC 7541 §5.2). Returns where it ends. */
export function encodeHuffman(text: string, out: Uint8Array, at: number): number {
  // the bits not yet written are the low `count` of `bits`, never more than 7 between two characters; a code has up to 30,
  // so one that would not fit into 32 bits is added in two steps
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i) & 0xff;
    let code = CODES[byte] as number;
    let length = CODE_LENGTHS[byte] as number;
    if (length > 24) {
      bits = (bits << (length - 16)) | (code >>> 16);
      count += length - 16;
      while (count >= 8) {
        count -= 8;
        out[at++] = bits >>> count;
      }
      code &= 0xffff;
      length = 16;
    }
    bits = (bits << length) | code;
    count += length;
    while (count >= 8) {
      count -= 8;
      out[at++] = bits >>> count;
    }
  }
  if (count > 0) out[at++] = (bits << (8 - count)) | (0xff >>> count);
  return at;
}

/**
 * Decodes the Huffman code `bytes[start, end)` into `out` from its beginning and returns the number of bytes. What does not fit
 * into `out` is counted and not written; one byte behind the string may be overwritten. Throws {@link HpackError} for EOS in the
 * string and for padding that is longer than 7 bits or not all ones.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  if (PADDING[0] !== 1) buildAutomaton();
  let length = 0;
  let state = 0;
  let invalid = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    // written whether the step ends a code or not, and counted only if it does: which one cannot be foreseen by the processor
    const high = STEPS[state | (byte >>> 4)] as number;
    out[length] = high;
    length += (high >>> 24) & 1;
    const low = STEPS[((high >>> 8) & 0xff0) | (byte & 0xf)] as number;
    out[length] = low;
    length += (low >>> 24) & 1;
    state = (low >>> 8) & 0xff0;
    invalid |= high | low;
  }
  if (invalid & INVALID) throw new HpackError("a Huffman string has EOS in it");
  if (PADDING[state >>> 4] !== 1) throw new HpackError("a Huffman string is not padded with up to 7 ones");
  return length;
}

/** The longest string, in bytes, that a Huffman code of this many bytes can stand for: no code is shorter than 5 bits. */
export function maxDecodedLength(encodedBytes: number): number {
  return Math.floor((encodedBytes * 8) / 5);
}

/*
 * The decoder reads four bits at a time. It is an automaton whose states are the inner nodes of the code's tree (256 of them; the
 * root is 0). A step is an integer: the byte that a code just ended stands for (bits 0-7), the next state × 16 (bits 12-19, read
 * at bits 4-11 after a shift by 8), and two flags. No code is shorter than 5 bits, so a step ends at most one.
 */
/** Bit 24, which `decodeHuffman` adds to the length. */
const EMIT = 1 << 24;
const INVALID = 1 << 25;
const STEPS: Int32Array = new Int32Array(256 * 16);
/** 1 for the states in which a string may end: the root, and what up to 7 ones after a code lead to. */
const PADDING: Uint8Array = new Uint8Array(256);

/** Fills the tables, with the first string that is decoded: it takes over a millisecond, too much for an import. */
function buildAutomaton(): void {
  const EOS = 256;
  // children[node * 2 + bit]: an inner node, or a leaf as -1 - symbol
  const children: number[] = [0, 0];
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const length = symbol === EOS ? 30 : (CODE_LENGTHS[symbol] as number);
    const code = symbol === EOS ? 0x3fff_ffff : (CODES[symbol] as number);
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const edge = node * 2 + ((code >>> bit) & 1);
      node = children[edge] as number;
      if (node === 0) {
        node = children.length / 2;
        children.push(0, 0);
        children[edge] = node;
      }
    }
    children[node * 2 + (code & 1)] = -1 - symbol;
  }
  for (let state = 0; state < 256; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state;
      let step = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const next = children[node * 2 + ((nibble >>> bit) & 1)] as number;
        node = Math.max(next, 0);
        if (next === -1 - EOS) step |= INVALID;
        else if (next < 0) step |= EMIT | (-1 - next);
      }
      STEPS[state * 16 + nibble] = step | (node << 12);
    }
  }
  let node = 0;
  for (let ones = 0; ones <= 7; ones++) {
    PADDING[node] = 1;
    node = children[node * 2 + 1] as number;
  }
}
