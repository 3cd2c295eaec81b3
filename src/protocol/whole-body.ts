import type { BodyFormat, MessageSink, PartialMessage } from "../rpc/body-format.js";

/** Bodies that are one message, without a prefix: of no byte where nothing comes. It ends with the body, and the head says its compression. */
export const wholeBody: BodyFormat = {
  prefixBytes: 0,
  mayClose: false,
  compressedByHead: true,
  prefix: () => NO_BYTES,
  read(rest, chunk, start, end, maxBytes, sink, last) {
    const length = (rest?.held ?? 0) + end - start;
    if (length > maxBytes) {
      sink.onOversize(length);
      return undefined;
    }
    if (last && rest === undefined) {
      sink.onMessage(chunk, start, end, false, false, length);
      return GIVEN;
    }
    return gathered(rest as Gathered | undefined, chunk, start, end, maxBytes);
  },
  finish(rest, sink) {
    if (rest === GIVEN) return;
    const { bytes, held } = (rest as Gathered | undefined) ?? EMPTY;
    sink.onMessage(bytes, 0, held, false, true, held);
  },
};

/**
 * Bodies that tell of an error, as a protocol or whoever stands in the way words it. The first `keepBytes` are told when the body ends, the rest is
 * dropped: neither its length nor its form can make it worse.
 */
export function errorBody(keepBytes: number): BodyFormat {
  return {
    prefixBytes: 0,
    mayClose: true,
    compressedByHead: true,
    prefix: () => NO_BYTES,
    read(rest, chunk, start, end) {
      const gathering = (rest as Gathered | undefined) ?? new Gathered();
      const room = Math.max(0, keepBytes - gathering.kept);
      gathered(gathering, chunk, start, Math.min(end, start + room), keepBytes);
      gathering.held += end - start - Math.min(end - start, room);
      return gathering;
    },
    finish(rest: PartialMessage | undefined, sink: MessageSink) {
      const { bytes, kept, held } = (rest as Gathered | undefined) ?? EMPTY;
      sink.onClosing(bytes, 0, kept, false, held);
    },
  };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The beginning of a body. */
class Gathered implements PartialMessage {
  /** All that has come. */
  held = 0;
  /** What is kept of it: the first bytes of `bytes`. */
  kept = 0;
  bytes: Uint8Array = NO_BYTES;
}

const EMPTY: Gathered = Object.freeze(new Gathered());
/** The message was given with the last bytes. */
const GIVEN: PartialMessage = Object.freeze({ held: 0 });

/** Memory for the first bytes. Later it is doubled. */
const FIRST_BYTES = 1024;

function gathered(rest: Gathered | undefined, chunk: Uint8Array, start: number, end: number, maxBytes: number): Gathered {
  const gathering = rest ?? new Gathered();
  const length = end - start;
  const { kept } = gathering;
  if (kept + length > gathering.bytes.length) {
    const grown = new Uint8Array(Math.min(maxBytes, Math.max(FIRST_BYTES, 2 * (kept + length))));
    grown.set(gathering.bytes.subarray(0, kept));
    gathering.bytes = grown;
  }
  gathering.bytes.set(chunk.subarray(start, end), kept);
  gathering.kept += length;
  gathering.held += length;
  return gathering;
}
