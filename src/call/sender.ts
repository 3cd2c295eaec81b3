import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Runtime } from "../base/runtime.js";
import { UsageError } from "../base/usage-error.js";
import { MAX_WAITING_SENDS } from "./limits.js";
import { checkOperation, type GivenUp, OperationLimit } from "./operation-limit.js";
import { handled, rejected } from "./receiver.js";
import { Followers, NO_LISTENERS, type RoomListener } from "./room.js";

/** Options of one `send`. */
export interface SendOptions {
  /** Compress this message, or not; by default as the call does. Nothing is compressed where no compression was agreed. */
  readonly compress?: boolean | undefined;
  /** Aborting takes the message back while it waits for room; once accepted it cannot be recalled. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * How long the message may wait for room, in ms; 0: not at all. Then the send rejects with `deadline_exceeded`, the message was not
   * sent, and the stream goes on. Default Infinity: as long as the call lives.
   */
  readonly timeoutMs?: number | undefined;
}

/** Where accepted messages go. */
export interface Outlet {
  readonly setup: { readonly runtime: Runtime };
  /** Hands a whole message on, framed as `Framing` says. False: it was accepted, and the next one must wait for `onWritable`. */
  transmit(bytes: Uint8Array, framing: number): boolean;
  /** Sends wait for room from now on, or none does any more. */
  onSendsWait(waits: boolean): void;
}

const NONE: readonly WaitingSend[] = [];

/** A message that waits for room. */
interface WaitingSend {
  readonly bytes: Uint8Array;
  readonly framing: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly limit: OperationLimit | undefined;
}

/**
 * The sent messages of a streaming half: in order, each accepted whole or not at all. A message is accepted at once while the outbox
 * is under its mark; else its `send` waits, and is settled by room, by its own signal or time-out, or by the end of the call.
 */
export class Sender {
  private readonly outlet: Outlet;
  private writable = true;
  private waiting: readonly WaitingSend[] = NONE;
  /** Listeners, and what is to come last. */
  private followers: Followers | undefined = undefined;

  constructor(outlet: Outlet) {
    this.outlet = outlet;
  }

  /** Sends that wait for room. */
  get waitingSends(): number {
    return this.waiting.length;
  }

  /** Whether anyone waits for room: a send, or who asked to be told of it. */
  get waits(): boolean {
    return this.waiting.length > 0 || (!this.writable && this.followers !== undefined);
  }

  /** Whether a message would be accepted at once. */
  get ready(): boolean {
    return this.writable && this.waiting.length === 0;
  }

  /** Sends one encoded message. Returns undefined when it was accepted at once, else a promise of that. */
  send(bytes: Uint8Array, framing: number, options: SendOptions | undefined): Promise<void> | undefined {
    if (options !== undefined) checkOperation(options);
    if (options?.signal?.aborted) return rejected(OperationLimit.refusal(options, NOT_SENT));
    if (this.ready) {
      this.writable = this.outlet.transmit(bytes, framing);
      return undefined;
    }
    if (this.waiting.length >= MAX_WAITING_SENDS) {
      throw tooManySends();
    }
    const refused = OperationLimit.refusal(options, NOT_SENT);
    if (refused !== undefined) return rejected(refused);
    return this.wait(bytes, framing, options);
  }

  private wait(bytes: Uint8Array, framing: number, options: SendOptions | undefined): Promise<void> {
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<void>((resolveIt, rejectIt) => {
      resolve = resolveIt;
      reject = rejectIt;
    });
    const { runtime } = this.outlet.setup;
    const limit = OperationLimit.begin(runtime, options, NOT_SENT, (error) => this.takeBack(entry, error));
    const entry: WaitingSend = { bytes, framing, promise, resolve, reject, limit };
    this.line([...this.waiting, entry]);
    return promise;
  }

  private line(waiting: readonly WaitingSend[]): void {
    const waited = this.waiting.length > 0;
    this.waiting = waiting;
    if (waited !== waiting.length > 0) this.outlet.onSendsWait(!waited);
  }

  /** There is room: sends what waits, as far as it goes. */
  onWritable(): void {
    this.writable = true;
    let accepted = 0;
    while (this.writable && accepted < this.waiting.length) {
      const entry = this.waiting[accepted++] as WaitingSend;
      this.writable = this.outlet.transmit(entry.bytes, entry.framing);
      entry.limit?.stop();
      entry.resolve();
    }
    this.line(accepted === this.waiting.length ? NONE : this.waiting.slice(accepted));
    if (this.followers !== undefined) this.follow(this.followers);
  }

  /** Runs `last` after everything that was sent before: at once when nothing waits. Listeners hear that it is over. */
  finish(last: () => void, why: () => unknown): void {
    this.followers?.tellOver(why);
    if (this.waiting.length === 0) {
      last();
      return;
    }
    this.followers ??= new Followers();
    this.followers.last = last;
  }

  /** Some of what waited has gone: tells of room, or runs what comes last. */
  private follow(followers: Followers): void {
    const { last } = followers;
    if (last === undefined) {
      if (this.ready) followers.tellRoom(this);
      if (!followers.heard) this.followers = undefined;
    } else if (this.waiting.length === 0) {
      this.followers = undefined;
      last();
    }
  }

  /** Resolves when a message would be accepted. */
  whenReady(): Promise<void> {
    if (this.ready) return Promise.resolve();
    this.followers ??= new Followers();
    return this.followers.room;
  }

  /** Tells the listener of room, from the next time there is some, until it is taken off or the sending is over. */
  listen(listener: RoomListener): void {
    this.followers ??= new Followers();
    this.followers.add(listener);
  }

  get listeners(): readonly RoomListener[] {
    return this.followers?.listeners ?? NO_LISTENERS;
  }

  unlisten(listener: RoomListener): void {
    this.followers?.delete(listener);
  }

  /** Nothing is accepted until `release()`. */
  hold(): void {
    this.writable = false;
  }

  /** Accepts messages again, and tells listeners when `proceed`, which sends what was held back elsewhere, has left room. */
  release(proceed: () => void): void {
    this.writable = true;
    proceed();
    if (this.followers !== undefined) this.follow(this.followers);
  }

  /** The call is over: what waits is not sent. `why` makes the error, where anything waits. */
  fail(why: () => unknown): void {
    const { waiting, followers } = this;
    this.followers = undefined;
    if (waiting.length > 0) {
      this.line(NONE);
      const error = why();
      for (const entry of waiting) rejectSend(entry, error);
    }
    followers?.tellOver(why);
  }

  private takeBack(entry: WaitingSend, error: unknown): void {
    this.line(this.waiting.filter((other) => other !== entry));
    rejectSend(entry, error);
    if (this.followers !== undefined) this.follow(this.followers);
  }
}

function rejectSend(entry: WaitingSend, error: unknown): void {
  entry.limit?.stop();
  entry.promise.then(undefined, handled);
  entry.reject(error);
}

/** What a send that was given up says. */
export const NOT_SENT: GivenUp = {
  aborted: "this send was aborted and the message was not sent; the stream goes on",
  late: (timeoutMs) => `there was no room within ${timeoutMs} ms (timeoutMs) and the message was not sent; the stream goes on`,
};

export function tooManySends(): UsageError {
  return new UsageError(`send() was called while ${MAX_WAITING_SENDS} sends of this stream wait for room; await what send() returns`);
}
