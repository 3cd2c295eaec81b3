import type { Fields } from "../../base/field.js";

const BLOCKS = 4;
const MAX_BLOCK_LENGTH = 512;
/** After so many misses in a row a peer is taken for one whose blocks all differ, and only one block in 64 is kept. */
const PATIENCE = 64;

/**
 * The last few header blocks of a connection and what they decoded to. A block that refers to the dynamic table means the same
 * only as long as the table has not changed, so everything is forgotten when its generation differs.
 */
export class BlockCache {
  #generation: number;
  #misses = 0;
  #next = 0;
  readonly #blocks: CachedBlock[] = [];

  constructor(generation: number) {
    this.#generation = generation;
  }

  /** The fields that `bytes[start, end)` decoded to when it was here last, or undefined. */
  find(bytes: Uint8Array, start: number, end: number, generation: number): Fields | undefined {
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#blocks.length = 0;
      this.#next = 0;
      return undefined;
    }
    const length = end - start;
    for (const block of this.#blocks) {
      if (block.length === length && isSame(block.bytes, bytes, start, length)) {
        this.#misses = 0;
        return block.fields;
      }
    }
    return undefined;
  }

  /** Keeps a block that was not found, if that is likely to be of use. */
  add(bytes: Uint8Array, start: number, end: number, fields: Fields): void {
    const length = end - start;
    if (length > MAX_BLOCK_LENGTH) return;
    if (++this.#misses > PATIENCE && this.#misses % PATIENCE !== 0) return;
    let block = this.#blocks[this.#next];
    if (block === undefined || block.bytes.length < length) {
      block = { bytes: new Uint8Array(Math.max(length, 32)), length, fields };
      this.#blocks[this.#next] = block;
    }
    block.length = length;
    block.fields = fields;
    for (let i = 0; i < length; i++) block.bytes[i] = bytes[start + i] as number;
    this.#next = (this.#next + 1) % BLOCKS;
  }
}

interface CachedBlock {
  readonly bytes: Uint8Array;
  length: number;
  fields: Fields;
}

/** Backwards: blocks of one peer differ at their end, where a field such as a time-out stands. */
function isSame(block: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (block[i] !== bytes[start + i]) return false;
  return true;
}
