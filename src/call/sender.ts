import type { AbortSignalLike } from "../base/abort-signal.js";
import { UsageError } from "../base/usage-error.js";
import { RpcError } from "../rpc/rpc-error.js";
import { MAX_WAITING_SENDS } from "./limits.js";
import { handled, rejected } from "./receiver.js";

/** Options of one `send`. */
export interface SendOptions {
  /** Compress this message, or not; by default as the call does. Nothing is compressed where no compression was agreed. */
  readonly compress?: boolean | undefined;
  /** Aborting takes the message back while it waits for room; once accepted it cannot be recalled. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Where accepted messages go. */
export interface Outlet {
  /** Hands a whole message on. False: it was accepted, and the next one must wait for `onWritable`. */
  transmit(bytes: Uint8Array, compressed: boolean): boolean;
}

const NONE: readonly WaitingSend[] = [];

/** A message that waits for room. */
interface WaitingSend {
  readonly bytes: Uint8Array;
  readonly compressed: boolean;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly unwatch: (() => void) | undefined;
}

/**
 * The sent messages of a streaming half: in order, each accepted whole or not at all. A message is accepted at once while the outbox
 * is under its mark; else its `send` waits, and is settled by room, by its own signal, or by the end of the call.
 */
export class Sender {
  private readonly outlet: Outlet;
  private writable = true;
  private waiting: readonly WaitingSend[] = NONE;
  /** Runs once everything that waits has been accepted. */
  private last: (() => void) | undefined = undefined;

  constructor(outlet: Outlet) {
    this.outlet = outlet;
  }

  /** Sends that wait for room. */
  get waitingSends(): number {
    return this.waiting.length;
  }

  /** Sends one encoded message. Returns undefined when it was accepted at once, else a promise of that. */
  send(bytes: Uint8Array, compressed: boolean, signal: AbortSignalLike | undefined): Promise<void> | undefined {
    if (signal?.aborted) return rejected(abortedSend(signal));
    if (this.writable && this.waiting.length === 0) {
      this.writable = this.outlet.transmit(bytes, compressed);
      return undefined;
    }
    if (this.waiting.length >= MAX_WAITING_SENDS) {
      throw tooManySends();
    }
    return this.wait(bytes, compressed, signal);
  }

  private wait(bytes: Uint8Array, compressed: boolean, signal: AbortSignalLike | undefined): Promise<void> {
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<void>((resolveIt, rejectIt) => {
      resolve = resolveIt;
      reject = rejectIt;
    });
    let unwatch: (() => void) | undefined;
    if (signal !== undefined) {
      const onAbort = () => this.takeBack(entry, abortedSend(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      unwatch = () => signal.removeEventListener("abort", onAbort);
    }
    const entry: WaitingSend = { bytes, compressed, promise, resolve, reject, unwatch };
    this.waiting = [...this.waiting, entry];
    return promise;
  }

  /** There is room: sends what waits, as far as it goes. */
  onWritable(): void {
    this.writable = true;
    let accepted = 0;
    while (this.writable && accepted < this.waiting.length) {
      const entry = this.waiting[accepted++] as WaitingSend;
      this.writable = this.outlet.transmit(entry.bytes, entry.compressed);
      entry.unwatch?.();
      entry.resolve();
    }
    if (accepted > 0) this.waiting = accepted === this.waiting.length ? NONE : this.waiting.slice(accepted);
    this.runLast();
  }

  /** Runs `last` after everything that was sent before: at once when nothing waits. */
  finish(last: () => void): void {
    this.last = last;
    this.runLast();
  }

  private runLast(): void {
    const last = this.last;
    if (last === undefined || this.waiting.length > 0) return;
    this.last = undefined;
    last();
  }

  /** The call is over: what waits is not sent. `why` makes the error, where anything waits. */
  fail(why: () => unknown): void {
    this.last = undefined;
    const waiting = this.waiting;
    if (waiting.length === 0) return;
    this.waiting = NONE;
    const error = why();
    for (const entry of waiting) rejectSend(entry, error);
  }

  private takeBack(entry: WaitingSend, error: RpcError): void {
    this.waiting = this.waiting.filter((other) => other !== entry);
    rejectSend(entry, error);
    this.runLast();
  }
}

function rejectSend(entry: WaitingSend, error: unknown): void {
  entry.unwatch?.();
  entry.promise.then(undefined, handled);
  entry.reject(error);
}

export function abortedSend(signal: AbortSignalLike): RpcError {
  return new RpcError("cancelled", "this send was aborted and the message was not sent; the stream goes on", { cause: signal.reason });
}

export function tooManySends(): UsageError {
  return new UsageError(`send() was called while ${MAX_WAITING_SENDS} sends of this stream wait for room; await what send() returns`);
}
