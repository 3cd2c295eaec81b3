import type { MessageIterator } from "../call/message-iterator.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { ServerCall } from "../call/server-call.js";

/**
 * The requests of a streaming call, in order, once. Iteration ends when the client half-closes; it rejects with the call's error when
 * the call is cut off (what came before a client's cancel is delivered first). Leaving a `for await` drops the requests that still
 * come and does not end the call.
 */
export interface Requests<Message> extends MessageIterator<Message>, AsyncIterable<Message> {
  /** The next request, or undefined after the last. Rejects with the call's error. One at a time. */
  receive(options?: ReceiveOptions): Promise<Message | undefined>;
  [Symbol.asyncIterator](): MessageIterator<Message>;
}

/** {@link Requests} over a call. */
export class CallRequests implements Requests<unknown> {
  private readonly call: ServerCall;

  constructor(call: ServerCall) {
    this.call = call;
  }

  receive(options?: ReceiveOptions): Promise<unknown> {
    return this.receiver.receive(options);
  }

  next(options?: ReceiveOptions): Promise<IteratorResult<unknown, undefined>> {
    return this.receiver.next(options);
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.call.discardRequests();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private get receiver(): NonNullable<ServerCall["receiver"]> {
    return this.call.receiver as NonNullable<ServerCall["receiver"]>;
  }
}
