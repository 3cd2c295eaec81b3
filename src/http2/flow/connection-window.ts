import { ErrorCode } from "../../base/error-code.js";
import { connectionFault, type Fault } from "../fault.js";

/** The window of a connection before any word about it (RFC 9113 §6.9.2). No setting changes it. */
export const DEFAULT_WINDOW = 65_535;

const TOO_MUCH: Fault = connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "DATA beyond the connection's window");

/**
 * The connection's receive window. Its credit goes back on arrival: what bounds memory are the windows of the streams, and one stream
 * whose reader stands still must not stop its neighbours.
 */
export class ConnectionWindow {
  /** How large the window is when all credit is back. */
  size: number = DEFAULT_WINDOW;
  #left: number = DEFAULT_WINDOW;

  /** A DATA frame has arrived, padding included. */
  receive(bytes: number): Fault | undefined {
    this.#left -= bytes;
    return this.#left < 0 ? TOO_MUCH : undefined;
  }

  /** What a WINDOW_UPDATE should give back now: nothing before a quarter of the window is used. */
  takeCredit(): number {
    const used = this.size - this.#left;
    if (used < this.size >>> 2) return 0;
    this.#left = this.size;
    return used;
  }

  /** The window grows to `size`; returns the increment to send, 0 when it is not larger. */
  grow(size: number): number {
    if (size <= this.size) return 0;
    const increment = size - this.#left;
    this.size = size;
    this.#left = size;
    return increment;
  }
}
