import { ErrorCode } from "../../base/error-code.js";
import { type Fields, findField } from "../../base/field.js";
import type { Peer } from "../../base/peer.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import { encodeText, TextReader } from "./base64-stream.js";
import { GRPC_WEB_TEXT } from "./media-types.js";

/** The client's side of {@link TextExchange}: what stands between a call and the exchange that `open` makes. */
export function textExchange(open: (events: ExchangeEvents) => Exchange, events: ExchangeEvents): Exchange {
  const text = new TextExchange(events);
  text.inner = open(text);
  return text;
}

/** The server's side of {@link TextExchange}. */
export function acceptTextExchange(exchange: Exchange, accept: (exchange: Exchange) => ExchangeEvents): ExchangeEvents {
  const text = new TextExchange(undefined);
  text.inner = exchange;
  text.events = accept(text);
  return text;
}

/** An exchange whose bodies are in base64 on the wire, both ways, and bytes to whoever uses it. */
class TextExchange implements Exchange, ExchangeEvents {
  inner!: Exchange;
  events: ExchangeEvents | undefined;
  private readonly reader = new TextReader();
  /** False for what somebody who does not speak the protocol has answered. */
  private encoded = true;
  /** Bytes of the wire for which no credit has been given back, and what they were decoded to. */
  private wireBytes = 0;
  private decodedBytes = 0;

  constructor(events: ExchangeEvents | undefined) {
    this.events = events;
  }

  // ---- what the call commands

  get peer(): Peer {
    return this.inner.peer;
  }

  get sendWindow(): number {
    return Math.floor((this.inner.sendWindow * 3) / 4);
  }

  get fullDuplex(): boolean {
    return this.inner.fullDuplex;
  }

  sendHead(prepared: Fields, extra: Fields, end: boolean): void {
    this.inner.sendHead(prepared, extra, end);
  }

  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    const piece = new Uint8Array(prefix.length + bytes.length);
    piece.set(prefix);
    piece.set(bytes, prefix.length);
    return this.inner.sendData(NOTHING, encodeText(piece), end);
  }

  sendTrailers(prepared: Fields, extra: Fields): void {
    this.inner.sendTrailers(prepared, extra);
  }

  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.sendHead(head, headExtra, false);
    this.sendData(prefix, bytes, false);
    this.sendTrailers(trailers, trailersExtra);
  }

  discardQueued(): boolean {
    return this.inner.discardQueued();
  }

  consume(bytes: number): void {
    if (!this.encoded) {
      this.inner.consume(bytes);
      return;
    }
    this.decodedBytes -= bytes;
    // four characters are at most three bytes; what is rounded goes back with the last of them
    const owed = this.decodedBytes <= 0 ? 0 : Math.ceil((this.decodedBytes * 4) / 3);
    const given = this.wireBytes - owed;
    if (given <= 0) return;
    this.wireBytes = owed;
    this.inner.consume(given);
  }

  reset(code: number): void {
    this.inner.reset(code);
  }

  settled(): void {
    this.inner.settled();
  }

  // ---- what the wire tells

  onHead(fields: Fields, end: boolean): void {
    this.encoded = GRPC_WEB_TEXT.codecOf(findField(fields, "content-type") ?? "") !== undefined;
    this.events?.onHead(fields, end);
  }

  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    if (!this.encoded) {
      this.events?.onData(chunk, start, end, fin);
      return;
    }
    const bytes = this.reader.read(chunk, start, end);
    if (bytes === undefined || (fin && !this.reader.atEnd)) {
      this.fail();
      return;
    }
    this.wireBytes += end - start;
    this.decodedBytes += bytes.length;
    if (bytes.length > 0 || fin) this.events?.onData(bytes, 0, bytes.length, fin);
  }

  onTrailers(fields: Fields): void {
    this.events?.onTrailers(fields);
  }

  onWritable(): void {
    this.events?.onWritable();
  }

  onDraining(): void {
    this.events?.onDraining();
  }

  onEnd(end: ExchangeEnd): void {
    const { events } = this;
    this.events = undefined;
    events?.onEnd(end);
  }

  /** The peer's body is of another form: the call is told so, and the peer is cut off. */
  private fail(): void {
    const { events } = this;
    this.events = undefined;
    this.inner.reset(ErrorCode.PROTOCOL_ERROR);
    const message = "peer sent a body of application/grpc-web-text that is not base64";
    events?.onEnd({ kind: "reset", initiator: "engine", code: ErrorCode.PROTOCOL_ERROR, unprocessed: false, message });
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
