/** How messages are laid out in a body. Stateless: what is incomplete is carried by the caller from one read to the next. */
export interface BodyFormat {
  /** The length of what `prefix` gives, the same for every message. */
  readonly prefixBytes: number;
  /** The peer's last word may stand in it: it has to be read to its end, even where nobody wants its messages. */
  readonly mayClose: boolean;
  /** Messages say nothing of their compression: the head has said it of the whole body. */
  readonly compressedByHead: boolean;
  /** The bytes before a message of this length, in a scratch buffer that is valid until the next call. */
  prefix(length: number, compressed: boolean): Uint8Array;
  /**
   * Reads body bytes `chunk[start, end)` after the incomplete message left over by the previous read. Calls the sink for each whole
   * message, in order; returns what is incomplete now. After `onOversize`, or when the sink says stop, the rest is not read.
   * `last`: the body ends with these bytes, and `finish` follows.
   */
  read(
    rest: PartialMessage | undefined,
    chunk: Uint8Array,
    start: number,
    end: number,
    maxBytes: number,
    sink: MessageSink,
    last: boolean,
  ): PartialMessage | undefined;
  /** The body has ended after what the last read left over: calls the sink for what that is. */
  finish(rest: PartialMessage | undefined, sink: MessageSink): void;
}

/** A message of which only a part has arrived. */
export interface PartialMessage {
  /** Bytes held so far, prefix included. */
  readonly held: number;
}

/** Takes the messages out of a body. */
export interface MessageSink {
  /** Nobody wants messages any more: none is too large, and their bytes need not be kept. Left out: they are wanted. */
  readonly dropsMessages?: boolean;
  /**
   * A whole message. `bytes[start, end)` is a view of the chunk, valid only during the call, unless `owned`. Returns false to stop reading.
   * `wireBytes`: what the message took in the body, prefix included.
   */
  onMessage(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, wireBytes: number): boolean;
  /** The peer's last word on the call, which stands in the body; valid only during the call. Nothing may follow it. */
  onClosing(bytes: Uint8Array, start: number, end: number, compressed: boolean, wireBytes: number): void;
  /** A message announced more bytes than `maxBytes`. */
  onOversize(length: number): void;
  /** The body is not of this format. */
  onMalformed(because: string): void;
}

/** Whether a message has no bytes, and says by itself whether it is compressed: then it is not, for some peers take nothing for damaged. */
export function isEmptyEnvelope(body: BodyFormat, bytes: Uint8Array): boolean {
  return bytes.length === 0 && !body.compressedByHead;
}
