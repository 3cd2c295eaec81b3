import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import type { StreamEnd } from "./stream-events.js";

/** Both halves ended by themselves. */
export const COMPLETE: StreamEnd = Object.freeze({
  kind: "complete",
  initiator: "peer",
  code: ErrorCode.NO_ERROR,
  unprocessed: false,
  message: "both halves ended",
});

/** This side sent RST_STREAM, or would have: a stream that was never sent is just forgotten. */
export function resetEnd(code: number, initiator: Initiator, unsent: boolean, because: string): StreamEnd {
  const what = unsent ? "the stream was reset before it was sent" : `this side sent RST_STREAM(${errorCodeName(code)})`;
  return { kind: "reset", initiator, code, unprocessed: unsent, message: because === "" ? what : `${what}: ${because}` };
}

/** The peer sent RST_STREAM. */
export function peerResetEnd(code: number): StreamEnd {
  const message = `peer sent RST_STREAM(${errorCodeName(code)})`;
  return { kind: "reset", initiator: "peer", code, unprocessed: code === ErrorCode.REFUSED_STREAM, message };
}

/** A client's stream that got no id: the connection has begun to go away since it was opened. */
export function unnumberedEnd(): StreamEnd {
  const message = "the connection takes no more streams";
  return { kind: "reset", initiator: "engine", code: ErrorCode.REFUSED_STREAM, unprocessed: true, message };
}

/** The fields to be sent are more than the peer has said it takes: repeating the request would not help. */
export function tooManyFieldsEnd(bytes: number, most: number): StreamEnd {
  const message = `the fields to be sent take ${bytes} bytes; the peer takes at most ${most} (SETTINGS_MAX_HEADER_LIST_SIZE)`;
  return { kind: "reset", initiator: "engine", code: ErrorCode.INTERNAL_ERROR, unprocessed: false, message };
}
