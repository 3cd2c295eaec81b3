import type { Peer } from "../base/peer.js";

/** A duplex stream of bytes that a platform lends: a TCP or TLS socket, a Unix socket, a pipe in memory, later a WebSocket. */
export interface ByteStream {
  readonly peer: Peer;
  /**
   * Writes bytes. True: they have left this process and the buffer may be used again at once. False: the stream keeps the buffer
   * for good; write no more before `onDrain`.
   */
  write(bytes: Uint8Array): boolean;
  /** Stops (true) or resumes (false) the delivery of `onData`. */
  pause(paused: boolean): void;
  /** Whether the open stream keeps the process alive: it does until told otherwise. */
  hold(held: boolean): void;
  /** Ends the writing side once everything written has left. */
  end(): void;
  /** Closes both sides now. `onClose` follows. Idempotent. */
  destroy(): void;
}

export interface ByteStreamEvents {
  /** The stream is up (connected, TLS agreed). On an accepted stream it is up from the start and this is not called. */
  onOpen(): void;
  /** Bytes that arrived; valid for ever, never reused. */
  onData(bytes: Uint8Array): void;
  /** After `write` returned false: all has left, write on. */
  onDrain(): void;
  /** The peer ended its writing side. */
  onEnd(): void;
  /** The stream is gone. Exactly once, last. `reason`: one sentence for people, or undefined after an orderly end. */
  onClose(reason: string | undefined): void;
}
