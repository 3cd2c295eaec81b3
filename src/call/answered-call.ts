import { ErrorCode } from "../base/error-code.js";
import { type Fields, NO_FIELDS } from "../base/field.js";
import type { Exchange } from "../exchange/exchange.js";
import type { Answer, ServerProtocol } from "../exchange/server-protocol.js";
import { CodeNumber } from "../rpc/code.js";
import type { Metadata } from "../rpc/metadata.js";
import { RpcError } from "../rpc/rpc-error.js";
import { STATUS_OK, type Status } from "../rpc/status.js";
import { Call, type CallSetup } from "./call.js";
import { CallEvent, Value } from "./call-event.js";
import { framingOf, prefixFor } from "./framing.js";
import type { HandlerHeaders } from "./handler-headers.js";
import type { CallLimits } from "./limits.js";
import { rejected } from "./receiver.js";
import { type Outlet, Sender, type SendOptions } from "./sender.js";
import type { SendingHalf } from "./sending-half.js";
import { Input, Local, localHalf, Remote, remoteHalf, stateOf } from "./transition.js";

/** What the response of a call needs of its method and protocol. */
export interface ResponseSetup extends CallSetup {
  readonly protocol: ServerProtocol;
}

const STARTED = stateOf(Local.unsent, Remote.open);

/** The response half of a call on a server: head, messages, status, in this order and each part once. */
export abstract class AnsweredCall extends Call implements Outlet, SendingHalf, Answer {
  declare readonly setup: ResponseSetup;
  abstract readonly requestFields: Fields;
  /** Never replaced: commands after its end do nothing. */
  declare exchange: Exchange;
  /** For methods that answer with a stream. */
  readonly sender: Sender | undefined;
  /** Set by the handler before the head goes out. */
  responseHeaders: HandlerHeaders | undefined = undefined;
  /** What the server adds to the head, whatever the handler says. */
  addedHeaders: Fields = NO_FIELDS;
  responseTrailers: Metadata | undefined = undefined;
  /** Whether messages are compressed, where a compression was agreed. */
  compress = true;
  /** The handler's status: the outcome once everything has left. */
  protected finalStatus: Status | undefined = undefined;

  constructor(setup: ResponseSetup, limits: CallLimits, exchange: Exchange) {
    super(setup, limits, STARTED);
    this.exchange = exchange;
    this.sender = setup.method.serverStreams ? new Sender(this) : undefined;
  }

  /** Sends the response's head, unless it has gone already. */
  sendHead(): void {
    if (this.headSent) return;
    this.writeHead();
    if (this.headSent && !this.ended) this.record(CallEvent.headSent);
  }

  private writeHead(): void {
    const { protocol } = this.setup;
    if (!protocol.headGoesFirst) return;
    this.move(Input.sendHead);
    protocol.sendHead(this);
  }

  get headSent(): boolean {
    return localHalf(this.state) !== Local.unsent;
  }

  // ---- what the protocol writes of the answer

  get codec(): string {
    return this.setup.sends.codec.name;
  }

  get compression(): string {
    return this.sendCompression === undefined ? "identity" : this.sendCompression.name;
  }

  get headers(): Fields {
    const { responseHeaders, addedHeaders } = this;
    if (responseHeaders === undefined) return addedHeaders;
    responseHeaders.seal();
    return [...addedHeaders, ...responseHeaders.toFields()];
  }

  /** Sends one message of a response stream. Undefined: accepted at once. Rejects with the call's error after its end. */
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    if (this.sendingOver) return rejected(this.afterEnd());
    if (!this.headSent) this.writeHead();
    const compression = (options?.compress ?? this.compress) ? this.sendCompression : undefined;
    let mapped: unknown;
    let bytes: Uint8Array;
    try {
      mapped = this.mapped(message);
      bytes = this.encode(mapped, compression);
    } catch (error) {
      this.faultFrom(error);
      return rejected(this.error());
    }
    return (this.sender as Sender).send(bytes, framingOf(mapped, compression), options);
  }

  /** No more responses are taken: after the end, and once the handler has returned. */
  get sendingOver(): boolean {
    return this.ended || this.finalStatus !== undefined;
  }

  afterEnd(): Error {
    return (
      this.error() ??
      new RpcError(
        "failed_precondition",
        "send() after the handler has returned: the response is complete; await every send before returning",
      )
    );
  }

  override get waitingSends(): number {
    return this.sender?.waitingSends ?? 0;
  }

  transmit(bytes: Uint8Array, framing: number): boolean {
    const prefix = prefixFor(this.setup.body, bytes, framing);
    this.countSent(prefix.length + bytes.length);
    if (this.messagesSent === 1) this.record(CallEvent.firstSent);
    return this.exchange.sendData(prefix, bytes, false);
  }

  onSendsWait(waits: boolean): void {
    this.recordSendWaits(waits);
  }

  onWritable(): void {
    this.sender?.onWritable();
  }

  /** Answers a call that has one response, and ends it well. Throws `RpcError` when the message cannot be encoded. */
  respond(message: unknown): void {
    if (this.ended) return;
    const compression = this.compress ? this.sendCompression : undefined;
    const mapped = this.mapped(message);
    const bytes = this.encode(mapped, compression);
    const prefix = prefixFor(this.setup.body, bytes, framingOf(mapped, compression));
    this.countSent(prefix.length + bytes.length);
    if (this.headSent) {
      this.exchange.sendData(prefix, bytes, false);
      this.finish(STATUS_OK);
    } else {
      const status = this.withTrailers(STATUS_OK);
      this.finalStatus = status;
      this.move(Input.endLocal);
      this.setup.protocol.respond(this, prefix, bytes, compression !== undefined, status);
      this.endExchange();
    }
  }

  /** Ends the call with the handler's status, after what it sent. */
  finish(status: Status): void {
    if (this.ended || this.finalStatus !== undefined) return;
    const final = this.withTrailers(status);
    this.finalStatus = final;
    if (this.sender === undefined || status.code !== CodeNumber.ok) this.sendStatus(final);
    else
      this.sender.finish(
        () => this.sendStatus(final),
        () => this.afterEnd(),
      );
  }

  private sendStatus(status: Status): void {
    const { headSent } = this;
    this.move(Input.endLocal);
    this.record(CallEvent.statusSent);
    if (status.code !== CodeNumber.ok) this.recordValue(Value.status, status.code);
    this.sender?.fail(() => this.afterEnd());
    this.writeStatus(status, headSent);
    this.endExchange();
  }

  protected withTrailers(status: Status): Status {
    const trailers = this.responseTrailers;
    if (trailers === undefined) return status;
    return { ...status, trailers: [...trailers.toFields(), ...status.trailers] };
  }

  /** Says the status, after a head where none has gone. */
  protected writeStatus(status: Status, headSent: boolean): void {
    this.setup.protocol.sendStatus(this, status, headSent);
  }

  /** The response is whole: the rest of an unfinished request has no reader. */
  private endExchange(): void {
    if (remoteHalf(this.state) !== Remote.ended) this.exchange.reset(ErrorCode.NO_ERROR);
  }
}
