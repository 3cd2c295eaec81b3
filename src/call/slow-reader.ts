import type { Encoded } from "../rpc/encoded.js";
import type { MessageQueue } from "./message-queue.js";

/**
 * What becomes of a broadcast's next message for a stream that has no room, once `maxWaiting` messages wait for it:
 *
 * - `"wait"`: there is none: `send()` gives a promise that resolves when every stream has room for one more.
 * - `"drop-oldest"`: the message that has waited longest is not sent to this stream.
 * - `"drop-newest"`: the new message is not sent to this stream.
 * - `"latest"`: only the newest message waits; each replaces the one before.
 * - `"end"`: the call is ended with `resource_exhausted`.
 */
export type SlowReader = "wait" | "drop-oldest" | "drop-newest" | "latest" | "end";

/** What a policy did with a message for which there was no place. */
export const Overflow = { droppedOne: 0, endCall: 1 } as const;

/** How a policy deals with streams that do not keep up. */
export interface SlowReaderPolicy {
  /** The sender waits until every stream has a place for one more message. */
  readonly waits: boolean;
  /** Deals with a message for a queue that is full; returns one of {@link Overflow}. */
  overflow(queue: MessageQueue<Encoded>, message: Encoded): number;
}

function dropOldest(queue: MessageQueue<Encoded>, message: Encoded): number {
  queue.shift();
  queue.push(message);
  return Overflow.droppedOne;
}

const dropNewest = (): number => Overflow.droppedOne;

const endCall = (): number => Overflow.endCall;

export const SLOW_READER_POLICIES: Readonly<Record<SlowReader, SlowReaderPolicy>> = {
  // a full queue keeps the sender from sending: nothing overflows but what is sent in spite of it, which throws before it comes here
  wait: { waits: true, overflow: dropNewest },
  "drop-oldest": { waits: false, overflow: dropOldest },
  "drop-newest": { waits: false, overflow: dropNewest },
  latest: { waits: false, overflow: dropOldest },
  end: { waits: false, overflow: endCall },
};
