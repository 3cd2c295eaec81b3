import type { BodyFormat, MessageSink, PartialMessage } from "../rpc/body-format.js";
import { AFTER_CLOSING } from "../rpc/closed-body.js";

/**
 * Bodies of envelopes: each message after five bytes, one of flags and four of length, the most significant first
 * ("Length-Prefixed-Message" of gRPC over HTTP/2). The lowest flag says that the message is compressed. An envelope with `closingFlag` is the
 * last, and holds what a protocol says in the place of trailers; 0: there is none. One with any other flag is malformed.
 */
export function envelopeFormat(closingFlag = 0): BodyFormat {
  return new EnvelopeFormat(closingFlag);
}

const PREFIX_BYTES = 5;
const COMPRESSED = 0x01;

/** What a cut message gets of memory at first, or less when it is shorter. */
const FIRST_BYTES = 1024;
/** Later it gets at most this many times what has arrived of it, whatever it announces. */
const GROWTH = 4;

const NO_BYTES = new Uint8Array(0);

/** A message that the end of a chunk has cut. */
class CutMessage implements PartialMessage {
  held = 0;
  flags = 0;
  /** Whole once the prefix is, before that the part of it that has come. */
  length = 0;
  /** Begins with the `held - 5` bytes of the message that have come. Grows with them, in the end to exactly `length`. */
  bytes: Uint8Array = NO_BYTES;
}

class EnvelopeFormat implements BodyFormat {
  readonly prefixBytes = PREFIX_BYTES;
  readonly mayClose: boolean;
  readonly compressedByHead = false;
  private readonly closingFlag: number;
  private readonly scratch: Uint8Array = new Uint8Array(PREFIX_BYTES);

  constructor(closingFlag: number) {
    this.closingFlag = closingFlag;
    this.mayClose = closingFlag !== 0;
  }

  prefix(length: number, compressed: boolean): Uint8Array {
    const scratch = this.scratch;
    scratch[0] = compressed ? COMPRESSED : 0;
    scratch[1] = length >>> 24;
    scratch[2] = length >>> 16;
    scratch[3] = length >>> 8;
    scratch[4] = length;
    return scratch;
  }

  read(
    rest: PartialMessage | undefined,
    chunk: Uint8Array,
    start: number,
    end: number,
    maxBytes: number,
    sink: MessageSink,
  ): PartialMessage | undefined {
    let at = start;
    if (rest !== undefined) {
      at = this.resume(rest as CutMessage, chunk, start, end, maxBytes, sink);
      if (at === STOPPED) return undefined;
      if (at === STILL_CUT) return rest;
    }
    while (end - at >= PREFIX_BYTES) {
      const flags = chunk[at] as number;
      const length = readLength(chunk, at + 1);
      if (!this.admits(flags, length, maxBytes, sink)) return undefined;
      const first = at + PREFIX_BYTES;
      if (end - first < length) break;
      at = first + length;
      if (!this.give(flags, chunk, first, at, false, sink, end - at)) return undefined;
    }
    return at === end ? undefined : cut(chunk, at, end, sink);
  }

  finish(rest: PartialMessage | undefined, sink: MessageSink): void {
    if (rest !== undefined) sink.onMalformed(`the stream ended inside a message (${rest.held} bytes of it had come)`);
  }

  /** Goes on with a cut message. Returns where the next one begins, or one of the two verdicts below 0. */
  private resume(message: CutMessage, chunk: Uint8Array, start: number, end: number, maxBytes: number, sink: MessageSink): number {
    let at = start;
    if (message.held < PREFIX_BYTES) {
      at = holdPrefix(message, chunk, start, end);
      if (message.held < PREFIX_BYTES) return STILL_CUT;
      if (!this.admits(message.flags, message.length, maxBytes, sink)) return STOPPED;
      const whole = at + message.length;
      if (whole <= end) return this.give(message.flags, chunk, at, whole, false, sink, end - whole) ? whole : STOPPED;
    }
    const length = message.length;
    const missing = length + PREFIX_BYTES - message.held;
    const next = Math.min(end, at + missing);
    holdBytes(message, chunk, at, next, sink);
    if (next - at < missing) return STILL_CUT;
    return this.give(message.flags, message.bytes, 0, length, true, sink, end - next) ? next : STOPPED;
  }

  /** Looks at a prefix, before any memory is taken for what it announces. */
  private admits(flags: number, length: number, maxBytes: number, sink: MessageSink): boolean {
    if (flags > COMPRESSED && !this.closes(flags)) {
      sink.onMalformed(`an envelope has the flags 0x${flags.toString(16).padStart(2, "0")}`);
      return false;
    }
    if (length > maxBytes && !drops(flags, sink)) {
      sink.onOversize(length);
      return false;
    }
    return true;
  }

  private closes(flags: number): boolean {
    return this.closingFlag !== 0 && (flags & ~COMPRESSED) === this.closingFlag;
  }

  /** `follow`: bytes that come after it in the same chunk. */
  private give(flags: number, bytes: Uint8Array, start: number, end: number, owned: boolean, sink: MessageSink, follow: number): boolean {
    const wireBytes = end - start + PREFIX_BYTES;
    if (flags <= COMPRESSED) return sink.onMessage(bytes, start, end, flags === COMPRESSED, owned, wireBytes);
    if (follow > 0) sink.onMalformed(AFTER_CLOSING);
    else sink.onClosing(bytes, start, end, (flags & COMPRESSED) !== 0, wireBytes);
    return false;
  }
}

/** No more is to be read. */
const STOPPED = -1;
/** The chunk has ended before the message. */
const STILL_CUT = -2;

/** Unsigned: a length may have its highest bit set. */
function readLength(chunk: Uint8Array, at: number): number {
  const upper = ((chunk[at] as number) << 8) | (chunk[at + 1] as number);
  return upper * 0x10000 + (((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number));
}

/** Holds what a chunk has of a message that goes on after it. A whole prefix has been admitted. */
function cut(chunk: Uint8Array, start: number, end: number, sink: MessageSink): CutMessage {
  const message = new CutMessage();
  const at = holdPrefix(message, chunk, start, end);
  if (at < end) holdBytes(message, chunk, at, end, sink);
  return message;
}

function holdPrefix(message: CutMessage, chunk: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at < end && message.held < PREFIX_BYTES; at++, message.held++) {
    if (message.held === 0) message.flags = chunk[at] as number;
    else message.length = message.length * 0x100 + (chunk[at] as number);
  }
  return at;
}

/** Whether the bytes of this envelope are wanted by nobody. The last one always is. */
function drops(flags: number, sink: MessageSink): boolean {
  return flags <= COMPRESSED && sink.dropsMessages === true;
}

function holdBytes(message: CutMessage, chunk: Uint8Array, start: number, end: number, sink: MessageSink): void {
  if (start === end) return;
  if (drops(message.flags, sink)) {
    message.bytes = NO_BYTES;
    message.held += end - start;
    return;
  }
  const have = message.held - PREFIX_BYTES;
  const need = have + end - start;
  if (need > message.bytes.length) {
    const grown = new Uint8Array(Math.min(message.length, Math.max(FIRST_BYTES, need * GROWTH)));
    if (have > 0) grown.set(message.bytes.subarray(0, have));
    message.bytes = grown;
  }
  message.bytes.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), have);
  message.held += end - start;
}
