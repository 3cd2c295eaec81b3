import type { ClientCall } from "../call/client-call.js";
import { keepUntilSettled } from "../call/collection.js";
import type { MessageIterator } from "../call/message-iterator.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { SendOptions } from "../call/sender.js";
import { SendingHandle, trySend, whenWritable } from "../call/sending-half.js";
import type { SingleResponseCall } from "../call/single-response-call.js";
import type { StreamingResponseCall } from "../call/streaming-response-call.js";
import type { Metadata } from "../rpc/metadata.js";
import type { Outcome } from "../rpc/outcome.js";
import { RequestPump, type Requests } from "./request-pump.js";
import type { BidiCall, ClientStreamCall, ServerStreamCall, StreamCall } from "./streams.js";

/** What the user holds of a streaming call. Its collection ends the call. */
abstract class StreamHandle<Call extends ClientCall> extends SendingHandle<Call> implements StreamCall {
  constructor(call: Call) {
    super(call);
    call.handTo(this);
  }

  get outcome(): Promise<Outcome> {
    return this.call.outcome;
  }

  get headers(): Promise<Metadata> {
    return this.call.headers;
  }

  cancel(reason?: unknown): void {
    this.call.cancel(reason);
  }

  abstract [Symbol.asyncDispose](): Promise<void>;

  protected override kept<Pending extends Promise<unknown> | undefined>(pending: Pending): Pending {
    if (pending !== undefined && !this.call.ended) keepUntilSettled(this, pending);
    return pending;
  }
}

abstract class ResponseHandle extends StreamHandle<StreamingResponseCall> implements MessageIterator<unknown> {
  receive(options?: ReceiveOptions): Promise<unknown> {
    return this.call.receiver.receive(options, this);
  }

  close(): Promise<Outcome> {
    return this.kept(this.call.close());
  }

  next(options?: ReceiveOptions): Promise<IteratorResult<unknown, undefined>> {
    return this.call.receiver.next(options, this);
  }

  /** The consumer has left its loop. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.call.cancel("the loop over the responses was left");
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.call.cancel("the block that held the stream was left");
    await this.call.outcome;
  }
}

export class ServerStreamHandle extends ResponseHandle implements ServerStreamCall<unknown> {}

/** A bidi call whose requests come from an iterable. */
export class PumpedHandle extends ResponseHandle implements ServerStreamCall<unknown> {
  /** Held here, for the call does not. */
  readonly pump: RequestPump;

  constructor(call: StreamingResponseCall, requests: Requests<unknown>) {
    super(call);
    this.pump = new RequestPump(call, requests);
    this.pump.startFor(this);
  }
}

export class BidiHandle extends ResponseHandle implements BidiCall<unknown, unknown> {
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    return this.kept(this.call.send(message, options));
  }

  trySend(message: unknown): boolean {
    return trySend(this.call, message);
  }

  whenWritable(): Promise<void> {
    return this.kept(whenWritable(this.call));
  }

  closeSend(): void {
    this.call.endRequests();
  }

  override receive(options?: ReceiveOptions): Promise<unknown> {
    this.call.asks();
    return super.receive(options);
  }

  override next(options?: ReceiveOptions): Promise<IteratorResult<unknown, undefined>> {
    this.call.asks();
    return super.next(options);
  }
}

export class ClientStreamHandle extends StreamHandle<SingleResponseCall> implements ClientStreamCall<unknown, unknown> {
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    return this.kept(this.call.send(message, options));
  }

  trySend(message: unknown): boolean {
    return trySend(this.call, message);
  }

  whenWritable(): Promise<void> {
    return this.kept(whenWritable(this.call));
  }

  finish(): Promise<unknown> {
    this.call.endRequests();
    return this.kept(this.call.response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.call.cancel("the block that held the stream was left before finish()");
    await this.call.outcome;
  }
}
