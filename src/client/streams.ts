import type { MessageIterator } from "../call/message-iterator.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { SendOptions } from "../call/sender.js";
import type { Metadata } from "../rpc/metadata.js";
import type { Outcome } from "../rpc/outcome.js";

/** What every streaming call has. */
export interface StreamCall extends AsyncDisposable {
  /** How the call ended: settles once, with the one outcome of the call; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** The response headers; rejects with the call's error when it ends badly before they come. */
  readonly headers: Promise<Metadata>;
  /** Ends the call now: the server hears it, waits reject with `cancelled`. Does nothing after the end. */
  cancel(reason?: unknown): void;
  /** Leaving is cancelling: ends the call as `cancel()` does, unless it has ended, and resolves when it has. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The responses of a call, in order, once. */
export interface ResponseStream<Message> extends StreamCall, MessageIterator<Message>, AsyncIterable<Message> {
  /**
   * The next message, or undefined after a good end, again and again. Rejects with the call's error: after the server's error or a lost
   * connection what came before is delivered first; after a local cancel or the deadline at once. One at a time.
   */
  receive(options?: ReceiveOptions): Promise<Message | undefined>;
  /**
   * Ends the call in bounded time: half-closes, drops what still comes (at most `closeMaxBytes`, `closeTimeoutMs`), then cancels.
   * Resolves to the outcome, always. Idempotent; wakes a waiting `receive` with undefined.
   */
  close(): Promise<Outcome>;
  /** Rejects as `receive` does. Leaving the loop cancels the call. Every iterator is the stream itself. */
  [Symbol.asyncIterator](): MessageIterator<Message>;
}

/** A server-streaming call. */
export interface ServerStreamCall<Response> extends ResponseStream<Response> {}

/** A client-streaming call. There is no `close()`: it would tell the server that what was sent so far is the whole. */
export interface ClientStreamCall<Request, Response> extends StreamCall {
  /**
   * Sends a message. Returns undefined when it was accepted at once, else a promise that resolves when it is: awaiting it is the
   * back-pressure. Rejects with the call's error after its end. The message may be reused afterwards.
   */
  send(message: Request, options?: SendOptions): Promise<void> | undefined;
  /**
   * Sends the message if it is accepted at once. False: nothing was sent and nothing waits; `whenWritable()` says when to try again. After
   * the end, and after the half-close, always false.
   */
  trySend(message: Request): boolean;
  /** Resolves when `trySend` would send; at once when it would now. Rejects with the call's error once it never will again. */
  whenWritable(): Promise<void>;
  /** Half-closes, then waits for the response; rejects with the call's error. Again and again the same promise. */
  finish(): Promise<Response>;
}

/** A bidirectional call: two halves that do not wait for each other. */
export interface BidiCall<Request, Response> extends ResponseStream<Response> {
  /** See {@link ClientStreamCall.send}. */
  send(message: Request, options?: SendOptions): Promise<void> | undefined;
  /** See {@link ClientStreamCall.trySend}. */
  trySend(message: Request): boolean;
  /** See {@link ClientStreamCall.whenWritable}. */
  whenWritable(): Promise<void>;
  /** Half-closes: the server sees the end of the requests after what was sent. Idempotent; the responses go on. */
  closeSend(): void;
}
