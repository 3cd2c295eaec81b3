import type { Http2Stream } from "../stream/stream.js";
import type { WindowBudget } from "./window-budget.js";

/** The largest window there can be (RFC 9113 §6.9.1). */
export const MAX_WINDOW = 0x7fff_ffff;

/** A DATA frame has arrived on the stream, padding included; padding is consumed at once. False: it was beyond the window. */
export function receiveOnStream(stream: Http2Stream, bytes: number, padding: number): boolean {
  stream.receiveWindow -= bytes;
  stream.unread += bytes - padding;
  stream.credit += padding;
  return stream.receiveWindow >= 0;
}

/**
 * Bytes of the stream have been consumed. Returns the increment to send, 0 while less than a quarter of the window is used up.
 *
 * `wanted` is what the path could fill; a stream whose reader keeps up grows to it, as far as the budget goes.
 */
export function consumeOnStream(stream: Http2Stream, bytes: number, wanted: number, budget: WindowBudget): number {
  const consumed = Math.min(bytes, stream.unread);
  stream.unread -= consumed;
  stream.credit += consumed;
  const size = stream.receiveWindow + stream.unread + stream.credit;
  if (stream.credit < size >> 2 || stream.credit <= 0) return 0;
  if (wanted > size) {
    const drawn = budget.draw(wanted - size);
    stream.drawn += drawn;
    stream.credit += drawn;
  }
  const increment = stream.credit;
  stream.credit = 0;
  stream.receiveWindow += increment;
  return increment;
}

/** Widens a stream's send window. False: it would exceed 2^31-1. */
export function widenSendWindow(stream: Http2Stream, increment: number): boolean {
  if (stream.sendWindow > MAX_WINDOW - increment) return false;
  stream.sendWindow += increment;
  return true;
}
