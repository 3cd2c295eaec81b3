import type { AbortSignalLike } from "../base/abort-signal.js";
import { keepable } from "../base/slab.js";
import { UsageError } from "../base/usage-error.js";
import { RpcError } from "../rpc/rpc-error.js";
import type { Call } from "./call.js";
import { Inbox } from "./inbox.js";
import { checkOperation, type GivenUp, OperationLimit } from "./operation-limit.js";

/** Options of one `receive`. */
export interface ReceiveOptions {
  /**
   * Aborting stops this wait and nothing else: the stream goes on, the message stays for the next `receive`. One that has aborted before takes
   * nothing.
   */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * How long this wait may take, in ms; 0: not at all. Then it rejects with `deadline_exceeded`, the stream goes on, and the message is
   * the next `receive`'s. Default Infinity: as long as the call lives.
   */
  readonly timeoutMs?: number | undefined;
}

/** How the messages ended: not yet; well; with the call's error; or since nobody wants them any more, which is the last word. */
const Over = { not: 0, well: 1, badly: 2, abandoned: 3 } as const;

/**
 * The received messages of a streaming half, as the application takes them: one at a time, with `receive` or by iteration. What comes
 * while nobody waits is kept, still encoded, in a bounded inbox. A waiting `receive` is settled by a message, by the end of the
 * messages, or by the end of the call: never by nothing.
 */
export class Receiver {
  private readonly call: Call;
  private inbox: Inbox | undefined = undefined;
  private over: number = Over.not;
  // The one `receive` or `next` that waits. Its fields stand here, and without the promise's `reject`: most streams that are idle wait.
  private waiting: Promise<unknown> | undefined = undefined;
  private resolve: ((value: unknown) => void) | undefined = undefined;
  /** It was `next()`, which is given an iterator's result. */
  private iterating = false;
  /** The handle that the wait was begun with, which must not be collected as long as somebody waits. */
  holder: object | undefined = undefined;
  /** What may end this one wait. */
  private limit: OperationLimit | undefined = undefined;

  constructor(call: Call) {
    this.call = call;
  }

  /** Messages that have arrived and nobody has taken. */
  get unread(): number {
    return this.inbox?.size ?? 0;
  }

  /** Whether a `receive` waits for a message. */
  get waits(): boolean {
    return this.waiting !== undefined;
  }

  /** The next message, or undefined after a good end. Rejects with the call's error. */
  receive(options?: ReceiveOptions, holder?: object): Promise<unknown> {
    return this.take(false, options, holder);
  }

  /** The next message as an iterator's result. */
  next(options?: ReceiveOptions, holder?: object): Promise<IteratorResult<unknown, undefined>> {
    return this.take(true, options, holder) as Promise<IteratorResult<unknown, undefined>>;
  }

  private take(iterating: boolean, options: ReceiveOptions | undefined, holder: object | undefined): Promise<unknown> {
    if (options !== undefined) checkOperation(options);
    if (this.waiting !== undefined) {
      throw new UsageError("receive() was called while another receive() of this stream waits; await the first one");
    }
    if (options?.signal?.aborted === true) return rejected(OperationLimit.refusal(options, NOT_RECEIVED));
    const entry = this.inbox?.shift();
    if (entry !== undefined) {
      let message: unknown;
      try {
        message = this.call.decode(entry.bytes, 0, entry.bytes.length, entry.compressed, true);
      } catch (error) {
        const { ended } = this.call;
        this.call.faultFrom(error);
        return rejected(ended ? RpcError.from(error, "internal") : this.call.error());
      }
      this.call.consume(entry.credit);
      if (this.unread === 0) this.call.creditPartial();
      return Promise.resolve(iterating ? { value: message, done: false } : message);
    }
    if (this.over === Over.badly) return rejected(this.call.error());
    if (this.over !== Over.not) return Promise.resolve(iterating ? DONE : undefined);
    const refused = OperationLimit.refusal(options, NOT_RECEIVED);
    if (refused !== undefined) return rejected(refused);
    return this.wait(iterating, options, holder);
  }

  private wait(iterating: boolean, options: ReceiveOptions | undefined, holder: object | undefined): Promise<unknown> {
    const waiting = new Promise<unknown>((resolve) => {
      this.resolve = resolve;
    });
    this.waiting = waiting;
    this.iterating = iterating;
    this.holder = holder;
    if (options !== undefined) {
      this.limit = OperationLimit.begin(this.call.setup.runtime, options, NOT_RECEIVED, (error) => this.rejectWaiting(error));
    }
    return waiting;
  }

  /** Settles the wait, if there is one. */
  private settle(value: unknown): void {
    const { resolve } = this;
    if (resolve === undefined) return;
    this.waiting = undefined;
    this.resolve = undefined;
    this.holder = undefined;
    this.limit?.stop();
    this.limit = undefined;
    resolve(value);
  }

  private rejectWaiting(error: unknown): void {
    this.waiting?.then(undefined, handled);
    this.settle(new Rejection(error));
  }

  /** A message has arrived. One that cannot be decoded ends the call. */
  deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): void {
    if (this.waiting === undefined) {
      this.inbox ??= new Inbox();
      this.inbox.push({ bytes: owned ? bytes.subarray(start, end) : keepable(bytes, start, end), compressed, credit });
      return;
    }
    let message: unknown;
    try {
      message = this.call.decode(bytes, start, end, compressed, owned);
    } catch (error) {
      this.call.faultFrom(error);
      return;
    }
    this.call.consume(credit);
    this.settle(this.iterating ? { value: message, done: false } : message);
  }

  /** No more messages come, and that is well: what is in the inbox can still be taken. */
  endWell(): void {
    this.over = Over.well;
    this.settle(this.iterating ? DONE : undefined);
  }

  /** The call has ended badly. `keep`: what was received before can still be taken. */
  endBadly(keep: boolean): void {
    if (this.over === Over.abandoned) return;
    if (!keep) this.inbox = undefined;
    if (this.over === Over.not || !keep) this.over = Over.badly;
    if (this.waiting !== undefined) this.rejectWaiting(this.call.error());
  }

  /** Nobody will take anything any more (`close()`): drops the inbox, wakes a waiting `receive` with the end. */
  abandon(): void {
    for (let entry = this.inbox?.shift(); entry !== undefined; entry = this.inbox?.shift()) this.call.consume(entry.credit);
    this.inbox = undefined;
    this.endWell();
    this.over = Over.abandoned;
  }
}

const DONE: IteratorResult<unknown, undefined> = Object.freeze({ value: undefined, done: true });

/**
 * What a promise that can only be resolved is resolved with to reject it. Not a rejected promise, which takes two microtasks more and is
 * reported to the runtime twice, as one that nobody handles and as one that somebody does.
 */
class Rejection {
  private readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a thenable
  then(_resolve: unknown, reject: (error: unknown) => void): void {
    reject(this.error);
  }
}

/** A rejected promise that nobody has to handle. */
export function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.then(undefined, handled);
  return promise;
}

export function handled(): void {}

const NOT_RECEIVED: GivenUp = {
  aborted: "this receive was aborted; the stream goes on and no message is lost",
  late: (timeoutMs) => `no message came within ${timeoutMs} ms (timeoutMs of this receive); the stream goes on and no message is lost`,
};
