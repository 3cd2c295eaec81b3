import type { AbortSignalLike } from "../base/abort-signal.js";
import { CodeNumber } from "../rpc/code.js";
import type { Encoded } from "../rpc/encoded.js";
import { RpcError } from "../rpc/rpc-error.js";
import { statusOf } from "../rpc/status.js";
import { AbortWatch } from "./abort-watch.js";
import { MessageQueue } from "./message-queue.js";
import { handled } from "./receiver.js";
import type { RoomListener } from "./room.js";
import { type SendingHalf, trySend } from "./sending-half.js";
import { Overflow, type SlowReaderPolicy } from "./slow-reader.js";

/** What a broadcast's streams tell it. */
export interface MemberOwner {
  readonly policy: SlowReaderPolicy;
  readonly maxWaiting: number;
  /** A message was not sent to one stream. */
  dropped(): void;
  /** A call was ended since it did not keep up. */
  endedCall(): void;
  /** No more messages can wait for one stream, or again one can. */
  fullMembers(change: 1 | -1): void;
  /** The stream takes nothing more. */
  left(member: BroadcastMember): void;
}

/** One stream of a broadcast, and what waits for it. It is a listener of the call until it leaves, and then nothing holds it. */
export class BroadcastMember implements RoomListener {
  /** Settles when the member has left. */
  readonly done: Promise<void>;
  /** Its place in the broadcast. */
  index = 0;
  readonly owner: MemberOwner;
  private readonly call: SendingHalf;
  private readonly queue: MessageQueue<Encoded> = new MessageQueue();
  private full = false;
  private over = false;
  /** Leaves when nothing waits. */
  private closing = false;
  private watch: AbortWatch | undefined = undefined;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;

  constructor(owner: MemberOwner, call: SendingHalf) {
    this.owner = owner;
    this.call = call;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Takes part from now on, until the call ends, the signal aborts, or the broadcast is closed. */
  start(signal: AbortSignalLike | undefined): void {
    this.call.sender?.listen(this);
    if (signal !== undefined) this.watch = new AbortWatch(signal, (reason) => this.leave(leftBroadcast(reason)));
  }

  /** Sends the message, or lets it wait, or drops it. */
  take(message: Encoded): void {
    const { queue, owner } = this;
    if (queue.size === 0 && trySend(this.call, message)) return;
    // a message that cannot be sent ends the call
    if (this.over) return;
    if (queue.size < owner.maxWaiting) {
      queue.push(message);
      if (queue.size === owner.maxWaiting) this.setFull(true);
    } else if (owner.policy.overflow(queue, message) === Overflow.droppedOne) {
      owner.dropped();
    } else {
      owner.endedCall();
      const because = `the stream did not keep up with a broadcast: ${queue.size} messages waited for it`;
      this.call.fault(statusOf(CodeNumber.resource_exhausted, because));
    }
  }

  onRoom(): void {
    const { queue, call } = this;
    while (queue.size > 0 && (call.sender?.ready ?? false)) trySend(call, queue.shift());
    this.setFull(false);
    if (queue.size === 0 && this.closing) this.leave(undefined);
  }

  onOver(): void {
    this.leave(this.call.error());
  }

  /** The broadcast takes no more messages: leaves when those that wait have been sent. */
  close(): void {
    this.closing = true;
    if (this.queue.size === 0) this.leave(undefined);
  }

  private leave(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.watch?.stop();
    this.watch = undefined;
    this.queue.clear();
    this.setFull(false);
    this.call.sender?.unlisten(this);
    this.owner.left(this);
    if (error === undefined) this.resolve();
    else {
      this.done.then(undefined, handled);
      this.reject(error);
    }
  }

  private setFull(full: boolean): void {
    if (this.full === full) return;
    this.full = full;
    this.owner.fullMembers(full ? 1 : -1);
  }
}

export function leftBroadcast(reason: unknown): RpcError {
  return new RpcError("cancelled", "the stream left the broadcast since the signal of join() aborted; the stream goes on", {
    cause: reason,
  });
}
