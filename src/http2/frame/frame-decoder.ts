import { type Fault, frameSizeFault, protocolFault } from "../fault.js";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./frame-type.js";

/** What {@link FrameDecoder.next} found. */
export const Decoded = {
  /** Nothing more in these bytes. */
  nothing: 0,
  /** A whole frame other than DATA, its payload (without padding) at `bytes[start, end)`. */
  frame: 1,
  /** A piece of a DATA frame's body at `bytes[start, end)`; see `first` and `last`. */
  data: 2,
  /** Malformed; see `fault`. Nothing can follow. */
  fault: 3,
} as const;

const EMPTY = new Uint8Array(0);

/**
 * Finds frames in the bytes of a connection. Works in place: DATA is handed on in pieces as it arrives, other frames where they lie in
 * the bytes received. Only what is cut between two reads is copied, once. A pull parser: `feed`, then `next` until it says `nothing`;
 * what it found is in its fields and valid until the next call.
 */
export class FrameDecoder {
  type = 0;
  flags = 0;
  streamId = 0;
  /** The length of the whole frame, padding included: what counts for flow control. */
  length = 0;
  /** Where the payload is. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** DATA: how much of `length` is padding and its length byte. */
  padding = 0;
  /** HEADERS: the stream that its priority depends on, -1 where it has none. */
  dependency = -1;
  /** DATA: this piece begins, ends its frame. One piece may do both. */
  first = false;
  last = false;
  fault: Fault | undefined = undefined;
  /** A frame other than DATA has begun and is not whole. */
  partial = false;

  readonly #maxFrameBytes: number;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** A frame header, or the payload of a frame other than DATA, that is cut between reads; `#collected` bytes of it are there. */
  #collecting: Uint8Array | undefined = undefined;
  #collectsHeader = false;
  #collected = 0;
  /** What is to come of the DATA frame in hand. */
  #inData = false;
  #announced = false;
  #padLengthDue = false;
  #dataLeft = 0;
  #padLeft = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** The bytes to look at next. Those before must have been read to `nothing`. They are not kept. */
  feed(chunk: Uint8Array, at: number): void {
    this.#chunk = chunk;
    this.#at = at;
  }

  next(): number {
    if (this.#inData) return this.#nextData();
    const chunk = this.#chunk;
    let at = this.#at;
    if (this.#collecting !== undefined) return this.#collect();
    const available = chunk.length - at;
    if (available < FRAME_HEADER_BYTES) {
      if (available === 0) return this.#pause();
      this.partial = true;
      this.#collecting = new Uint8Array(FRAME_HEADER_BYTES);
      this.#collectsHeader = true;
      this.#collected = 0;
      return this.#collect();
    }
    this.#readHeader(chunk, at);
    at += FRAME_HEADER_BYTES;
    this.#at = at;
    return this.#begin();
  }

  #readHeader(bytes: Uint8Array, at: number): void {
    this.length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    this.type = bytes[at + 3] as number;
    this.flags = bytes[at + 4] as number;
    this.streamId =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
  }

  /** The header has been read; `#at` is where the payload begins. */
  #begin(): number {
    const { length, type } = this;
    if (length > this.#maxFrameBytes) {
      return this.#fail(frameSizeFault(`a frame of ${length} bytes is above SETTINGS_MAX_FRAME_SIZE (${this.#maxFrameBytes})`));
    }
    if (type === FrameType.DATA) {
      this.partial = false;
      if (this.streamId === 0) return this.#fail(protocolFault("a DATA frame on stream 0"));
      this.#inData = true;
      this.#announced = false;
      this.padding = 0;
      this.#dataLeft = length;
      this.#padLeft = 0;
      this.#padLengthDue = (this.flags & FrameFlag.PADDED) !== 0;
      if (this.#padLengthDue && length === 0) return this.#fail(frameSizeFault("a padded DATA frame has no pad length"));
      return this.#nextData();
    }
    if (this.#chunk.length - this.#at >= length) {
      this.bytes = this.#chunk;
      this.start = this.#at;
      this.#at += length;
      this.end = this.#at;
      this.partial = false;
      return type === FrameType.HEADERS ? this.#strip() : Decoded.frame;
    }
    this.partial = true;
    this.#collecting = new Uint8Array(length);
    this.#collectsHeader = false;
    this.#collected = 0;
    return this.#collect();
  }

  /** Moves what there is to what is being collected: a header, or a payload. */
  #collect(): number {
    const target = this.#collecting as Uint8Array;
    const count = Math.min(target.length - this.#collected, this.#chunk.length - this.#at);
    for (let i = 0; count <= 16 && i < count; i++) target[this.#collected + i] = this.#chunk[this.#at + i] as number;
    if (count > 16) target.set(this.#chunk.subarray(this.#at, this.#at + count), this.#collected);
    this.#at += count;
    this.#collected += count;
    if (this.#collected < target.length) return this.#pause();
    this.#collecting = undefined;
    if (this.#collectsHeader) {
      this.#readHeader(target, 0);
      return this.#begin();
    }
    this.bytes = target;
    this.start = 0;
    this.end = target.length;
    this.partial = false;
    return this.type === FrameType.HEADERS ? this.#strip() : Decoded.frame;
  }

  /** The next piece of the DATA frame in hand. Padding is passed over; the last piece waits for the end of it. */
  #nextData(): number {
    const chunk = this.#chunk;
    if (this.#padLengthDue) {
      if (this.#at === chunk.length) return this.#pause();
      const padding = chunk[this.#at++] as number;
      this.#padLengthDue = false;
      if (padding >= this.length) return this.#fail(protocolFault("the padding of a DATA frame is longer than the frame"));
      this.#padLeft = padding;
      this.padding = 1 + padding;
      this.#dataLeft = this.length - 1 - padding;
    }
    const available = chunk.length - this.#at;
    const count = Math.min(available, this.#dataLeft);
    const start = this.#at;
    this.#at += count;
    this.#dataLeft -= count;
    if (this.#dataLeft === 0 && this.#padLeft > 0) {
      const padding = Math.min(this.#padLeft, chunk.length - this.#at);
      this.#at += padding;
      this.#padLeft -= padding;
    }
    const last = this.#dataLeft === 0 && this.#padLeft === 0;
    if (!last && count === 0 && this.#announced) return this.#pause();
    this.first = !this.#announced;
    this.#announced = true;
    this.last = last;
    this.#inData = !last;
    this.bytes = chunk;
    this.start = start;
    this.end = start + count;
    return Decoded.data;
  }

  /** Waits for more bytes and lets go of those it had. */
  #pause(): number {
    this.#chunk = EMPTY;
    this.bytes = EMPTY;
    this.#at = 0;
    return Decoded.nothing;
  }

  /** Takes padding and priority off a HEADERS frame (RFC 9113 §6.2). `priority` says what it depended on. */
  #strip(): number {
    this.dependency = -1;
    const { flags } = this;
    if ((flags & (FrameFlag.PADDED | FrameFlag.PRIORITY)) === 0) return Decoded.frame;
    let padding = 0;
    if ((flags & FrameFlag.PADDED) !== 0) {
      if (this.start === this.end) return this.#fail(frameSizeFault("a padded HEADERS frame has no pad length"));
      padding = this.bytes[this.start++] as number;
    }
    if ((flags & FrameFlag.PRIORITY) !== 0) {
      if (this.end - this.start < 5) return this.#fail(frameSizeFault("a HEADERS frame with PRIORITY is too short for it"));
      this.dependency = readStreamId(this.bytes, this.start);
      this.start += 5;
    }
    if (padding > this.end - this.start) return this.#fail(protocolFault("the padding of a HEADERS frame is longer than the frame"));
    this.end -= padding;
    return Decoded.frame;
  }

  #fail(fault: Fault): number {
    this.fault = fault;
    return Decoded.fault;
  }
}

/** Reads 31 bits. */
export function readStreamId(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** Reads 32 bits, unsigned. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return readStreamId(bytes, at) + ((bytes[at] as number) >= 0x80 ? 0x8000_0000 : 0);
}
