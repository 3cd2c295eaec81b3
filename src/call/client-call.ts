import { ErrorCode } from "../base/error-code.js";
import { type Fields, NO_FIELDS } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { ClientConnection } from "../exchange/connection.js";
import type { ExchangeEnd } from "../exchange/exchange.js";
import { type Code, CodeNumber, codeFromNumber } from "../rpc/code.js";
import type { Compression } from "../rpc/compression.js";
import { Metadata } from "../rpc/metadata.js";
import type { ClientProtocol } from "../rpc/protocol.js";
import { RpcError } from "../rpc/rpc-error.js";
import { type Status, statusOf } from "../rpc/status.js";
import { Call, type CallSetup } from "./call.js";
import { type CallLimits, OUTBOX_BYTES } from "./limits.js";
import { handled, rejected } from "./receiver.js";
import { Replay } from "./replay.js";
import { type Outlet, Sender, type SendOptions } from "./sender.js";
import { Effect, ENDED, Input, Local, Remote, stateOf } from "./transition.js";

/** What all calls of one method of a client share. */
export interface ClientCallSetup extends CallSetup {
  readonly protocol: ClientProtocol;
  /** The fields that every call of the method sends, see `ClientProtocol.requestHead`. */
  readonly head: Fields;
  /** The compression of the requests, where the client was told to use one. */
  readonly compression: Compression | undefined;
  /** The compressions that responses may use, by name. */
  readonly compressions: ReadonlyMap<string, Compression>;
  readonly dispatcher: Dispatcher;
}

/** Finds a connection for each attempt of a call: the channel. */
export interface Dispatcher {
  /** A call was made; it holds nothing yet. */
  begun(call: ClientCall): void;
  /** Calls `attach` when there is a connection, at once if possible; or ends the call by `giveUp`. */
  dispatch(call: ClientCall): void;
  /** The call waits no more. */
  forget(call: ClientCall): void;
  /** The call holds nothing any more. */
  released(call: ClientCall): void;
}

/** How one attempt of a call ended, as a picker is told. */
export interface AttemptEnd {
  readonly code: Code;
  readonly initiator: Initiator;
  /** No handler has seen the attempt. */
  readonly unprocessed: boolean;
}

/** What the caller wants of one call. */
export interface ClientCallOptions {
  /** The metadata of the request. */
  readonly metadata: Fields;
  /** A call without a connection waits for one rather than fail. */
  readonly waitForReady: boolean;
  readonly onHeaders: ((headers: Metadata) => void) | undefined;
  readonly onTrailers: ((trailers: Metadata) => void) | undefined;
}

const STARTED = stateOf(Local.open, Remote.awaited);

/**
 * One call, seen from the client. It begins when it is made and owns its attempts: an attempt that provably reached no handler is
 * repeated, unseen. Ends with the server's status, or by what ends it on this side; then the exchange is reset in the same turn.
 */
export abstract class ClientCall extends Call implements Outlet {
  declare readonly setup: ClientCallSetup;
  readonly options: ClientCallOptions;
  /** The metadata of the request: what the caller gave, then what interceptors made of it. */
  metadata: Fields;
  /** For methods that stream requests. */
  readonly sender: Sender | undefined;
  /** Attempts begun so far. */
  attempts = 0;
  private refusals = 0;
  private replay: Replay | undefined = new Replay();
  private held: Promise<void> | undefined = undefined;
  private letGo: (() => void) | undefined = undefined;
  private endSent = false;
  private attemptDone: ((end: AttemptEnd) => void) | undefined = undefined;
  private headersValue: Fields | undefined = undefined;
  private headersPromise: Promise<Metadata> | undefined = undefined;
  private settleHeaders: { resolve: (headers: Metadata) => void; reject: (error: unknown) => void } | undefined = undefined;

  constructor(setup: ClientCallSetup, limits: CallLimits, options: ClientCallOptions) {
    super(setup, limits, STARTED);
    this.options = options;
    this.metadata = options.metadata;
    this.sendCompression = setup.compression;
    this.sender = setup.method.clientStreams ? new Sender(this) : undefined;
    setup.dispatcher.begun(this);
  }

  /** Starts the deadline, `timeoutMs` from now; Infinity for none. */
  limitTime(timeoutMs: number): void {
    if (this.ended || timeoutMs === Number.POSITIVE_INFINITY) return;
    this.startDeadline(this.setup.runtime.now() + timeoutMs);
    if (timeoutMs <= 0) this.expire();
  }

  /** Holds the requests back until `begin`: interceptors are not through yet, and must see every message. */
  hold(): void {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  /** Looks for a connection. */
  begin(): void {
    this.letGo?.();
    this.held = undefined;
    this.letGo = undefined;
    if (!this.ended) this.setup.dispatcher.dispatch(this);
  }

  // ---- attempts

  /** Begins an attempt on this connection; `done` runs once, when the attempt has ended on the transport. */
  attach(connection: ClientConnection, done: ((end: AttemptEnd) => void) | undefined): void {
    this.attempts++;
    this.attemptDone = done;
    const exchange = connection.open(this);
    this.exchange = exchange;
    exchange.sendHead(this.setup.head, this.ownFields(), false);
    const replay = this.replay;
    if (replay === undefined) return;
    const { accepted } = replay;
    let writable = true;
    for (let i = 0; i < accepted.length && this.exchange === exchange; i++) {
      const message = accepted[i] as (typeof accepted)[number];
      const last = replay.ended && i === accepted.length - 1;
      writable = exchange.sendData(this.setup.body.prefix(message.bytes.length, message.compressed), message.bytes, last);
    }
    if (replay.ended && this.exchange === exchange) {
      if (accepted.length === 0) exchange.sendData(NOTHING, NOTHING, true);
      this.endSent = true;
    }
    if (writable && this.exchange === exchange) this.sender?.onWritable();
  }

  /** There is no connection and there will be none. */
  giveUp(status: Status, initiator: Initiator, cause?: unknown): void {
    if (this.end(Input.fault, status, initiator, cause)) this.release();
  }

  /** The fields of this call alone. */
  private ownFields(): Fields {
    const { metadata } = this;
    if (this.deadline < 0) return metadata;
    const remaining = Math.max(1, this.deadline - Math.floor(this.setup.runtime.now()));
    const timeout = this.setup.protocol.timeoutField(remaining);
    return metadata.length === 0 ? [timeout] : [timeout, ...metadata];
  }

  onEnd(end: ExchangeEnd): void {
    this.exchange = undefined;
    if (!this.ended) {
      if (end.unprocessed && this.replay !== undefined && (end.kind === "lost" || this.refusals++ === 0)) {
        this.endSent = false;
        this.finishAttempt({ code: "unavailable", initiator: end.initiator, unprocessed: true });
        this.setup.dispatcher.dispatch(this);
        return;
      }
      this.endByTransport(end);
    }
    this.finishAttempt({ code: codeFromNumber((this.status as Status).code), initiator: this.initiator, unprocessed: end.unprocessed });
    this.release();
  }

  private endByTransport(end: ExchangeEnd): void {
    const { runtime, protocol } = this.setup;
    if (this.deadline >= 0 && runtime.now() >= this.deadline) this.expire();
    else if (end.kind === "lost") this.end(Input.lost, statusOf(CodeNumber.unavailable, end.message), end.initiator);
    else if (end.kind === "reset") this.end(Input.reset, statusOf(protocol.readReset(end.code), end.message), end.initiator);
    else this.end(Input.status, protocol.withoutTrailers, "peer");
  }

  private finishAttempt(end: AttemptEnd): void {
    const done = this.attemptDone;
    this.attemptDone = undefined;
    done?.(end);
  }

  private release(): void {
    this.replay = undefined;
    this.setup.dispatcher.released(this);
  }

  // ---- ending from this side

  cancel(reason?: unknown): void {
    const why =
      reason === undefined
        ? "cancelled by the caller"
        : `cancelled by the caller: ${reason instanceof Error ? reason.message : String(reason)}`;
    this.endHere(Input.cancel, statusOf(CodeNumber.cancelled, why), "application", reason);
  }

  override fault(status: Status, cause?: unknown): void {
    this.endHere(Input.fault, status, "engine", cause);
  }

  protected override expire(): void {
    this.endHere(Input.deadline, statusOf(CodeNumber.deadline_exceeded, "the deadline of the call has passed"), "engine");
  }

  private endHere(input: number, status: Status, initiator: Initiator, cause?: unknown): void {
    if (!this.end(input, status, initiator, cause)) return;
    if (this.exchange !== undefined) {
      this.exchange.reset(ErrorCode.CANCEL);
      return;
    }
    this.setup.dispatcher.forget(this);
    this.release();
  }

  protected override onEnded(_input: number): void {
    this.letGo?.();
    this.held = undefined;
    const error = this.error();
    this.sender?.fail(error ?? new RpcError("failed_precondition", "the call has ended well; nothing more can be sent"));
    if (this.settleHeaders === undefined) return;
    if (error === undefined) this.settleHeaders.resolve(Metadata.fromFields(this.headersValue ?? NO_FIELDS));
    else {
      this.headersPromise?.then(undefined, handled);
      this.settleHeaders.reject(error);
    }
    this.settleHeaders = undefined;
  }

  // ---- sending

  /** Sends a message of a request stream. Undefined: accepted at once. Rejects with the call's error after its end. */
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    if (this.held !== undefined) return this.held.then(() => this.send(message, options));
    if (this.move(Input.sendMessage) === Effect.misuse) return rejected(this.afterEnd());
    let bytes: Uint8Array;
    try {
      bytes = this.encode(message);
    } catch (error) {
      this.faultFrom(error);
      return rejected(error);
    }
    const compressed = this.shouldCompress(options?.compress);
    return (this.sender as Sender).send(compressed ? this.compressed(bytes) : bytes, compressed, options?.signal);
  }

  /** Sends the one message of a request that is no stream. */
  sendOnly(message: unknown): void {
    let bytes: Uint8Array;
    try {
      bytes = this.encode(message);
    } catch (error) {
      this.faultFrom(error);
      return;
    }
    const compressed = this.shouldCompress(undefined);
    const body = compressed ? this.compressed(bytes) : bytes;
    this.move(Input.endLocal);
    const replay = this.replay as Replay;
    replay.add(body, compressed);
    replay.ended = true;
  }

  /** Half-closes: the requests are complete once what waits has been accepted. */
  endRequests(): void {
    if (this.held !== undefined) {
      this.held.then(() => this.endRequests());
      return;
    }
    if (this.move(Input.endLocal) !== Effect.accepted || this.ended) return;
    this.sender?.finish(() => {
      if (this.replay !== undefined) this.replay.ended = true;
      if (this.exchange === undefined) return;
      this.endSent = true;
      this.exchange.sendData(NOTHING, NOTHING, true);
    });
  }

  transmit(bytes: Uint8Array, compressed: boolean): boolean {
    const { exchange, replay } = this;
    if (replay !== undefined) {
      replay.add(bytes, compressed);
      if (exchange === undefined) return replay.bytes < OUTBOX_BYTES;
      if (replay.bytes > this.limits.maxReplayBytes) this.replay = undefined;
    }
    if (exchange === undefined) return false;
    return exchange.sendData(this.setup.body.prefix(bytes.length, compressed), bytes, false);
  }

  onWritable(): void {
    this.sender?.onWritable();
  }

  private shouldCompress(asked: boolean | undefined): boolean {
    return this.sendCompression !== undefined && (asked ?? true);
  }

  private compressed(bytes: Uint8Array): Uint8Array {
    return (this.sendCompression as Compression).compress(bytes);
  }

  private afterEnd(): Error {
    if (this.state !== ENDED) return new RpcError("failed_precondition", "send() after closeSend(): the requests were said to be complete");
    return this.error() ?? new RpcError("failed_precondition", "send() after the end: the server has ended the call well");
  }

  // ---- receiving

  /** The response headers: settles when they come; rejects with the call's error when it ends badly before. */
  get headers(): Promise<Metadata> {
    if (this.headersPromise === undefined) {
      this.headersPromise = new Promise((resolve, reject) => {
        this.settleHeaders = { resolve, reject };
      });
      const error = this.headersValue === undefined ? this.error() : undefined;
      if (error !== undefined) {
        this.headersPromise.then(undefined, handled);
        this.settleHeaders?.reject(error);
      } else if (this.headersValue !== undefined || this.ended) {
        this.settleHeaders?.resolve(Metadata.fromFields(this.headersValue ?? NO_FIELDS));
      }
    }
    return this.headersPromise;
  }

  onHead(fields: Fields, end: boolean): void {
    const effect = this.move(Input.head);
    this.replay = undefined;
    if (effect === Effect.violation) return this.onMalformed("it sent headers twice");
    const head = this.setup.protocol.readHead(fields, end);
    if (head.status !== undefined) return this.endByPeer(head.status);
    if (effect === Effect.ignored) return;
    if (head.compression !== "identity") {
      this.receiveCompression = this.setup.compressions.get(head.compression);
      if (this.receiveCompression === undefined) {
        return this.onMalformed(`it compresses with "${head.compression}", which was not offered`);
      }
    }
    this.headersValue = head.metadata;
    this.settleHeaders?.resolve(Metadata.fromFields(head.metadata));
    this.settleHeaders = undefined;
    const { onHeaders } = this.options;
    if (onHeaders !== undefined) this.callBack("onHeaders", onHeaders, head.metadata);
  }

  onTrailers(fields: Fields): void {
    if (this.ended) return;
    const status = this.setup.protocol.readTrailers(fields);
    if (status.code === CodeNumber.ok && this.insideMessage) return this.onMalformed("it ended the stream inside a message");
    this.endByPeer(status);
  }

  protected override onBodyEnd(): void {
    this.endByPeer(this.setup.protocol.withoutTrailers);
  }

  /** The status of a good end, or of a bad one when the messages do not fit the method. */
  protected abstract checkMessages(status: Status): Status;

  private endByPeer(status: Status): void {
    if (this.ended) return;
    const { onTrailers } = this.options;
    if (onTrailers !== undefined) this.callBack("onTrailers", onTrailers, status.trailers);
    this.end(Input.status, status.code === CodeNumber.ok ? this.checkMessages(status) : status, "peer");
    // the server wants no more requests: nothing that is still to be sent has a reader
    if (!this.endSent) this.exchange?.reset(ErrorCode.CANCEL);
  }

  private callBack(name: string, callback: (metadata: Metadata) => void, fields: Fields): void {
    try {
      callback(Metadata.fromFields(fields));
    } catch (error) {
      this.endHere(Input.cancel, statusOf(CodeNumber.cancelled, `the caller's ${name} threw`), "application", error);
    }
  }

  onDraining(): void {}
}

const NOTHING: Uint8Array = new Uint8Array(0);
