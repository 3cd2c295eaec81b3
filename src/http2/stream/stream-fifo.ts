import type { Http2Stream } from "./stream.js";

/** Streams that wait in the order in which they came. */
export class StreamFifo {
  #streams: Http2Stream[] = [];
  #first = 0;

  get length(): number {
    return this.#streams.length - this.#first;
  }

  push(stream: Http2Stream): void {
    this.#streams.push(stream);
  }

  shift(): Http2Stream | undefined {
    const stream = this.#streams[this.#first];
    if (stream === undefined) return undefined;
    this.#first++;
    if (this.#first === this.#streams.length) {
      this.#streams.length = 0;
      this.#first = 0;
    } else if (this.#first === 1024) {
      this.#streams = this.#streams.slice(1024);
      this.#first = 0;
    }
    return stream;
  }
}
