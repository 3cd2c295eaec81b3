import type { ConnectionEnd } from "../exchange/connection.js";

/** What a server is told of one accepted connection. */
export interface ServerConnectionEvents {
  /** The connection is gone and holds nothing any more. Exactly once, last, after every exchange's `onEnd`. */
  onClosed(end: ConnectionEnd): void;
}
