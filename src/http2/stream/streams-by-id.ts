import type { Http2Stream } from "./stream.js";

const FEWEST_BITS = 3;
/** A table this small is not worth making smaller. */
const SMALL_BITS = 6;

/**
 * Streams by their ids: a table with open addressing that is changed in place.
 *
 * No `Map`, since streams come and go: V8 copies a `Map` that does so every few dozen of them, and leaves a copy behind that refers to
 * the next one and to all streams that were open. Once one of them is old, each keeps the next and its streams until the whole heap is
 * collected, so that half of what a client allocates looked alive to each scavenge (docs/decisions/0019-streams-by-id.md).
 */
export class StreamsById {
  size = 0;
  /** 2 to the power of `#bits`, at most half of them filled. Made with the first stream: most connections of a server rest. */
  #slots: (Http2Stream | undefined)[] = NONE;
  #bits = 0;

  get(id: number): Http2Stream | undefined {
    if (this.size === 0) return undefined;
    return this.#slots[this.#find(id)];
  }

  /** The stream must have an id, and none with it may be here. */
  add(stream: Http2Stream): void {
    if (this.size * 2 >= this.#slots.length) this.#resize(Math.max(this.#bits + 1, FEWEST_BITS));
    this.#slots[this.#find(stream.id)] = stream;
    this.size++;
  }

  delete(id: number): void {
    if (this.size === 0) return;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#find(id);
    if (slots[hole] === undefined) return;
    // what stands behind it moves up, unless that were before its place
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const stream = slots[at];
      if (stream === undefined) break;
      if (((at - this.#place(stream.id)) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = stream;
      hole = at;
    }
    slots[hole] = undefined;
    this.size--;
    if (this.#bits > SMALL_BITS && this.size * 16 < slots.length) this.#resize(this.#bits - 2);
  }

  /** In the order of their ids, which is that in which they came. */
  all(): Http2Stream[] {
    const streams: Http2Stream[] = [];
    for (const stream of this.#slots) if (stream !== undefined) streams.push(stream);
    return streams.sort((one, other) => one.id - other.id);
  }

  /** Where the stream of this id is, or would be. */
  #find(id: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = this.#place(id);
    for (let stream = slots[at]; stream !== undefined && stream.id !== id; stream = slots[at]) at = (at + 1) & mask;
    return at;
  }

  /** Ids that follow one another are spread evenly by the golden ratio, so that long-lived ones stand in nobody's way. */
  #place(id: number): number {
    return Math.imul(id, 0x9e3779b1) >>> (32 - this.#bits);
  }

  #resize(bits: number): void {
    const old = this.#slots;
    this.#bits = bits;
    this.#slots = new Array(2 ** bits).fill(undefined);
    for (let i = 0; i < old.length; i++) {
      const stream = old[i];
      if (stream === undefined) continue;
      // what is left behind must refer to no stream
      old[i] = undefined;
      this.#slots[this.#find(stream.id)] = stream;
    }
  }
}

const NONE: (Http2Stream | undefined)[] = [];
