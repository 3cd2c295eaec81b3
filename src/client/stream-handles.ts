import type { ClientCall } from "../call/client-call.js";
import type { MessageIterator } from "../call/message-iterator.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { SendOptions } from "../call/sender.js";
import { SendingHandle } from "../call/sending-half.js";
import type { SingleResponseCall } from "../call/single-response-call.js";
import type { StreamingResponseCall } from "../call/streaming-response-call.js";
import type { Metadata } from "../rpc/metadata.js";
import type { Outcome } from "../rpc/outcome.js";
import type { BidiCall, ClientStreamCall, ServerStreamCall, StreamCall } from "./streams.js";

/** What the user holds of a streaming call. */
abstract class StreamHandle<Call extends ClientCall> extends SendingHandle<Call> implements StreamCall {
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
}

abstract class ResponseHandle extends StreamHandle<StreamingResponseCall> implements MessageIterator<unknown> {
  receive(options?: ReceiveOptions): Promise<unknown> {
    return this.call.receiver.receive(options);
  }

  close(): Promise<Outcome> {
    return this.call.close();
  }

  next(options?: ReceiveOptions): Promise<IteratorResult<unknown, undefined>> {
    return this.call.receiver.next(options);
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

export class BidiHandle extends ResponseHandle implements BidiCall<unknown, unknown> {
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    return this.call.send(message, options);
  }

  trySend(message: unknown): boolean {
    return this.call.trySend(message);
  }

  whenWritable(): Promise<void> {
    return this.call.whenWritable();
  }

  closeSend(): void {
    this.call.endRequests();
  }
}

export class ClientStreamHandle extends StreamHandle<SingleResponseCall> implements ClientStreamCall<unknown, unknown> {
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    return this.call.send(message, options);
  }

  trySend(message: unknown): boolean {
    return this.call.trySend(message);
  }

  whenWritable(): Promise<void> {
    return this.call.whenWritable();
  }

  finish(): Promise<unknown> {
    this.call.endRequests();
    return this.call.response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.call.cancel("the block that held the stream was left before finish()");
    await this.call.outcome;
  }
}
