/** The size of a pooled output buffer: a turn's 64 KiB of DATA, one frame over, and the headers that go with them. */
export const OUTPUT_BUFFER_BYTES: number = 96 * 1024;

/**
 * Output buffers for all connections of a process. A connection takes one when it has something to write and none while it is idle.
 * Buffers that the platform keeps (its kernel buffers were full) never come back; the pool makes new ones.
 */
export class OutputPool {
  readonly #free: Uint8Array[] = [];
  readonly #keep: number;

  /** @param keep how many free buffers are held for reuse; default 16 (1.5 MiB). */
  constructor(keep = 16) {
    this.#keep = keep;
  }

  /** Buffers that wait for use. */
  get free(): number {
    return this.#free.length;
  }

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(OUTPUT_BUFFER_BYTES);
  }

  /** Takes back a buffer, or any view of one. What is not a pooled buffer is left to the collector. */
  release(bytes: Uint8Array): void {
    if (this.#free.length >= this.#keep || bytes.buffer.byteLength !== OUTPUT_BUFFER_BYTES) return;
    this.#free.push(bytes.byteLength === OUTPUT_BUFFER_BYTES ? bytes : new Uint8Array(bytes.buffer));
  }
}
