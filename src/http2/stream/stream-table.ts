import { StreamState } from "./state.js";
import type { Http2Stream } from "./stream.js";
import { StreamsById } from "./streams-by-id.js";

/** How many streams that the peer has closed are remembered, to tell a fault from a frame that was on its way. */
const REMEMBERED = 64;

/** The open streams of a connection, and a short memory of those that the peer has closed. */
export class StreamTable {
  readonly #streams = new StreamsById();
  /** Opened by us, without an id as long as their head is not sent: mostly none or one. The first `#unsentSize` count. */
  readonly #unsent: (Http2Stream | undefined)[] = [];
  #unsentSize = 0;
  #last: Http2Stream | undefined = undefined;
  /** Ids, negative where the peer reset the stream; a ring. */
  #closed: Int32Array | undefined = undefined;
  #closedAt = 0;

  get size(): number {
    return this.#streams.size + this.#unsentSize;
  }

  get(id: number): Http2Stream | undefined {
    if (this.#last !== undefined && this.#last.id === id) return this.#last;
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#last = stream;
    return stream;
  }

  add(stream: Http2Stream): void {
    this.#streams.add(stream);
    this.#last = stream;
  }

  addUnsent(stream: Http2Stream): void {
    this.#unsent[this.#unsentSize++] = stream;
  }

  /** The stream has its id now. */
  numbered(stream: Http2Stream): void {
    this.#removeUnsent(stream);
    this.add(stream);
  }

  remove(stream: Http2Stream): void {
    if (stream.id === 0) {
      this.#removeUnsent(stream);
      return;
    }
    this.#streams.delete(stream.id);
    if (this.#last === stream) this.#last = undefined;
    if (stream.state === StreamState.closedByEnd) this.#remember(stream.id);
    else if (stream.state === StreamState.closedByTheirReset) this.#remember(-stream.id);
  }

  /** The state of a stream that was open once: as remembered, else as if we had reset it, when anything may still be on its way. */
  closedState(id: number): number {
    if (this.#closed !== undefined) {
      for (let i = 0; i < REMEMBERED; i++) {
        if (this.#closed[i] === id) return StreamState.closedByEnd;
        if (this.#closed[i] === -id) return StreamState.closedByTheirReset;
      }
    }
    return StreamState.closedByOurReset;
  }

  /** All open streams as they are now; it stays as it is while they end. */
  all(): Http2Stream[] {
    return [...this.#streams.all(), ...(this.#unsent.slice(0, this.#unsentSize) as Http2Stream[])];
  }

  #removeUnsent(stream: Http2Stream): void {
    const index = this.#unsent.lastIndexOf(stream, this.#unsentSize - 1);
    if (index === -1) return;
    // the order is kept, for so they are told of the connection's end
    this.#unsent.copyWithin(index, index + 1, this.#unsentSize);
    this.#unsent[--this.#unsentSize] = undefined;
  }

  #remember(entry: number): void {
    this.#closed ??= new Int32Array(REMEMBERED);
    this.#closed[this.#closedAt] = entry;
    this.#closedAt = (this.#closedAt + 1) % REMEMBERED;
  }
}
