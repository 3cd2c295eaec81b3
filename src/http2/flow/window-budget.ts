/**
 * What the receive windows of all streams of a process may grow beyond their initial size, together. A stream that would gain from a
 * larger window draws on it and gives it back when it ends, so that many fast peers cannot make the process buffer without bound.
 */
export class WindowBudget {
  readonly #limit: number;
  #used = 0;

  /** @param limit in bytes; default 32 MiB. */
  constructor(limit: number = 32 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** Bytes that are drawn now. */
  get used(): number {
    return this.#used;
  }

  /** Draws up to `bytes`; returns how many were left to draw. */
  draw(bytes: number): number {
    const drawn = Math.min(bytes, this.#limit - this.#used);
    this.#used += drawn;
    return drawn;
  }

  /** Gives back what was drawn. */
  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
