import type { ClientConnection } from "../exchange/connection.js";
import { CodeNumber } from "../rpc/code.js";
import type { Outcome } from "../rpc/outcome.js";
import { type Status, statusOf } from "../rpc/status.js";
import type { AttemptEnd, ClientCallOptions, ClientCallSetup } from "./attempted-call.js";
import { CallEvent } from "./call-event.js";
import { ClientCall } from "./client-call.js";
import type { CallLimits } from "./limits.js";
import { Receiver } from "./receiver.js";
import { Effect, Input, Local, localHalf, Remote, remoteHalf } from "./transition.js";

/** A call that is answered with a stream: server-streaming and bidi. */
export class StreamingResponseCall extends ClientCall {
  readonly receiver: Receiver;
  /** Who sends by hand waits for a response, or has. */
  private asked = false;

  constructor(setup: ClientCallSetup, limits: CallLimits, options: ClientCallOptions) {
    super(setup, limits, options);
    this.receiver = new Receiver(this);
  }

  protected override deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): void {
    if (this.messagesReceived === 1) this.record(CallEvent.firstReceived);
    this.receiver.deliver(bytes, start, end, compressed, owned, credit);
  }

  override attach(connection: ClientConnection, done: ((end: AttemptEnd) => void) | undefined): void {
    super.attach(connection, done);
    this.checkDuplex();
  }

  /** Who sends by hand waits for a response now. Before the half-close only a full-duplex exchange can bring one: the wait could be for ever. */
  asks(): void {
    this.asked = true;
    this.checkDuplex();
  }

  private checkDuplex(): void {
    if (!this.asked || this.exchange === undefined || this.exchange.fullDuplex || localHalf(this.state) === Local.ended) return;
    this.fault(statusOf(CodeNumber.unimplemented, HALF_DUPLEX));
  }

  override get unreadMessages(): number {
    return this.receiver.unread;
  }

  protected override get receives(): boolean {
    return this.receiver.waits;
  }

  protected override wantsMore(): boolean {
    return this.receiver.unread === 0;
  }

  protected override checkMessages(status: Status): Status {
    return status;
  }

  protected override onEnded(input: number): void {
    super.onEnded(input);
    if (this.endedWell) this.receiver.endWell();
    // what the peer said before its error, or before the network failed, was still said; after an end from this side nobody asks
    else this.receiver.endBadly(input === Input.status || input === Input.reset);
  }

  /**
   * Ends the call in a bounded way (contract C4): half-closes, drops what still comes up to `closeMaxBytes` and for `closeTimeoutMs`,
   * then cancels. Wakes a waiting `receive` with the end. Idempotent.
   */
  close(): Promise<Outcome> {
    this.receiver.abandon();
    if (this.move(Input.discard) === Effect.accepted) {
      this.record(CallEvent.closing);
      const { closeMaxBytes, closeTimeoutMs } = this.limits;
      if (closeMaxBytes === 0 || closeTimeoutMs === 0) this.cancel("the stream was closed");
      else {
        this.endRequests();
        this.dropPartial();
        this.limitClose(this.setup.runtime.now() + closeTimeoutMs);
      }
    }
    return this.outcome;
  }

  protected override onCloseTimeout(): void {
    if (remoteHalf(this.state) !== Remote.discarded) super.onCloseTimeout();
    else this.cancel(`the stream was closed, and the server did not end it within ${this.limits.closeTimeoutMs} ms`);
  }

  protected override onDiscarded(): void {
    if (this.discardedBytes <= this.limits.closeMaxBytes) return;
    this.cancel(`the stream was closed, and the server sent more than ${this.limits.closeMaxBytes} bytes instead of ending it`);
  }
}

const HALF_DUPLEX =
  "this connection is half-duplex (HTTP/1.1 or fetch), so that responses follow the requests: call closeSend() before the first receive(), " +
  "give the requests as an iterable, or use HTTP/2";
