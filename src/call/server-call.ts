import { ErrorCode } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Exchange, ExchangeEnd } from "../exchange/exchange.js";
import type { WaitingFor } from "../observe/call-snapshot.js";
import { closedBody } from "../rpc/closed-body.js";
import { type CodeName, CodeNumber } from "../rpc/code.js";
import { RpcError } from "../rpc/rpc-error.js";
import type { ServiceKey } from "../rpc/service-key.js";
import { type Status, statusOf } from "../rpc/status.js";
import { AnsweredCall, type ResponseSetup } from "./answered-call.js";
import { CallEvent } from "./call-event.js";
import { type CallLimits, DEADLINE_SLACK_MS } from "./limits.js";
import { Receiver } from "./receiver.js";
import { Effect, Input, Local, localHalf } from "./transition.js";

/** What all calls of one method, in one protocol and codec, share on a server. */
export interface ServerCallSetup extends ResponseSetup {
  readonly owner: ServerCallOwner;
  /** The group and version that the service was added with. */
  readonly key: ServiceKey;
}

/** What a server does with its calls. */
export interface ServerCallOwner {
  /** The request is there (or begins, for a stream): run the handler, then call `call.handlerSettled()`. */
  runHandler(call: ServerCall): void;
  /** The handler has come to rest, which may be long after the call has ended. */
  handlerSettled(call: ServerCall): void;
  /** An interceptor threw what is no `RpcError`. */
  interceptorFailed(call: ServerCall, error: unknown): void;
  /** The call ends since nothing moved. */
  timedOutIdle(call: ServerCall): void;
  /** The call holds nothing on the transport any more. */
  released(call: ServerCall): void;
}

/** How long a half-duplex client may send nothing while the handler waits to answer. */
const STALLED_MS = 5_000;

const FULL_DUPLEX =
  "the method was used full-duplex over a connection that is half-duplex (HTTP/1.1 or fetch): its responses can only follow the end of the " +
  "requests; send all requests first, or use HTTP/2";

/**
 * One call, seen from the server. Ends when the handler's status has left, or by what cuts it off before; in both cases the client is
 * told with a status where the wire still allows one.
 */
export class ServerCall extends AnsweredCall {
  declare readonly setup: ServerCallSetup;
  /** The request's metadata. */
  readonly requestFields: Fields;
  /** The query of a request that came as GET. */
  query: string | undefined = undefined;
  /** The request as it was parsed, for methods that take one. */
  private request: unknown = undefined;
  private requestCompressed = false;
  private requestBytes = 0;
  /** For methods that take a stream. */
  readonly receiver: Receiver | undefined;
  /** Who else wants to know of the end, in this turn: the context's signal, a generator's pump. */
  private endListeners: (() => void)[] | undefined = undefined;
  private running = false;
  /** When the call had ended and its handler ran on: kept by who looks for strays. Below 0: no such time. */
  outlivedAt = -1;
  private endInput = -1;
  /** Messages wait until the requests have ended, for the exchange is half-duplex. The head may go before. */
  private heldBack = false;

  constructor(setup: ServerCallSetup, limits: CallLimits, exchange: Exchange, requestFields: Fields) {
    super(setup, limits, exchange);
    this.requestFields = requestFields;
    this.receiver = setup.method.clientStreams ? new Receiver(this) : undefined;
  }

  protected override get undecodable(): CodeName {
    return this.setup.protocol.undecodable;
  }

  /**
   * Begins the call, which has `timeoutMs` left, above 0 (Infinity: no limit): runs the handler of a streaming request. `end`: there is no body. The
   * request may be this `message`; then its body must be empty.
   */
  start(timeoutMs: number, end: boolean, message?: Uint8Array): void {
    if (timeoutMs !== Number.POSITIVE_INFINITY) this.startDeadline(this.setup.runtime.now() + timeoutMs);
    this.startIdle(this.limits.idleTimeoutMs);
    if (this.setup.method.kind === "bidi" && !this.exchange.fullDuplex && !end) {
      this.heldBack = true;
      this.sender?.hold();
    }
    if (this.receiver !== undefined) this.run();
    if (message !== undefined) {
      this.onMessage(message, 0, message.length, false, true, 0);
      this.incoming = closedBody;
    }
    if (end) this.endBody();
  }

  private run(): void {
    this.running = true;
    this.record(CallEvent.handlerStarted);
    this.setup.owner.runHandler(this);
  }

  /** The handler has settled: its concurrency slot is free. */
  handlerSettled(): void {
    this.exchange.settled();
    if (!this.running) return;
    this.running = false;
    if (this.wasCutOff) this.record(CallEvent.handlerSettled);
    this.setup.owner.handlerSettled(this);
  }

  override get handlerRuns(): boolean {
    return this.running;
  }

  /** True when something other than the handler ended the call: the client, the network, the deadline, a shutdown. */
  get wasCutOff(): boolean {
    return this.ended && this.endInput !== Input.complete;
  }

  /** Calls the listener when the call ends, in the same turn; at once when it has. */
  whenEnded(listener: () => void): void {
    if (this.ended) listener();
    else {
      this.endListeners ??= [];
      this.endListeners.push(listener);
    }
  }

  // ---- what a snapshot tells

  override get unreadMessages(): number {
    return this.receiver?.unread ?? 0;
  }

  override get waitingFor(): WaitingFor {
    if (this.ended) return this.handlerRuns ? "handler" : "peer";
    if (this.waitsForRoom(this.sender)) return "credit";
    if (this.unreadMessages > 0) return "consumer";
    return this.handlerRuns && this.receiver?.waits !== true ? "handler" : "peer";
  }

  // ---- the request

  onHead(): void {}

  protected override deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): void {
    if (this.receiver !== undefined) {
      if (this.messagesReceived === 1) this.record(CallEvent.firstReceived);
      this.receiver.deliver(bytes, start, end, compressed, owned, credit);
      return;
    }
    this.consume(credit);
    if (this.messagesReceived === 1) this.keepRequest(bytes, start, end, compressed, owned);
    else this.fault(statusOf(CodeNumber.unimplemented, "client sent more than one request to a method that takes one"));
  }

  private keepRequest(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean): void {
    try {
      this.request = this.parse(bytes, start, end, compressed, owned);
      this.requestCompressed = this.isCompressed(compressed, end - start);
      this.requestBytes = end - start;
    } catch (error) {
      this.faultFrom(error);
    }
  }

  protected override wantsMore(): boolean {
    return this.receiver === undefined || this.receiver.unread === 0;
  }

  onTrailers(): void {
    // request trailers mean nothing in any protocol; the half ends with them
    this.endBody();
  }

  onClosing(): void {
    this.onMalformed("an end of the stream, which is the server's to say, came with the requests");
  }

  override onMalformed(because: string): void {
    // only a request that came without a body has this in place of one
    if (this.incoming !== closedBody) super.onMalformed(because);
    else
      this.fault(
        statusOf(CodeNumber.invalid_argument, "the request came as GET, and with a body: it is in the query, or the method is POST"),
      );
  }

  protected override onBodyEnd(): void {
    if (this.move(Input.endRemote) !== Effect.accepted) {
      // the requests were left, and what answers them follows their end all the same
      if (this.heldBack) this.letGo();
      return;
    }
    if (this.receiver !== undefined) {
      this.record(CallEvent.peerHalfClosed);
      if (this.heldBack) this.letGo();
      this.receiver.endWell();
    } else if (this.messagesReceived === 1) this.run();
    else this.fault(statusOf(CodeNumber.unimplemented, "client sent no request to a method that takes one"));
  }

  private letGo(): void {
    this.heldBack = false;
    // what was shorter counts no more
    this.limitClose(Number.POSITIVE_INFINITY);
    this.startIdle(this.limits.idleTimeoutMs);
    this.sender?.onWritable();
  }

  override onSendsWait(waits: boolean): void {
    super.onSendsWait(waits);
    // client and handler may wait for each other
    if (waits && this.heldBack) this.startIdle(Math.min(this.limits.idleTimeoutMs, STALLED_MS));
  }

  /** The request, for the handler of a method that takes one; once. Throws what an interceptor's map throws. */
  takeRequest(): unknown {
    const request = this.request;
    this.request = undefined;
    if (this.maps === undefined) return request;
    return this.maps.receive(request, { compressed: this.requestCompressed, encodedBytes: this.requestBytes });
  }

  /** The handler wants no more requests: what comes is dropped. */
  discardRequests(): void {
    if (this.ended) return;
    // what came before the client's half-close is dropped as well
    if (this.move(Input.discard) === Effect.accepted) {
      this.record(CallEvent.requestsDropped);
      this.dropPartial();
    }
    this.receiver?.abandon();
  }

  // ---- the end

  /** Cuts the call off from this side: the client is told the status. */
  override fault(status: Status, cause?: unknown, initiator: Initiator = "engine"): void {
    this.cutOff(Input.fault, status, initiator, cause);
  }

  /** What is no `RpcError` may hold what the client must not see. */
  override faultFrom(error: unknown): void {
    if (error instanceof RpcError || this.ended) super.faultFrom(error);
    else {
      this.setup.owner.interceptorFailed(this, error);
      this.fault(statusOf(CodeNumber.internal, "an interceptor failed"), error, "application");
    }
  }

  protected override expire(): void {
    this.cutOff(Input.deadline, statusOf(CodeNumber.deadline_exceeded, "the deadline of the call has passed"), "engine");
  }

  protected override onIdle(): void {
    if (this.heldBack && this.waitingSends > 0) {
      this.fault(statusOf(CodeNumber.unimplemented, FULL_DUPLEX));
      return;
    }
    this.setup.owner.timedOutIdle(this);
    super.onIdle();
  }

  private cutOff(input: number, status: Status, initiator: Initiator, cause?: unknown): void {
    const local = localHalf(this.state);
    // told first: whoever hears of the end can write no more, and the status is the last word
    if (!this.end(input, status, initiator, cause)) return;
    // the response is whole and the client does not take it
    if (local === Local.ended) this.exchange.reset(ErrorCode.CANCEL);
    else if (!this.exchange.discardQueued() && this.setup.protocol.statusInBody) this.exchange.reset(resetCodeFor(status.code));
    else {
      this.writeStatus(status, local !== Local.unsent);
      this.exchange.reset(ErrorCode.NO_ERROR);
    }
  }

  onEnd(end: ExchangeEnd): void {
    if (!this.ended) this.endByTransport(end);
    if (!this.running) this.exchange.settled();
    this.setup.owner.released(this);
  }

  private endByTransport(end: ExchangeEnd): void {
    const done = this.finalStatus;
    const orderly = end.kind === "complete" || (end.kind === "reset" && end.code === ErrorCode.NO_ERROR && end.initiator !== "peer");
    if (orderly && done !== undefined) this.end(Input.complete, done, "application");
    else {
      this.recordTransportEnd(end);
      if (this.timeRemainingMs() <= DEADLINE_SLACK_MS) {
        this.end(Input.deadline, statusOf(CodeNumber.deadline_exceeded, end.message), "engine");
      } else this.end(Input.reset, statusOf(CodeNumber.cancelled, end.message), end.initiator);
    }
  }

  protected override onEnded(input: number): void {
    this.endInput = input;
    this.heldBack = false;
    if (input === Input.complete) this.receiver?.endWell();
    else this.receiver?.endBadly(input === Input.reset);
    this.sender?.fail(() => this.afterEnd());
    const listeners = this.endListeners;
    this.endListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Whether the connection is going away: the handler should come to an end. */
  draining = false;
  private drainListeners: (() => void)[] | undefined = undefined;

  onDraining(): void {
    if (this.draining) return;
    this.draining = true;
    this.record(CallEvent.draining);
    const listeners = this.drainListeners;
    this.drainListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Calls the listener when the connection begins to go away; at once when it has begun. */
  whenDraining(listener: () => void): void {
    if (this.draining) listener();
    else {
      this.drainListeners ??= [];
      this.drainListeners.push(listener);
    }
  }
}

/** The `ErrorCode` that comes nearest to a status which the wire no longer lets us say; clients read it back so (gRPC over HTTP/2, "Errors"). */
function resetCodeFor(code: number): number {
  switch (code) {
    case CodeNumber.resource_exhausted:
      return ErrorCode.ENHANCE_YOUR_CALM;
    case CodeNumber.permission_denied:
      return ErrorCode.INADEQUATE_SECURITY;
    case CodeNumber.internal:
    case CodeNumber.unknown:
    case CodeNumber.data_loss:
      return ErrorCode.INTERNAL_ERROR;
    default:
      return ErrorCode.CANCEL;
  }
}
