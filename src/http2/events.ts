import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Http2Stream } from "./stream/stream.js";
import type { StreamEvents } from "./stream/stream-events.js";

/** What a connection tells its driver. Calls must not throw. Any of them may be re-entered by commands. */
export interface Http2ConnectionEvents {
  /**
   * Server: a peer opened a stream. `head` is valid (RFC 9113 §8.3.1) and may be a list that is shared: keep single values, not the
   * list. `end`: no body follows. Commands on the stream are allowed inside the call; returns where its events go.
   */
  onStream(stream: Http2Stream, head: Fields, end: boolean): StreamEvents;
  /**
   * Output is waiting where there was none: flush at the end of the data event, or soon. `urgent`: a reset has joined it, whether or not
   * there was some. What the peer does until it has that is for nothing: flush at once, unless that would be often.
   */
  onOutput(urgent: boolean): void;
  /** Writers wait for the next turn of the loop: call `beginTurn` in one. Once until then. */
  onTurnWanted(): void;
  /** Stop (true) or resume (false) reading the byte stream: what waits to be written for this peer has reached its limit. */
  onPause(paused: boolean): void;
  /** The peer's first SETTINGS have arrived. At most once. */
  onReady(): void;
  /** Client: `capacity` has risen from 0. */
  onCapacity(): void;
  /** No new stream can be opened: the peer is going away, or `drain` was called. At most once. */
  onDraining(): void;
  /**
   * Every stream has ended. Write out what `takeOutput` still gives, end the byte stream, and destroy it 5 s later at the latest.
   * Exactly once, last.
   */
  onClosed(end: Http2ConnectionEnd): void;
}

/** Why a connection is over. */
export interface Http2ConnectionEnd {
  readonly initiator: Initiator;
  /** The `ErrorCode` of GOAWAY, NO_ERROR for an orderly end. */
  readonly code: number;
  /** One sentence for people: `peer sent GOAWAY(ENHANCE_YOUR_CALM): too_many_pings`. */
  readonly message: string;
}
