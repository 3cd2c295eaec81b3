import { type Fields, NO_FIELDS } from "../../base/field.js";
import { DEFAULT_WINDOW } from "../flow/connection-window.js";
import { MAX_WINDOW } from "../flow/stream-window.js";
import { writeData, writeQueuedData } from "../frame/write-data.js";
import { writeHeaders } from "../frame/write-headers.js";
import { HpackEncoder } from "../hpack/index.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { SendQueue } from "../stream/send-queue.js";
import type { Http2Stream } from "../stream/stream.js";

/** The largest DATA frame that we send, whatever the peer allows: what one stream gets before the next has its turn. */
const FAIR_FRAME_BYTES = 16_384;

const NO_BYTES = new Uint8Array(0);

/**
 * Frames what streams send: at once while the windows, the turn's budget and the byte stream allow it, else through the stream's queue.
 * Streams with queued data take turns, one frame each, in a ring.
 */
export class Sender {
  /** The peer's window for the connection. */
  window: number = DEFAULT_WINDOW;
  /** Bytes of DATA that may be framed in this turn; 0 or less: wait for the next. */
  budget: number;
  /** The byte stream holds what was written; no more DATA is framed. */
  blocked = false;
  /** HEADERS and DATA frames sent so far (wraps). */
  framesSent = 0;
  /** Unframed bytes of all streams. */
  queuedBytes = 0;
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly #out: OutputBuffer;
  /** SETTINGS_MAX_FRAME_SIZE of the peer. */
  #maxFrameBytes = 16_384;
  /** The ring: streams with queued data and a window, in the order of their turns. */
  #first: SendQueue<Http2Stream> | undefined = undefined;
  #last: SendQueue<Http2Stream> | undefined = undefined;

  constructor(out: OutputBuffer, turnBytes: number) {
    this.#out = out;
    this.budget = turnBytes;
  }

  /** Whether DATA may be framed at all now. */
  get open(): boolean {
    return this.budget > 0 && !this.blocked;
  }

  /** Whether queued data waits only for the next turn. */
  get waiting(): boolean {
    return this.#first !== undefined && this.window > 0 && !this.blocked;
  }

  setMaxFrameBytes(bytes: number): void {
    this.#maxFrameBytes = bytes;
  }

  /** Widens the connection's window. False: it would exceed 2^31-1. */
  widen(increment: number): boolean {
    if (this.window > MAX_WINDOW - increment) return false;
    this.window += increment;
    return true;
  }

  head(stream: Http2Stream, prepared: Fields, extra: Fields, end: boolean): void {
    this.framesSent = (this.framesSent + 1) | 0;
    writeHeaders(this.#out, this.encoder, stream.id, prepared, extra, end, this.#maxFrameBytes);
  }

  /** Sends a piece of body. `stream.queue` is undefined afterwards when all is framed. */
  data(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, end: boolean): void {
    const length = prefix.length + bytes.length;
    if (length === 0 && !end) return;
    if (stream.queue === undefined && this.#fits(stream, length)) {
      this.#spend(stream, length);
      writeData(this.#out, stream.id, prefix, bytes, end, FAIR_FRAME_BYTES);
      return;
    }
    stream.queue ??= new SendQueue(stream);
    const { queue } = stream;
    // the prefix may be a scratch buffer
    queue.push(prefix.length === 0 ? NO_BYTES : new Uint8Array(prefix), bytes);
    this.queuedBytes += length;
    if (end) queue.end = true;
    this.enlist(stream);
  }

  /** Sends trailers, after what is queued. */
  trailers(stream: Http2Stream, prepared: Fields, extra: Fields): void {
    if (stream.queue === undefined) {
      this.head(stream, prepared, extra, true);
      return;
    }
    stream.queue.trailers = prepared;
    stream.queue.trailersExtra = extra;
    if (stream.queue.bytes === 0) this.#finish(stream);
  }

  /** Drops the queued body. The stream's end, if it is queued too, goes at once. False: a piece has gone in part. */
  discard(stream: Http2Stream): boolean {
    const { queue } = stream;
    if (queue === undefined) return true;
    const whole = !queue.cut;
    this.queuedBytes -= queue.bytes;
    queue.discard();
    if (queue.end || queue.trailers !== undefined || !queue.inRing) this.#finish(stream);
    return whole;
  }

  /** Drops everything that the stream has queued. */
  drop(stream: Http2Stream): void {
    const { queue } = stream;
    if (queue === undefined) return;
    this.queuedBytes -= queue.bytes;
    queue.discard();
    stream.queue = undefined;
  }

  /** Frames the next turn of the ring. Returns the stream whose turn it was, undefined when nothing can be sent now. */
  sendNext(): Http2Stream | undefined {
    while (this.#first !== undefined && this.open) {
      const queue = this.#first;
      const stream = queue.owner;
      if (stream.queue !== queue) {
        // the stream has ended, or discarded what it had queued
        this.#shift();
      } else if (queue.bytes === 0) {
        // an empty last frame needs no window
        this.#shift();
        this.#finish(stream);
        return stream;
      } else {
        if (this.window <= 0) return undefined;
        this.#shift();
        // with its window used up it waits outside for WINDOW_UPDATE
        if (stream.sendWindow > 0) {
          this.#sendQueued(stream, queue);
          return stream;
        }
      }
    }
    return undefined;
  }

  /** The stream's window has been widened: it takes its turns again. */
  enlist(stream: Http2Stream): void {
    const { queue } = stream;
    if (queue !== undefined && !queue.inRing && stream.sendWindow > 0) this.#push(queue);
  }

  #sendQueued(stream: Http2Stream, queue: SendQueue<Http2Stream>): void {
    const length = Math.min(queue.bytes, FAIR_FRAME_BYTES, this.window, stream.sendWindow);
    this.#spend(stream, length);
    this.queuedBytes -= length;
    queue.endSent = queue.end && length === queue.bytes;
    writeQueuedData(this.#out, stream.id, queue, length, queue.endSent, FAIR_FRAME_BYTES);
    if (queue.bytes === 0) this.#finish(stream);
    else this.enlist(stream);
  }

  /** The body of the queue has gone: what follows it goes too, and the queue with it. */
  #finish(stream: Http2Stream): void {
    const { queue } = stream;
    stream.queue = undefined;
    if (queue === undefined) return;
    if (queue.trailers !== undefined) this.head(stream, queue.trailers, queue.trailersExtra ?? NO_FIELDS, true);
    else if (queue.end && !queue.endSent) {
      this.framesSent = (this.framesSent + 1) | 0;
      writeData(this.#out, stream.id, NO_BYTES, NO_BYTES, true, FAIR_FRAME_BYTES);
    }
  }

  #fits(stream: Http2Stream, length: number): boolean {
    if (length === 0) return true;
    return length <= FAIR_FRAME_BYTES && length <= stream.sendWindow && length <= this.window && this.open;
  }

  #spend(stream: Http2Stream, length: number): void {
    this.framesSent = (this.framesSent + 1) | 0;
    stream.sendWindow -= length;
    this.window -= length;
    this.budget -= length;
  }

  #push(queue: SendQueue<Http2Stream>): void {
    queue.inRing = true;
    if (this.#last === undefined) this.#first = queue;
    else this.#last.next = queue;
    this.#last = queue;
  }

  #shift(): void {
    const queue = this.#first as SendQueue<Http2Stream>;
    this.#first = queue.next;
    if (this.#first === undefined) this.#last = undefined;
    queue.next = undefined;
    queue.inRing = false;
  }
}
