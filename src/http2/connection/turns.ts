import type { Http2ConnectionEvents } from "../events.js";
import type { Http2Limits } from "../limits.js";
import { type Http2Stream, StreamFlag } from "../stream/stream.js";
import { StreamFifo } from "../stream/stream-fifo.js";
import type { Sender } from "./sender.js";

/** Streams whose `sendData` said wait: they go on in the order in which they came, in a later turn of the loop. */
export class Turns {
  readonly #events: Http2ConnectionEvents;
  readonly #sender: Sender;
  readonly #turnBytes: number;
  readonly #queueBytes: number;
  readonly #maxQueuedBytes: number;
  readonly #writers = new StreamFifo();
  #asked = false;

  constructor(events: Http2ConnectionEvents, sender: Sender, limits: Http2Limits) {
    this.#events = events;
    this.#sender = sender;
    this.#turnBytes = limits.turnBytes;
    this.#queueBytes = limits.sendQueueBytes;
    this.#maxQueuedBytes = limits.maxQueuedBytes;
  }

  /** The turn that was asked for has begun. */
  begun(): void {
    this.#asked = false;
    this.#sender.budget = this.#turnBytes;
  }

  /** The byte stream has drained: a turn too, but not the one that was asked for. */
  refill(): void {
    this.#sender.budget = this.#turnBytes;
  }

  /** Bytes have arrived, so this is a new turn; those who asked for one keep their place. */
  freshen(): void {
    if (!this.#asked) this.#sender.budget = this.#turnBytes;
  }

  /** Whether `sendData` may say go on. */
  hasRoom(stream: Http2Stream): boolean {
    return this.#sender.open && this.#queueHasRoom(stream);
  }

  /** A peer that opens many streams and no window must not make us hold a whole queue for each of them. */
  #queueHasRoom({ queue }: Http2Stream): boolean {
    return queue === undefined || (queue.bytes <= this.#queueBytes && this.#sender.queuedBytes <= this.#maxQueuedBytes);
  }

  /** Files a stream that wants to write, unless it has too much queued: what its queue gives up brings it here again. */
  await(stream: Http2Stream): void {
    if ((stream.flags & StreamFlag.inWriters) !== 0) return;
    if (!this.#queueHasRoom(stream)) return;
    stream.flags |= StreamFlag.inWriters;
    this.#writers.push(stream);
    this.ask();
  }

  /** Lets writers go on as far as the budget goes. */
  run(): void {
    for (let count = this.#writers.length; count > 0 && this.#sender.open; count--) {
      const stream = this.#writers.shift() as Http2Stream;
      const { flags } = stream;
      stream.flags &= ~(StreamFlag.inWriters | StreamFlag.wantsWritable);
      const wants = (flags & StreamFlag.wantsWritable) !== 0;
      if (wants && (flags & (StreamFlag.endAsked | StreamFlag.ended)) === 0) stream.events?.onWritable();
    }
    if (this.#writers.length > 0) this.ask();
  }

  ask(): void {
    // a byte stream that is blocked begins the turn itself when it has drained
    if (this.#asked || this.#sender.blocked) return;
    this.#asked = true;
    this.#events.onTurnWanted();
  }
}
