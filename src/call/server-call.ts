import { ErrorCode } from "../base/error-code.js";
import { type Fields, NO_FIELDS } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Exchange, ExchangeEnd } from "../exchange/exchange.js";
import { CodeNumber } from "../rpc/code.js";
import type { Compression } from "../rpc/compression.js";
import type { Metadata } from "../rpc/metadata.js";
import type { ServerProtocol } from "../rpc/protocol.js";
import { RpcError } from "../rpc/rpc-error.js";
import { STATUS_OK, type Status, statusOf } from "../rpc/status.js";
import { Call, type CallSetup } from "./call.js";
import type { CallLimits } from "./limits.js";
import { Receiver, rejected } from "./receiver.js";
import { type Outlet, Sender, type SendOptions } from "./sender.js";
import { Effect, ENDED, Input, Local, localHalf, Remote, remoteHalf, stateOf } from "./transition.js";

/** What all calls of one method, in one protocol and codec, share on a server. */
export interface ServerCallSetup extends CallSetup {
  readonly protocol: ServerProtocol;
  readonly owner: ServerCallOwner;
}

/** What a server does with its calls. */
export interface ServerCallOwner {
  /** The request is there (or begins, for a stream): run the handler, then call `call.handlerSettled()`. */
  runHandler(call: ServerCall): void;
  /** The handler has come to rest, which may be long after the call has ended. */
  handlerSettled(call: ServerCall): void;
  /** The call holds nothing on the transport any more. */
  released(call: ServerCall): void;
}

/** Whether a handler runs for the call. */
const Handler = { none: 0, running: 1, settled: 2 } as const;

const STARTED = stateOf(Local.unsent, Remote.open);

/**
 * One call, seen from the server. Ends when the handler's status has left, or by what cuts it off before; in both cases the client is
 * told with a status where the wire still allows one.
 */
export class ServerCall extends Call implements Outlet {
  declare readonly setup: ServerCallSetup;
  /** Never replaced: commands after its end do nothing. */
  declare exchange: Exchange;
  /** The request's metadata. */
  readonly requestFields: Fields;
  /** The request as it was parsed, for methods that take one. */
  private request: unknown = undefined;
  private requestCompressed = false;
  private requestBytes = 0;
  /** For methods that take a stream. */
  readonly receiver: Receiver | undefined;
  /** For methods that answer with a stream. */
  readonly sender: Sender | undefined;
  /** Set by the handler before the head goes out. */
  responseHeaders: Metadata | undefined = undefined;
  responseTrailers: Metadata | undefined = undefined;
  /** Whether messages are compressed, where a compression was agreed. */
  compress = true;
  /** Who else wants to know of the end, in this turn: the context's signal, a generator's pump. */
  private endListeners: (() => void)[] | undefined = undefined;
  private finalStatus: Status | undefined = undefined;
  private handler: number = Handler.none;
  private requests = 0;
  private endInput = -1;

  constructor(setup: ServerCallSetup, limits: CallLimits, exchange: Exchange, requestFields: Fields) {
    super(setup, limits, STARTED);
    this.exchange = exchange;
    this.requestFields = requestFields;
    const { clientStreams, serverStreams } = setup.method;
    this.receiver = clientStreams ? new Receiver(this) : undefined;
    this.sender = serverStreams ? new Sender(this) : undefined;
  }

  /** Begins the call, which has `timeoutMs` left (Infinity: no limit): runs the handler of a streaming request. `end`: there is no body. */
  start(timeoutMs: number, end: boolean): void {
    if (timeoutMs <= 0) return this.expire();
    if (timeoutMs !== Number.POSITIVE_INFINITY) this.startDeadline(this.setup.runtime.now() + timeoutMs);
    if (this.receiver !== undefined) this.run();
    if (end) this.onBodyEnd();
  }

  private run(): void {
    this.handler = Handler.running;
    this.setup.owner.runHandler(this);
  }

  /** The handler has settled: its concurrency slot is free. */
  handlerSettled(): void {
    const before = this.handler;
    if (before === Handler.settled) return;
    this.handler = Handler.settled;
    this.exchange.settled();
    if (before === Handler.running) this.setup.owner.handlerSettled(this);
  }

  get handlerRuns(): boolean {
    return this.handler === Handler.running;
  }

  /** True when something other than the handler ended the call: the client, the network, the deadline, a shutdown. */
  get wasCutOff(): boolean {
    return this.endInput >= 0 && this.endInput !== Input.complete;
  }

  /** Calls the listener when the call ends, in the same turn; at once when it has. */
  whenEnded(listener: () => void): void {
    if (this.ended) return listener();
    this.endListeners ??= [];
    this.endListeners.push(listener);
  }

  // ---- the request

  onHead(): void {}

  protected override deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): boolean {
    if (this.receiver !== undefined) return this.receiver.deliver(bytes, start, end, compressed, owned, credit);
    this.consume(credit);
    if (++this.requests > 1) {
      this.fault(statusOf(CodeNumber.unimplemented, "client sent more than one request to a method that takes one"));
      return false;
    }
    try {
      this.request = this.parse(bytes, start, end, compressed, owned);
      this.requestCompressed = compressed;
      this.requestBytes = end - start;
      return true;
    } catch (error) {
      this.faultFrom(error);
      return false;
    }
  }

  protected override wantsMore(): boolean {
    return this.receiver === undefined || this.receiver.unread === 0;
  }

  onTrailers(): void {
    // request trailers mean nothing in any protocol; the half ends with them
    if (this.insideMessage) this.onMalformed("it ended the stream inside a message");
    this.onBodyEnd();
  }

  protected override onBodyEnd(): void {
    if (this.move(Input.endRemote) !== Effect.accepted) return;
    if (this.receiver !== undefined) this.receiver.endWell();
    else if (this.requests === 1) this.run();
    else this.fault(statusOf(CodeNumber.unimplemented, "client sent no request to a method that takes one"));
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
    if (this.move(Input.discard) !== Effect.accepted) return;
    this.dropPartial();
    this.receiver?.abandon();
  }

  // ---- the response

  /** Sends the response's head, unless it has gone already. */
  sendHead(): void {
    if (this.move(Input.sendHead) !== Effect.accepted) return;
    this.exchange.sendHead(this.sharedHead(), this.headFields(), false);
  }

  get headSent(): boolean {
    return localHalf(this.state) !== Local.unsent;
  }

  private sharedHead(): Fields {
    return this.setup.protocol.responseHead(
      this.setup.sends.codec.name,
      this.sendCompression === undefined ? "identity" : this.sendCompression.name,
    );
  }

  private headFields(): Fields {
    const headers = this.responseHeaders;
    if (headers === undefined) return NO_FIELDS;
    headers.seal("the response headers have been sent; set headers before the first message and before sendHeaders()");
    return headers.toFields();
  }

  /** Sends one message of a response stream. Undefined: accepted at once. Rejects with the call's error after its end. */
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    if (this.state === ENDED || localHalf(this.state) === Local.ended) return rejected(this.afterEnd());
    this.sendHead();
    this.move(Input.sendMessage);
    let bytes: Uint8Array;
    try {
      bytes = this.encode(message);
    } catch (error) {
      return rejected(error);
    }
    const compressed = this.sendCompression !== undefined && (options?.compress ?? this.compress);
    return (this.sender as Sender).send(compressed ? this.compressed(bytes) : bytes, compressed, options?.signal);
  }

  private compressed(bytes: Uint8Array): Uint8Array {
    return (this.sendCompression as Compression).compress(bytes);
  }

  private afterEnd(): Error {
    return this.error() ?? new RpcError("failed_precondition", "send() after the handler has returned: the response is complete");
  }

  transmit(bytes: Uint8Array, compressed: boolean): boolean {
    return this.exchange.sendData(this.setup.body.prefix(bytes.length, compressed), bytes, false);
  }

  onWritable(): void {
    this.sender?.onWritable();
  }

  /** Answers a call that has one response, and ends it well. Throws `RpcError` when the message cannot be encoded. */
  respond(message: unknown): void {
    if (this.ended) return;
    const encoded = this.encode(message);
    const compressed = this.sendCompression !== undefined && this.compress;
    const bytes = compressed ? this.compressed(encoded) : encoded;
    const prefix = this.setup.body.prefix(bytes.length, compressed);
    if (this.headSent) {
      this.exchange.sendData(prefix, bytes, false);
      this.finish(STATUS_OK);
      return;
    }
    const status = this.withTrailers(STATUS_OK);
    this.finalStatus = status;
    this.move(Input.sendStatus);
    const trailers = this.setup.protocol.trailers(status);
    this.exchange.respond(this.sharedHead(), this.headFields(), prefix, bytes, trailers.prepared, trailers.extra);
    this.endExchange();
  }

  /** Ends the call with the handler's status, after what it sent. */
  finish(status: Status): void {
    if (this.ended || localHalf(this.state) === Local.ended) return;
    if (this.sender === undefined || this.sender.waitingSends === 0 || status.code !== CodeNumber.ok) this.sendStatus(status);
    else this.sender.finish(() => this.sendStatus(status));
  }

  private sendStatus(handlerStatus: Status): void {
    const status = this.withTrailers(handlerStatus);
    this.finalStatus = status;
    this.writeStatus(status);
    this.sender?.fail(this.afterEnd());
    this.endExchange();
  }

  private withTrailers(status: Status): Status {
    const trailers = this.responseTrailers;
    if (trailers === undefined || trailers.size === 0) return status;
    return { ...status, trailers: [...trailers.toFields(), ...status.trailers] };
  }

  /** Says the status, as trailers, or alone when nothing was sent. */
  private writeStatus(status: Status): void {
    if (!this.headSent && this.responseHeaders !== undefined && this.responseHeaders.size > 0) this.sendHead();
    const { headSent } = this;
    this.move(Input.sendStatus);
    const { protocol } = this.setup;
    if (headSent) {
      const { prepared, extra } = protocol.trailers(status);
      this.exchange.sendTrailers(prepared, extra);
    } else {
      const { prepared, extra } = protocol.trailersOnly(status, this.setup.sends.codec.name);
      this.exchange.sendHead(prepared, extra, true);
    }
  }

  /** The response is whole: the rest of an unfinished request has no reader. */
  private endExchange(): void {
    if (remoteHalf(this.state) !== Remote.ended) this.exchange.reset(ErrorCode.NO_ERROR);
  }

  // ---- the end

  /** Cuts the call off from this side: the client is told the status. */
  override fault(status: Status, cause?: unknown): void {
    this.cutOff(Input.fault, status, cause);
  }

  protected override expire(): void {
    this.cutOff(Input.deadline, statusOf(CodeNumber.deadline_exceeded, "the deadline of the call has passed"), undefined);
  }

  private cutOff(input: number, status: Status, cause: unknown): void {
    const before = this.state;
    if (before === ENDED) return;
    if (localHalf(before) === Local.ended) {
      // the response is whole and the client does not take it
      if (this.end(input, status, "engine", cause)) this.exchange.reset(ErrorCode.CANCEL);
      return;
    }
    // said before the end is told: whoever hears of it may not write any more
    this.exchange.discardQueued();
    this.writeStatus(status);
    this.end(input, status, "engine", cause);
    this.exchange.reset(ErrorCode.NO_ERROR);
  }

  onEnd(end: ExchangeEnd): void {
    if (!this.ended) this.endByTransport(end);
    if (this.handler === Handler.none) this.handlerSettled();
    this.setup.owner.released(this);
  }

  private endByTransport(end: ExchangeEnd): void {
    const done = this.finalStatus;
    const orderly = end.kind === "complete" || (end.kind === "reset" && end.code === ErrorCode.NO_ERROR && end.initiator !== "peer");
    if (orderly && done !== undefined) this.end(Input.complete, done, "application");
    else if (this.deadline >= 0 && this.setup.runtime.now() >= this.deadline)
      this.endByPeer(Input.deadline, CodeNumber.deadline_exceeded, "engine", end);
    else this.endByPeer(end.kind === "lost" ? Input.lost : Input.reset, CodeNumber.cancelled, end.initiator, end);
  }

  private endByPeer(input: number, code: number, initiator: Initiator, end: ExchangeEnd): void {
    this.end(input, statusOf(code, end.message), initiator);
  }

  protected override onEnded(input: number): void {
    this.endInput = input;
    const error = this.error();
    if (input === Input.complete) this.receiver?.endWell();
    else this.receiver?.endBadly(input === Input.reset || input === Input.lost);
    this.sender?.fail(error ?? this.afterEnd());
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
    const listeners = this.drainListeners;
    this.drainListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Calls the listener when the connection begins to go away; at once when it has begun. */
  whenDraining(listener: () => void): void {
    if (this.draining) return listener();
    this.drainListeners ??= [];
    this.drainListeners.push(listener);
  }
}
