import type { ClientCall } from "../call/client-call.js";
import { handled } from "../call/receiver.js";
import { textOf } from "../rpc/rpc-error.js";

/** What requests can be taken from. */
export type Requests<Request> = AsyncIterable<Request> | Iterable<Request>;

/**
 * Sends what an iterable gives, at the call's pace, then half-closes. When the iterable throws, the call is cancelled, never half-closed:
 * the server must not take a part for the whole. When the call ends first, the iterator is told to return and not waited for.
 */
export class RequestPump {
  private readonly call: ClientCall;
  private readonly requests: Requests<unknown>;
  private iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined = undefined;
  /** An iterator that has ended, or failed, by itself is left alone. */
  private over = false;
  /**
   * The stream that the requests belong to. Whoever can make the iterable go on holds the pump and so the stream: it is not taken for
   * abandoned while requests may come. The call holds neither.
   */
  stream: object | undefined = undefined;

  constructor(call: ClientCall, requests: Requests<unknown>) {
    this.call = call;
    this.requests = requests;
  }

  /** For a call that nobody holds but by its promise. */
  start(): void {
    void this.call.outcome.then(() => this.leave());
    this.run();
  }

  /** For a call that ends when its stream is collected; the stream must hold this pump. */
  startFor(stream: object): void {
    this.stream = stream;
    const pump = new WeakRef(this);
    void this.call.outcome.then(() => pump.deref()?.leave());
    this.run();
  }

  private run(): void {
    const { call } = this;
    this.pump().then(undefined, (error) => call.cancelSince(`the request iterable threw: ${textOf(error)}`, error));
  }

  private async pump(): Promise<void> {
    const { call, requests } = this;
    this.iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    while (!call.ended) {
      let result: IteratorResult<unknown>;
      try {
        result = await this.iterator.next();
      } catch (error) {
        this.over = true;
        throw error;
      }
      this.over = result.done === true;
      if (call.ended) return;
      if (this.over) {
        this.stream = undefined;
        call.endRequests();
        return;
      }
      const waiting = call.send(result.value);
      if (waiting !== undefined) await waiting;
    }
  }

  private leave(): void {
    this.stream = undefined;
    if (this.over || this.iterator === undefined) return;
    try {
      Promise.resolve(this.iterator.return?.()).then(undefined, handled);
    } catch {
      // the iterator's own failure, after nobody needs it any more
    }
  }
}
