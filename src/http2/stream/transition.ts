import { StreamState } from "./state.js";

/**
 * What an input means to a stream, as a small integer: below `ignored` it is the state that follows, from there on the input changes
 * nothing and the verdict says what to do about it.
 */
export const StreamVerdict = {
  /** Nothing: a frame that was on its way when the stream ended. */
  ignored: 16,
  /** Nothing: a command that comes too late or too early. */
  misplaced: 17,
  /** RST_STREAM(STREAM_CLOSED). */
  streamClosed: 18,
  /** GOAWAY(STREAM_CLOSED). */
  connectionStreamClosed: 19,
  /** GOAWAY(PROTOCOL_ERROR). */
  connectionProtocolError: 20,
} as const;

/** The state machine of a stream (RFC 9113 §5.1), total: every input has a verdict in every state. */
export function transition(state: number, input: number): number {
  return TABLE[state * INPUTS + input] as number;
}

const INPUTS = 11;

const { open, halfClosedLocal: local, halfClosedRemote: remote } = StreamState;
const { closedByEnd: ended, closedByOurReset: ours, closedByTheirReset: theirs } = StreamState;
const { ignored, misplaced, streamClosed, connectionStreamClosed, connectionProtocolError } = StreamVerdict;

/**
 * One row a state, one column an input: send HEADERS, HEADERS+END, DATA, DATA+END, RST_STREAM; receive HEADERS, HEADERS+END, DATA,
 * DATA+END, RST_STREAM, WINDOW_UPDATE.
 *
 * After END_STREAM the peer has no excuse for another frame; after its RST_STREAM neither; after ours it may not have heard yet.
 */
// biome-ignore format: a table
const TABLE: Uint8Array = Uint8Array.of(
  // idle
  open, local, misplaced, misplaced, misplaced,
  open, remote, connectionProtocolError, connectionProtocolError, connectionProtocolError, connectionProtocolError,
  // open
  open, local, open, local, ours,
  open, remote, open, remote, theirs, open,
  // half-closed (local)
  misplaced, misplaced, misplaced, misplaced, ours,
  local, ended, local, ended, theirs, local,
  // half-closed (remote)
  remote, ended, remote, ended, ours,
  streamClosed, streamClosed, streamClosed, streamClosed, theirs, remote,
  // closed by END_STREAM both ways
  misplaced, misplaced, misplaced, misplaced, misplaced,
  connectionStreamClosed, connectionStreamClosed, connectionStreamClosed, connectionStreamClosed, ignored, ignored,
  // closed by our RST_STREAM
  misplaced, misplaced, misplaced, misplaced, misplaced,
  ignored, ignored, ignored, ignored, ignored, ignored,
  // closed by the peer's RST_STREAM
  misplaced, misplaced, misplaced, misplaced, misplaced,
  streamClosed, streamClosed, streamClosed, streamClosed, ignored, ignored,
);
