import type { Fields } from "../../base/field.js";
import type { Peer } from "../../base/peer.js";
import type { SendQueue } from "./send-queue.js";
import { StreamState } from "./state.js";
import type { StreamEvents } from "./stream-events.js";

/** Bits of `Http2Stream.flags`: what has happened to a stream beside its state. */
export const StreamFlag = {
  /** Our head has been sent. */
  headSent: 1,
  /** Our last frame has been asked for; it may wait in the queue. */
  endAsked: 2,
  /** The peer's final head has arrived. */
  headReceived: 4,
  /** `onEnd` has been called. */
  ended: 8,
  /** `sendData` has returned false: `onWritable` is due. */
  wantsWritable: 16,
  /** Waits in the list of writers for its turn. */
  inWriters: 32,
  /** `reset(NO_ERROR)` was called while the end was still queued. */
  resetWhenSent: 64,
  /** The handler has settled, or there is none. */
  settled: 128,
  /** Holds a concurrency slot. */
  holdsSlot: 256,
} as const;

/** What a stream's commands go to: the connection. */
export interface StreamHost {
  readonly peer: Peer;
  sendHead(stream: Http2Stream, prepared: Fields, extra: Fields, end: boolean): void;
  sendData(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean;
  sendTrailers(stream: Http2Stream, prepared: Fields, extra: Fields): void;
  respond(
    stream: Http2Stream,
    head: Fields,
    headExtra: Fields,
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: Fields,
    trailersExtra: Fields,
  ): void;
  discardQueued(stream: Http2Stream): boolean;
  consume(stream: Http2Stream, bytes: number): void;
  reset(stream: Http2Stream, code: number): void;
  settled(stream: Http2Stream): void;
}

/**
 * One HTTP/2 stream. It satisfies the `Exchange` interface of the layer above, so that nothing stands between a protocol and the
 * engine. Fields are few and mostly small integers: a connection may hold ten thousands of idle streams.
 *
 * The fields are the engine's; users call the methods.
 */
export class Http2Stream {
  /** 0 until the head of a client's stream is sent. */
  id: number;
  /** One of `StreamState`. */
  state: number = StreamState.idle;
  /** Bits of `StreamFlag`. */
  flags = 0;
  /** What the peer lets us send; negative after it has lowered SETTINGS_INITIAL_WINDOW_SIZE. */
  sendWindow: number;
  /** What the peer may still send. */
  receiveWindow: number;
  /** Received and not yet consumed. */
  unread = 0;
  /** Consumed and not yet given back with WINDOW_UPDATE. */
  credit = 0;
  /** What this stream has drawn on the window budget. */
  drawn = 0;
  /** Body bytes that content-length still promises; -1: it said nothing. */
  bodyLeft = -1;
  /** Present only while something waits to be sent. */
  queue: SendQueue<Http2Stream> | undefined = undefined;
  /** Undefined only while the server decides where a new stream's events go. */
  events: StreamEvents | undefined;
  readonly #host: StreamHost;

  constructor(host: StreamHost, id: number, events: StreamEvents | undefined, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.events = events;
    this.#host = host;
  }

  get peer(): Peer {
    return this.#host.peer;
  }

  get fullDuplex(): boolean {
    return true;
  }

  /** Sends the head. `prepared` is a shared list, encoded once per connection; `extra` is this stream's own. */
  sendHead(prepared: Fields, extra: Fields, end: boolean): void {
    this.#host.sendHead(this, prepared, extra, end);
  }

  /**
   * Sends `prefix` then `bytes` as one piece of the body. `prefix` is copied during the call; `bytes` belongs to the stream from now
   * on. Always accepted whole; false: wait for `onWritable` before the next.
   */
  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    return this.#host.sendData(this, prefix, bytes, end);
  }

  /** Sends the trailers and ends the local half. */
  sendTrailers(prepared: Fields, extra: Fields): void {
    this.#host.sendTrailers(this, prepared, extra);
  }

  /** Head, one piece of body and trailers at once: the fast path of a unary response. */
  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.#host.respond(this, head, headExtra, prefix, bytes, trailers, trailersExtra);
  }

  /** Drops the data that was accepted and is not yet framed, so that the end can go at once. False: a piece has gone in part. */
  discardQueued(): boolean {
    return this.#host.discardQueued(this);
  }

  /** Gives credit back for received body bytes. What is not given back is when the stream ends. */
  consume(bytes: number): void {
    this.#host.consume(this, bytes);
  }

  /**
   * Ends the stream with an `ErrorCode`: at once, dropping what is queued; NO_ERROR after the local half has ended lets what is
   * queued go first. Idempotent.
   */
  reset(code: number): void {
    this.#host.reset(this, code);
  }

  /** Server: the handler has settled, its concurrency slot may be given to the next once the stream is over. */
  settled(): void {
    this.#host.settled(this);
  }
}
