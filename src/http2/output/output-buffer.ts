import { OUTPUT_BUFFER_BYTES, type OutputPool } from "./output-pool.js";

const NONE = new Uint8Array(0);

/**
 * The bytes that a connection has framed and not yet handed out: one pooled buffer that is written into, and those that are full.
 * Writers `reserve`, then write at `bytes[end]` and move `end`. Holds no buffer while nothing waits.
 */
export class OutputBuffer {
  bytes: Uint8Array = NONE;
  end = 0;
  /** The stream whose DATA frame begins at `dataAt` and is the last thing written as long as `end` is `dataEnd`; 0: none. */
  dataStream = 0;
  dataAt = 0;
  dataEnd = 0;
  /** Control frames that wait. */
  controlFrames = 0;
  readonly #pool: OutputPool;
  #full: Uint8Array[] = [];
  #fullBytes = 0;

  constructor(pool: OutputPool) {
    this.#pool = pool;
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#fullBytes + this.end;
  }

  /** Makes room for `count` bytes in one piece at `bytes[end]`. */
  reserve(count: number): void {
    if (this.bytes.length - this.end < count) this.#rotate(count);
  }

  /** The oldest piece, a view of its buffer, which belongs to the caller until it is released to the pool. */
  take(): Uint8Array | undefined {
    const full = this.#full.shift();
    if (full !== undefined) {
      this.#fullBytes -= full.length;
      return full;
    }
    this.controlFrames = 0;
    if (this.end === 0) return undefined;
    return this.#detach();
  }

  #rotate(count: number): void {
    if (this.end > 0) {
      this.#fullBytes += this.end;
      this.#full.push(this.#detach());
    }
    this.bytes = count <= OUTPUT_BUFFER_BYTES ? this.#pool.take() : new Uint8Array(count);
  }

  #detach(): Uint8Array {
    const piece = this.bytes.subarray(0, this.end);
    this.bytes = NONE;
    this.end = 0;
    this.dataStream = 0;
    return piece;
  }
}
