import { ErrorCode, errorCodeName } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../exchange/exchange.js";
import { IncomingBody, type IncomingBodyOwner } from "./incoming-body.js";
import { OutgoingBody, type OutgoingBodyOwner } from "./outgoing-body.js";

/** Bytes that may wait before `sendData` says wait. */
const HIGH_WATER_BYTES = 65_536;

/** The connection that an exchange belongs to, as far as there is such a thing. */
export interface FetchHost {
  readonly peer: Peer;
  /** The exchange has ended. */
  released(exchange: FetchExchange): void;
}

/**
 * What both ends of an exchange over fetch have in common. The head and what of the body is there at once go together; a body that is whole by
 * then needs no stream.
 */
export abstract class FetchExchange<Host extends FetchHost = FetchHost> implements Exchange, OutgoingBodyOwner, IncomingBodyOwner {
  readonly peer: Peer;
  readonly fullDuplex: boolean = false;
  protected events: ExchangeEvents | undefined;
  protected ended = false;
  /** Head, and body or stream of it, have been given to the platform. */
  protected begun = false;
  protected remoteEnded = false;
  protected readonly host: Host;
  readonly #outgoing: OutgoingBody = new OutgoingBody(this);
  #incoming: IncomingBody | undefined = undefined;
  #head: Fields | undefined = undefined;
  /** The local half has been told to end. */
  #endAsked = false;
  /** The platform has all of the local half. */
  #localGone = false;
  #wantsWritable = false;
  #resetWhenSent = false;
  /** It ended before `attach`. */
  #untold: ExchangeEnd | undefined = undefined;

  constructor(host: Host, events: ExchangeEvents | undefined) {
    this.host = host;
    this.peer = host.peer;
    this.events = events;
  }

  get sendWindow(): number {
    return HIGH_WATER_BYTES - this.#outgoing.queuedBytes;
  }

  // ---- commands

  sendHead(prepared: Fields, extra: Fields, end: boolean): void {
    if (this.ended || this.#head !== undefined) return;
    this.#head = extra.length === 0 ? prepared : [...prepared, ...extra];
    if (end) this.#endLocal();
    else queueMicrotask(() => this.#begin());
  }

  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    if (this.#mayNotSend()) return true;
    this.#outgoing.add(prefix, bytes);
    if (this.#outgoing.queuedBytes > 0) this.onWaiting(true);
    if (end) this.#endLocal();
    if (this.ended || this.#outgoing.queuedBytes <= HIGH_WATER_BYTES) return true;
    this.#wantsWritable = true;
    return false;
  }

  sendTrailers(prepared: Fields, extra: Fields): void {
    if (this.#mayNotSend()) return;
    if (prepared.length + extra.length === 0) this.#endLocal();
    // a body that ends well would be taken for all that was to be said
    else this.#resetFor(ErrorCode.HTTP_1_1_REQUIRED, "engine", "trailers cannot be sent through fetch");
  }

  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.sendHead(head, headExtra, false);
    this.sendData(prefix, bytes, false);
    this.sendTrailers(trailers, trailersExtra);
  }

  discardQueued(): boolean {
    // what the end follows is part of what was promised; what is taken is taken in whole pieces
    if (!this.#endAsked) {
      this.#outgoing.discard();
      this.onTaken();
    }
    return true;
  }

  consume(bytes: number): void {
    this.#incoming?.consume(bytes);
  }

  reset(code: number): void {
    // after both halves have ended nothing is left to reset: onEnd is on its way
    if (this.ended || (this.#localGone && this.remoteEnded)) return;
    if (code === ErrorCode.NO_ERROR && this.#endAsked && !this.#localGone) {
      this.#resetWhenSent = true;
      return;
    }
    this.#resetFor(code, "application", `reset with ${errorCodeName(code)}`);
  }

  settled(): void {}

  // ---- what becomes of the local half

  /** Gives the head to the platform, with the whole body (undefined: none) or a stream of it. Must not throw. */
  protected abstract begin(head: Fields, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined): void;

  #begin(): void {
    if (this.ended || this.begun) return;
    this.begun = true;
    const head = this.#head as Fields;
    if (!this.#endAsked) {
      this.begin(head, this.#outgoing.stream());
      return;
    }
    this.begin(head, this.#outgoing.queuedBytes === 0 ? undefined : this.#outgoing.take());
    this.onBodySent();
  }

  #endLocal(): void {
    this.#endAsked = true;
    this.#outgoing.end();
    this.#begin();
  }

  /** What was sent waits for the platform to take it; false: it has. */
  protected onWaiting(_waiting: boolean): void {}

  onTaken(): void {
    this.onWaiting(false);
    if (!this.#wantsWritable) return;
    this.#wantsWritable = false;
    // never inside the command that made room
    queueMicrotask(() => this.events?.onWritable());
  }

  onBodySent(): void {
    if (this.ended) return;
    this.#localGone = true;
    this.onWaiting(false);
    if (this.remoteEnded) queueMicrotask(() => this.#completeIfOver());
    else if (this.#resetWhenSent) queueMicrotask(() => this.reset(ErrorCode.NO_ERROR));
  }

  abstract onBodyRefused(): void;

  #mayNotSend(): boolean {
    return this.ended || this.#endAsked || this.#head === undefined;
  }

  // ---- what comes from the peer

  /** Begins to read the peer's body. Throws when somebody else reads it. */
  protected receive(body: ReadableStream<Uint8Array>): void {
    this.#incoming = new IncomingBody(body, this);
    this.#incoming.read();
  }

  onChunk(chunk: Uint8Array): void {
    this.events?.onData(chunk, 0, chunk.length, false);
  }

  onBodyEnd(): void {
    if (this.ended) return;
    this.remoteEnded = true;
    this.events?.onData(NOTHING, 0, 0, true);
    this.#completeIfOver();
  }

  /** The peer's half ended with its head. */
  protected endedWithHead(): void {
    this.remoteEnded = true;
    this.#completeIfOver();
  }

  abstract onBodyFailed(error: unknown): void;

  /** The connection will end soon. */
  drain(): void {
    this.events?.onDraining();
  }

  // ---- the end

  /** Lets go of what the platform holds. */
  protected abstract release(end: ExchangeEnd): void;

  /** Whether nothing of ours is missing any more, once the peer's half has ended. */
  protected abstract get localOver(): boolean;

  protected get localGone(): boolean {
    return this.#localGone;
  }

  protected get endAsked(): boolean {
    return this.#endAsked;
  }

  #completeIfOver(): void {
    if (this.ended || !this.remoteEnded || !this.localOver) return;
    this.#end({ kind: "complete", initiator: "peer", code: ErrorCode.NO_ERROR, unprocessed: false, message: "both halves have ended" });
  }

  /** One side gave up. */
  #resetFor(code: number, initiator: Initiator, message: string): void {
    this.#end({ kind: "reset", initiator, code, unprocessed: this.unsent, message });
  }

  /** The peer gave up, or did what it must not. */
  protected resetByPeer(code: number, message: string): void {
    this.#end({ kind: "reset", initiator: "peer", code, unprocessed: false, message });
  }

  /** The way to the peer is gone. */
  lose(initiator: Initiator, message: string): void {
    this.#end({ kind: "lost", initiator, code: ErrorCode.CANCEL, unprocessed: this.unsent, message });
  }

  /** It is certain that the peer has heard nothing of the request. */
  protected abstract get unsent(): boolean;

  #end(end: ExchangeEnd): void {
    if (this.ended) return;
    this.ended = true;
    const { events } = this;
    this.events = undefined;
    this.#outgoing.discard();
    // before the fetch is aborted: Chromium ends the body of one that is, and the server takes what was cut off for whole
    this.#outgoing.fail(end.message);
    this.release(end);
    if (!this.remoteEnded) this.#incoming?.cancel();
    // nothing is held any more when the end is told
    this.host.released(this);
    if (events === undefined) this.#untold = end;
    else events.onEnd(end);
  }

  /** Where its events go, once the acceptor has said; it may have been answered, reset or lost by then. */
  attach(events: ExchangeEvents): void {
    if (this.#untold === undefined) this.events = events;
    else events.onEnd(this.#untold);
    this.#untold = undefined;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
