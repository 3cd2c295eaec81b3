import { ErrorCode } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { BodilessRequest, ClientProtocol } from "../exchange/client-protocol.js";
import type { ClientConnection } from "../exchange/connection.js";
import type { ExchangeEnd } from "../exchange/exchange.js";
import { type Code, CodeNumber, codeFromNumber } from "../rpc/code.js";
import type { Compression } from "../rpc/compression.js";
import type { Metadata } from "../rpc/metadata.js";
import { textOf } from "../rpc/rpc-error.js";
import { type Status, statusOf } from "../rpc/status.js";
import { Call, type CallSetup } from "./call.js";
import { CallEvent, Value } from "./call-event.js";
import { type Collectable, CollectionWatch } from "./collection.js";
import { NEVER } from "./lifetime.js";
import { type CallLimits, DEADLINE_SLACK_MS } from "./limits.js";
import { Outbox } from "./outbox.js";
import { Input, Local, Remote, stateOf } from "./transition.js";

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
  /** What makes requests without a body, for methods and protocols that have such. */
  readonly bodiless: BodilessRequest | undefined;
}

/** Finds a connection for each attempt of a call: the channel. */
export interface Dispatcher {
  /** A call was made; it holds nothing yet. */
  begun(call: AttemptedCall): void;
  /** Calls `attach` when there is a connection, at once if possible; or ends the call by `giveUp`. */
  dispatch(call: AttemptedCall): void;
  /** The call waits no more. */
  forget(call: AttemptedCall): void;
  /** The call ends since nothing moved. */
  timedOutIdle(call: AttemptedCall): void;
  /** The call has a handle, whose collection is to end it. */
  handed(call: AttemptedCall): void;
  /** The call ends since its handle was collected. */
  abandoned(call: AttemptedCall): void;
  /** The call holds nothing any more. */
  released(call: AttemptedCall): void;
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

const DEADLINE_PASSED: Status = statusOf(CodeNumber.deadline_exceeded, "the deadline of the call has passed");

const STARTED = stateOf(Local.open, Remote.awaited);

/**
 * The way of a client's call to a server and its end. A call owns its attempts: one that provably reached no handler is repeated, unseen.
 * What ends the call on this side resets the exchange in the same turn.
 */
export abstract class AttemptedCall extends Call implements Collectable {
  declare readonly setup: ClientCallSetup;
  options: ClientCallOptions;
  /** The metadata of the request: what the caller gave, then what interceptors made of it. */
  metadata: Fields;
  /** Attempts begun so far. */
  attempts = 0;
  private refusals = 0;
  private site: string | undefined = undefined;
  /** The handle, as long as its collection is not watched yet. */
  private handle: object | undefined = undefined;
  /** Streams: of the collection of the handle. */
  protected collection: CollectionWatch | undefined = undefined;
  protected readonly outbox: Outbox;
  private attemptDone: ((end: AttemptEnd) => void) | undefined = undefined;

  constructor(setup: ClientCallSetup, limits: CallLimits, options: ClientCallOptions) {
    super(setup, limits, STARTED);
    this.options = options;
    this.metadata = options.metadata;
    this.outbox = new Outbox(setup.body, limits.maxReplayBytes);
    setup.dispatcher.begun(this);
  }

  /** Starts the deadline, `timeoutMs` from now (Infinity for none), and the idle time-out. */
  limitTime(timeoutMs: number): void {
    if (timeoutMs !== Number.POSITIVE_INFINITY) {
      this.startDeadline(this.setup.runtime.now() + timeoutMs);
      if (timeoutMs <= 0) this.expire();
    }
    this.startIdle(this.limits.idleTimeoutMs);
  }

  protected override onIdle(): void {
    this.setup.dispatcher.timedOutIdle(this);
    super.onIdle();
  }

  override get openedAt(): string | undefined {
    return this.site;
  }

  /** Where in the user's code the call was opened. */
  noteOpened(at: string | undefined): void {
    this.site = at;
  }

  /** The call is used by this handle from now on; once nobody holds it, the call is abandoned. */
  handTo(handle: object): void {
    if (this.ended) return;
    this.handle = handle;
    this.setup.dispatcher.handed(this);
  }

  /** Holds the handle no more, and has its collection watched. */
  watchHandle(): void {
    const { handle } = this;
    this.handle = undefined;
    if (handle !== undefined && !this.ended) this.collection = new CollectionWatch(handle, this);
  }

  // ---- attempts

  /** Looks for a connection. */
  protected dispatch(): void {
    this.setup.dispatcher.dispatch(this);
    if (this.exchange === undefined && !this.ended) this.record(CallEvent.waitsForConnection);
  }

  /** Begins an attempt on this connection; `done` runs once, when the attempt has ended on the transport. */
  attach(connection: ClientConnection, done: ((end: AttemptEnd) => void) | undefined): void {
    this.attempts++;
    this.attemptDone = done;
    const { protocol, head } = this.setup;
    const exchange = protocol.adapt === undefined ? connection.open(this) : protocol.adapt((events) => connection.open(events), this);
    this.exchange = exchange;
    this.record(CallEvent.requestSent);
    if (this.attempts > 1) this.recordValue(Value.attempt, this.attempts);
    const whole = this.outbox.requestInHead;
    exchange.sendHead(whole ?? head, this.ownFields(), whole !== undefined);
    const writable = this.outbox.attach(exchange);
    if (writable && this.exchange === exchange) this.onWritable();
  }

  /** There is no connection and there will be none. */
  giveUp(status: Status, initiator: Initiator, cause?: unknown): void {
    if (this.end(Input.fault, status, initiator, cause)) this.release();
  }

  /** The fields of this call alone. */
  private ownFields(): Fields {
    const { metadata } = this;
    if (this.deadline === NEVER) return metadata;
    const remaining = Math.max(1, this.deadline - Math.ceil(this.setup.runtime.now()));
    const timeout = this.setup.protocol.timeoutFields(remaining);
    return metadata.length === 0 ? timeout : [...timeout, ...metadata];
  }

  onEnd(end: ExchangeEnd): void {
    this.exchange = undefined;
    this.outbox.detach();
    if (!this.ended) {
      this.recordTransportEnd(end);
      if (end.unprocessed && this.outbox.replayable && (end.initiator !== "peer" || end.kind === "lost" || this.refusals++ === 0)) {
        this.finishAttempt({ code: "unavailable", initiator: end.initiator, unprocessed: true });
        // whoever was told may have ended the call
        if (this.ended) return;
        this.record(CallEvent.notProcessed);
        this.dispatch();
        return;
      }
      this.endByTransport(end);
    }
    this.finishAttempt({ code: codeFromNumber((this.status as Status).code), initiator: this.initiator, unprocessed: end.unprocessed });
    this.release();
  }

  private endByTransport(end: ExchangeEnd): void {
    const { protocol } = this.setup;
    const resetAtDeadline = end.kind === "reset" && end.code === ErrorCode.CANCEL && this.timeRemainingMs() <= DEADLINE_SLACK_MS;
    if (this.pastDeadline || resetAtDeadline) this.end(Input.deadline, DEADLINE_PASSED, "engine");
    // a code that comes with a GOAWAY is the connection's: the stream was only refused
    else if (end.kind === "lost" || end.unprocessed) this.end(Input.reset, statusOf(CodeNumber.unavailable, end.message), end.initiator);
    else this.end(Input.reset, statusOf(protocol.readReset(end.code), end.message), end.initiator);
  }

  private finishAttempt(end: AttemptEnd): void {
    const done = this.attemptDone;
    this.attemptDone = undefined;
    done?.(end);
  }

  private release(): void {
    this.outbox.commit();
    this.setup.dispatcher.released(this);
  }

  // ---- ending from this side

  cancel(reason?: unknown): void {
    this.cancelSince(reason === undefined ? "" : textOf(reason), reason);
  }

  /** Cancels with a sentence of ours, beside the reason. */
  cancelSince(because: string, reason: unknown): void {
    const why = because === "" ? "cancelled by the caller" : `cancelled by the caller: ${because}`;
    this.endHere(Input.cancel, statusOf(CodeNumber.cancelled, why), "application", reason);
  }

  abandon(): void {
    this.setup.dispatcher.abandoned(this);
    const where = this.site === undefined ? "" : `, which was opened at ${this.site},`;
    const why = `the handle of the stream${where} was collected: nobody could use the stream, or end it, any more`;
    this.endHere(Input.cancel, statusOf(CodeNumber.cancelled, why), "application");
  }

  override fault(status: Status, cause?: unknown, initiator: Initiator = "engine"): void {
    this.endHere(Input.fault, status, initiator, cause);
  }

  protected override expire(): void {
    this.endHere(Input.deadline, DEADLINE_PASSED, "engine");
  }

  protected endHere(input: number, status: Status, initiator: Initiator, cause?: unknown): void {
    if (!this.end(input, status, initiator, cause)) return;
    if (this.exchange !== undefined) {
      this.exchange.reset(ErrorCode.CANCEL);
      return;
    }
    this.setup.dispatcher.forget(this);
    this.release();
  }
}
