import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import type { Peer } from "../../base/peer.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";

/** Pieces up to this size are joined with their prefix; longer ones are not copied. */
const JOIN_BYTES = 16 * 1024;

/** What passes between the two ends of an exchange. */
export const MemoryMessage = { head: 0, data: 1, trailers: 2, reset: 3 } as const;

/** The end of a connection that an exchange belongs to. */
export interface MemoryHost {
  readonly peer: Peer;
  readonly highWaterBytes: number;
  /** Bytes that may be on their way to the other end, or unread there. */
  readonly creditBytes: number;
  /** Delivers a message to the other end of the exchange, later and in order. */
  transmit(kind: number, from: MemoryExchange, fields: Fields | undefined, bytes: Uint8Array | undefined, code: number, fin: boolean): void;
  soon(task: () => void): void;
  later(task: () => void): void;
  /** The exchange has ended, or its handler has settled after that. */
  released(exchange: MemoryExchange): void;
}

/** Bytes that wait for credit. */
interface QueuedBytes {
  readonly bytes: Uint8Array;
  /** The beginning of their piece has gone already, or goes before them. */
  readonly continues: boolean;
}

/** One end of an exchange in memory. */
export class MemoryExchange implements Exchange {
  events: ExchangeEvents | undefined;
  /** The other end: on the client undefined until the server has accepted. */
  other: MemoryExchange | undefined = undefined;
  ended = false;
  handlerSettled = false;
  readonly #host: MemoryHost;
  /** What may be sent to the other end now. */
  #credit: number;
  #unread = 0;
  #queue: QueuedBytes[] = [];
  #queuedBytes = 0;
  #headSent = false;
  /** The local half has been told to end. */
  #endAsked = false;
  #trailers: Fields | undefined = undefined;
  /** The end of the local half is on its way. */
  #localGone = false;
  #remoteEnded = false;
  #wantsWritable = false;
  #resetWhenSent = false;
  /** It ended before `attach`. */
  #untold: ExchangeEnd | undefined = undefined;

  constructor(host: MemoryHost, events: ExchangeEvents | undefined) {
    this.#host = host;
    this.#credit = host.creditBytes;
    this.events = events;
  }

  get peer(): Peer {
    return this.#host.peer;
  }

  get sendWindow(): number {
    return this.#credit;
  }

  get fullDuplex(): boolean {
    return true;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  // ------------------------------------------------------------------------------------------- commands

  sendHead(prepared: Fields, extra: Fields, end: boolean): void {
    if (this.ended || this.#headSent) return;
    this.#headSent = true;
    this.#endAsked = end;
    this.#localGone = end;
    this.#host.transmit(MemoryMessage.head, this, joined(prepared, extra), undefined, 0, end);
    if (end) this.#localEndSent();
  }

  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    if (this.#mayNotSend()) return true;
    if (prefix.length === 0) {
      // shared with other exchanges: the receiver's message may be made of these bytes, and be changed
      this.#push(bytes.slice(), false);
    } else if (bytes.length + prefix.length > JOIN_BYTES) {
      this.#push(prefix.slice(), false);
      this.#push(bytes, true);
    } else {
      const piece = new Uint8Array(prefix.length + bytes.length);
      piece.set(prefix);
      piece.set(bytes, prefix.length);
      this.#push(piece, false);
    }
    this.#endAsked = end;
    this.pump();
    if (this.#queuedBytes <= this.#host.highWaterBytes) return true;
    this.#wantsWritable = true;
    return false;
  }

  sendTrailers(prepared: Fields, extra: Fields): void {
    if (this.#mayNotSend()) return;
    this.#endAsked = true;
    this.#trailers = joined(prepared, extra);
    this.pump();
  }

  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.sendHead(head, headExtra, false);
    this.sendData(prefix, bytes, false);
    this.sendTrailers(trailers, trailersExtra);
  }

  discardQueued(): boolean {
    // what the end follows is part of what was promised
    if (this.#endAsked) return true;
    const whole = this.#queue[0]?.continues !== true;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#wantsWritable) this.#tellWritable();
    return whole;
  }

  consume(bytes: number): void {
    const given = Math.min(bytes, this.#unread);
    this.#unread -= given;
    const other = this.other;
    if (given === 0 || other === undefined || other.ended) return;
    other.#credit += given;
    other.pump();
  }

  reset(code: number): void {
    // after both halves have ended nothing is left to reset: onEnd is on its way
    if (this.ended || (this.#localGone && this.#remoteEnded)) return;
    if (code === ErrorCode.NO_ERROR && this.#endAsked && !this.#localGone) {
      this.#resetWhenSent = true;
      return;
    }
    const unprocessed = !this.#headSent && this.other === undefined;
    if (!unprocessed) this.#host.transmit(MemoryMessage.reset, this, undefined, undefined, code, true);
    this.end({ kind: "reset", initiator: "application", code, unprocessed, message: `reset with ${errorCodeName(code)}` });
  }

  settled(): void {
    if (this.handlerSettled) return;
    this.handlerSettled = true;
    if (this.ended) this.#host.released(this);
  }

  // ------------------------------------------------------------------------------------------- what comes from the other end

  receive(kind: number, fields: Fields | undefined, bytes: Uint8Array | undefined, code: number, fin: boolean): void {
    if (this.ended) return;
    if (kind === MemoryMessage.reset) {
      this.#receiveReset(code);
      return;
    }
    // state first: the events below may come back with commands
    this.#remoteEnded = fin;
    if (kind === MemoryMessage.data) {
      const chunk = bytes as Uint8Array;
      this.#unread += chunk.length;
      this.events?.onData(chunk, 0, chunk.length, fin);
    } else if (kind === MemoryMessage.head) {
      this.events?.onHead(fields as Fields, fin);
    } else {
      this.events?.onTrailers(fields as Fields);
    }
    if (fin) this.completeIfOver();
  }

  /** Server: where its events go, once the acceptor has said; it may have answered, reset or lost the exchange by then. */
  attach(events: ExchangeEvents): void {
    if (this.#untold === undefined) this.events = events;
    else events.onEnd(this.#untold);
    this.#untold = undefined;
  }

  /** The peer's half ended with the head that opened this exchange. */
  remoteEndedWithHead(): void {
    this.#remoteEnded = true;
  }

  /** Ends it, and tells so. */
  end(end: ExchangeEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    const events = this.events;
    this.events = undefined;
    // nothing is held any more when the end is told
    this.#host.released(this);
    if (events === undefined) this.#untold = end;
    else events.onEnd(end);
  }

  completeIfOver(): void {
    if (this.ended || !this.#localGone || !this.#remoteEnded) return;
    this.end({ kind: "complete", initiator: "peer", code: ErrorCode.NO_ERROR, unprocessed: false, message: "both halves have ended" });
  }

  /** Sends what credit allows. */
  pump(): void {
    if (this.ended || this.#localGone || !this.#headSent) return;
    let next = this.#queue[0];
    while (next !== undefined && this.#credit > 0) {
      const { bytes } = next;
      const length = Math.min(bytes.length, this.#credit);
      this.#credit -= length;
      this.#queuedBytes -= length;
      if (length === bytes.length) this.#queue.shift();
      else this.#queue[0] = { bytes: bytes.subarray(length), continues: true };
      const fin = this.#queue.length === 0 && this.#endAsked && this.#trailers === undefined;
      this.#localGone = fin;
      this.#host.transmit(MemoryMessage.data, this, undefined, bytes.subarray(0, length), 0, fin);
      next = this.#queue[0];
    }
    if (this.#wantsWritable && this.#queuedBytes * 2 <= this.#host.highWaterBytes) this.#tellWritable();
    if (this.#queue.length > 0 || !this.#endAsked) return;
    if (!this.#localGone) {
      this.#localGone = true;
      if (this.#trailers !== undefined) this.#host.transmit(MemoryMessage.trailers, this, this.#trailers, undefined, 0, true);
      else this.#host.transmit(MemoryMessage.data, this, undefined, new Uint8Array(0), 0, true);
    }
    this.#localEndSent();
  }

  #receiveReset(code: number): void {
    const message = `peer reset with ${errorCodeName(code)}`;
    this.end({ kind: "reset", initiator: "peer", code, unprocessed: code === ErrorCode.REFUSED_STREAM, message });
  }

  #mayNotSend(): boolean {
    return this.ended || this.#endAsked || !this.#headSent;
  }

  #push(bytes: Uint8Array, continues: boolean): void {
    if (bytes.length === 0) return;
    this.#queue.push({ bytes, continues });
    this.#queuedBytes += bytes.length;
  }

  #tellWritable(): void {
    this.#wantsWritable = false;
    // a turn of the loop lies between: two ends that feed each other must not starve the rest of the process
    this.#host.later(() => this.events?.onWritable());
  }

  #localEndSent(): void {
    // the peer may have ended its half since the reset was asked for
    if (this.#remoteEnded) this.#host.soon(() => this.completeIfOver());
    else if (this.#resetWhenSent) this.#host.soon(() => this.reset(ErrorCode.NO_ERROR));
    this.#resetWhenSent = false;
  }
}

function joined(prepared: Fields, extra: Fields): Fields {
  return extra.length === 0 ? prepared : [...prepared, ...extra];
}
