import type { Fields } from "../base/field.js";
import type { Runtime } from "../base/runtime.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../exchange/exchange.js";
import type { WaitingFor } from "../observe/call-snapshot.js";
import { type BodyFormat, isEmptyEnvelope, type MessageSink, type PartialMessage } from "../rpc/body-format.js";
import { type CodeName, CodeNumber } from "../rpc/code.js";
import type { Compression } from "../rpc/compression.js";
import { Encoded } from "../rpc/encoded.js";
import { errorStatus } from "../rpc/error-status.js";
import { encodeMessage, type MessageFormat } from "../rpc/message-format.js";
import type { Method } from "../rpc/method.js";
import { RpcError } from "../rpc/rpc-error.js";
import { statusOf } from "../rpc/status.js";
import { CallEvent, Value } from "./call-event.js";
import { Lifetime } from "./lifetime.js";
import type { CallLimits } from "./limits.js";
import type { MessageMaps } from "./message-maps.js";
import { Effect, Input, Remote, remoteHalf } from "./transition.js";

/** What a call is made with: shared by all calls of a method on one client or server. */
export interface CallSetup {
  readonly method: Method;
  readonly runtime: Runtime;
  readonly body: BodyFormat;
  /** The format of the messages that are sent. */
  readonly sends: MessageFormat;
  /** The format of the messages that are received. */
  readonly receives: MessageFormat;
}

/**
 * One call, seen from one side: its life, and the way of messages into body bytes and back. It is the sink of its exchange's events
 * and calls its exchange's commands; everything that the user touches (handles, contexts, iterators) stands outside and holds the
 * call, never the reverse.
 */
export abstract class Call extends Lifetime implements ExchangeEvents, MessageSink {
  readonly setup: CallSetup;
  readonly limits: CallLimits;
  exchange: Exchange | undefined = undefined;
  /** The format of what is received. */
  protected incoming: BodyFormat;
  /** The compression of received messages, when the peer uses one. */
  receiveCompression: Compression | undefined = undefined;
  /** The compression of sent messages, when one was agreed. */
  sendCompression: Compression | undefined = undefined;
  maps: MessageMaps | undefined = undefined;
  /** Neighbours in the list of open calls. */
  older: Call | undefined = undefined;
  newer: Call | undefined = undefined;
  /** Bytes dropped since nobody wants them. */
  protected discardedBytes = 0;
  private partial: PartialMessage | undefined = undefined;
  /** Bytes of `partial` whose credit has gone back already. */
  private partialCredited = 0;

  constructor(setup: CallSetup, limits: CallLimits, state: number) {
    super(state, setup.runtime.turnTime());
    this.setup = setup;
    this.incoming = setup.body;
    this.limits = limits;
  }

  protected override get runtime(): Runtime {
    return this.setup.runtime;
  }

  // ---- sending

  /** A message after the interceptors' maps. One that is encoded already stays so where they leave it as it is. */
  protected mapped(message: unknown): unknown {
    const { maps } = this;
    if (maps === undefined) return message;
    if (!(message instanceof Encoded)) return maps.send(message);
    const shared = message.message;
    const mapped = maps.send(shared);
    return mapped === shared ? message : mapped;
  }

  /**
   * The bytes of a mapped message as they go into the body, compressed where there is a compression; `framingOf` says what they still
   * need. Throws `RpcError` when it cannot be encoded.
   */
  protected encode(mapped: unknown, compression: Compression | undefined): Uint8Array {
    const { sends, body } = this.setup;
    if (mapped instanceof Encoded) {
      if (mapped.schema.typeName === sends.schema.typeName) return mapped.inBody(body, sends.codec, compression);
      const { typeName } = mapped.schema;
      throw new RpcError("internal", `an encoded message of type ${typeName} cannot be sent as ${sends.schema.typeName}`);
    }
    let bytes: Uint8Array;
    try {
      bytes = encodeMessage(sends, mapped);
    } catch (cause) {
      throw new RpcError("internal", `message of type ${sends.schema.typeName} cannot be encoded: ${text(cause)}`, { cause });
    }
    return compression === undefined || isEmptyEnvelope(body, bytes) ? bytes : compression.compress(bytes);
  }

  // ---- receiving: body bytes to messages

  abstract onHead(fields: Fields, end: boolean): void;
  abstract onTrailers(fields: Fields): void;
  abstract onWritable(): void;
  abstract onClosing(bytes: Uint8Array, start: number, end: number, compressed: boolean, wireBytes: number): void;
  abstract onDraining(): void;
  abstract onEnd(end: ExchangeEnd): void;
  /** The peer's half ended with the last body bytes. */
  protected abstract onBodyEnd(): void;
  /** Bytes arrived that nobody wants any more. */
  protected onDiscarded(): void {}
  /** A whole message; `credit` bytes go back when it is taken. */
  protected abstract deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): void;
  /** Whether an incomplete message may have its credit back at once: nobody must be able to fill memory beside an unread message. */
  protected abstract wantsMore(): boolean;

  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    if (end > start) {
      const unwanted = this.dropsMessages;
      if (unwanted && (this.ended || !this.incoming.mayClose)) this.exchange?.consume(end - start);
      else {
        this.partial = this.incoming.read(this.partial, chunk, start, end, this.limits.maxReceiveBytes, this, fin);
        if (this.partial !== undefined) this.creditPartial();
      }
      if (unwanted) {
        this.discardedBytes += end - start;
        this.onDiscarded();
      }
    }
    if (fin) this.endBody();
  }

  get dropsMessages(): boolean {
    return this.ended || remoteHalf(this.state) === Remote.discarded;
  }

  /** The body is whole. */
  protected endBody(): void {
    this.finishBody();
    this.onBodyEnd();
  }

  /** Nothing follows what has come of the body. */
  protected finishBody(): void {
    const { partial } = this;
    this.partial = undefined;
    if (!this.ended) this.incoming.finish(partial, this);
  }

  /** Gives back the credit of the incomplete message, so that it can become complete. */
  creditPartial(): void {
    if (this.partial === undefined || this.ended || !this.wantsMore()) return;
    const held = this.partial.held - this.partialCredited;
    this.partialCredited = this.partial.held;
    this.consume(held);
  }

  /** Drops the incomplete message: nobody wants it any more. Where what follows is wanted, its rest must be able to come. */
  protected dropPartial(): void {
    if (this.partial === undefined) return;
    if (this.incoming.mayClose) {
      this.creditPartial();
      return;
    }
    this.consume(this.partial.held - this.partialCredited);
    this.partial = undefined;
    this.partialCredited = 0;
  }

  /** Gives back the credit of a message that was taken. */
  consume(credit: number): void {
    if (credit > 0) this.exchange?.consume(credit);
  }

  onMessage(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, wireBytes: number): boolean {
    const credit = this.takeCredit(wireBytes);
    const effect = this.move(Input.message);
    if (effect === Effect.violation) this.onMalformed("a message came before the headers");
    else if (effect === Effect.ignored) this.consume(credit);
    else {
      this.countReceived(wireBytes);
      this.deliver(bytes, start, end, compressed, owned, credit);
    }
    return !this.ended;
  }

  /** What is to be given back for a piece of the body that is whole: the rest may have gone back already. */
  protected takeCredit(wireBytes: number): number {
    const credit = wireBytes - this.partialCredited;
    this.partialCredited = 0;
    return credit;
  }

  onOversize(length: number): void {
    const { maxReceiveBytes } = this.limits;
    this.fault(
      statusOf(CodeNumber.resource_exhausted, `peer sent a message of ${length} bytes; the limit (maxReceiveBytes) is ${maxReceiveBytes}`),
    );
  }

  onMalformed(because: string): void {
    this.fault(statusOf(CodeNumber.internal, `peer broke the protocol: ${because}`));
  }

  /** Decodes `bytes[start, end)` and shows the message to the interceptors. Throws `RpcError`. */
  decode(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean): unknown {
    const message = this.parse(bytes, start, end, compressed, owned);
    if (this.maps === undefined) return message;
    return this.maps.receive(message, { compressed: this.isCompressed(compressed, end - start), encodedBytes: end - start });
  }

  /** Decodes `bytes[start, end)`. Throws `RpcError`. `owned`: the message may hold the bytes. */
  protected parse(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean): unknown {
    const { receives } = this.setup;
    const inflate = this.isCompressed(compressed, end - start);
    const whole = end - start === bytes.length ? bytes : bytes.subarray(start, end);
    const encoded = inflate ? this.decompress(whole) : whole;
    try {
      return receives.codec.decode(receives.schema, encoded, owned || inflate);
    } catch (cause) {
      const because = `peer sent bytes that are no message of type ${receives.schema.typeName}: ${text(cause)}`;
      throw new RpcError(this.undecodable, because, { cause, initiator: "peer" });
    }
  }

  /** The code of what is no message of its type. */
  protected get undecodable(): CodeName {
    return "internal";
  }

  /** Whether what has come is compressed. `flagged`: it says so itself. */
  protected isCompressed(flagged: boolean, length: number): boolean {
    if (this.incoming.compressedByHead) return this.receiveCompression !== undefined && length > 0;
    // of no bytes nothing can be decompressed, but a flag where no compression was named breaks the protocol all the same
    return flagged && (length > 0 || this.receiveCompression === undefined);
  }

  /** Throws `RpcError`. */
  protected decompress(bytes: Uint8Array): Uint8Array {
    if (this.receiveCompression === undefined) {
      throw new RpcError("internal", "peer sent a compressed message without naming a compression", { initiator: "peer" });
    }
    return this.receiveCompression.decompress(bytes, this.limits.maxReceiveBytes);
  }

  // ---- what a snapshot tells

  /** What would have to happen for the call to move on. */
  abstract get waitingFor(): WaitingFor;

  /** Notes how the transport ended, where that ends the call. */
  protected recordTransportEnd(end: ExchangeEnd): void {
    if (end.kind === "lost") this.record(CallEvent.lost);
    else if (end.kind === "reset") {
      this.record(end.initiator === "peer" ? CallEvent.peerReset : CallEvent.reset);
      this.recordValue(Value.errorCode, end.code);
    }
  }

  /** Whether a handler runs for it: on a server, possibly after the end. */
  get handlerRuns(): boolean {
    return false;
  }

  /** Whether what was sent, or is to be sent, waits for room: here, or in the transport. */
  protected waitsForRoom(sender: { readonly waits: boolean } | undefined): boolean {
    return sender?.waits === true || (this.exchange !== undefined && this.exchange.sendWindow <= 0);
  }

  /** Where in the user's code it was opened, when that was noted. */
  get openedAt(): string | undefined {
    return undefined;
  }

  // ---- standing still

  /** A message counts when it was accepted, when it has arrived, and once more when it is taken after it had to wait. */
  protected override get progress(): number {
    return this.messagesSent + 2 * this.messagesReceived - this.unreadMessages;
  }

  protected override onIdle(): void {
    const { idleTimeoutMs } = this.limits;
    this.record(CallEvent.idle);
    this.fault(statusOf(CodeNumber.deadline_exceeded, `no message moved either way for ${idleTimeoutMs} ms (idleTimeoutMs)`));
  }

  /** Ends the call with an error that was thrown by an interceptor, or while a message was read or written. */
  faultFrom(error: unknown): void {
    const rpcError = RpcError.from(error, "internal");
    this.fault(errorStatus(rpcError), error, rpcError.initiator);
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
