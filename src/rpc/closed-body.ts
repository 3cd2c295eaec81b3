import type { BodyFormat, MessageSink } from "./body-format.js";

/** What is wrong with a body that goes on after the peer's last word. */
export const AFTER_CLOSING = "bytes came after the end of the stream";

/** What may follow the peer's last word on a call: nothing. */
export const closedBody: BodyFormat = {
  prefixBytes: 0,
  mayClose: true,
  compressedByHead: false,
  prefix: () => new Uint8Array(0),
  read(_rest, _chunk, _start, _end, _maxBytes, sink: MessageSink) {
    sink.onMalformed(AFTER_CLOSING);
    return undefined;
  },
  finish() {},
};
