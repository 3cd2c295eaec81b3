import type { OutgoingMessage } from "node:http";
import { ErrorCode } from "../../base/error-code.js";
import { type Fields, NO_FIELDS } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import type { BodyReader, BodyReaderHost } from "./body-reader.js";
import { BodyWriter, type BodyWriterHost } from "./body-writer.js";

/** What both sides of an exchange over node:http have in common: one message goes out, another comes in, and then it is over. */
export abstract class NodeExchange implements Exchange, BodyReaderHost, BodyWriterHost {
  protected readonly runtime: Runtime;
  protected readonly writer: BodyWriter;
  protected reader: BodyReader | undefined = undefined;
  protected events: ExchangeEvents | undefined = undefined;
  protected head: Fields = NO_FIELDS;
  protected headExtra: Fields = NO_FIELDS;
  protected remoteEnded = false;
  protected end: ExchangeEnd | undefined = undefined;
  private headSent = false;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.writer = new BodyWriter(this, runtime);
  }

  abstract get peer(): Peer;

  // ---- commands

  get fullDuplex(): boolean {
    return false;
  }

  get sendWindow(): number {
    return this.writer.room;
  }

  sendHead(prepared: Fields, extra: Fields, end: boolean): void {
    if (this.end !== undefined || this.headSent) return;
    this.headSent = true;
    this.head = prepared;
    this.headExtra = extra;
    this.writer.start(end);
  }

  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    return this.mayNotSend || this.writer.send(prefix, bytes, end);
  }

  sendTrailers(prepared: Fields, extra: Fields): void {
    if (!this.mayNotSend) this.writer.end([...prepared, ...extra]);
  }

  abstract respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void;

  private get mayNotSend(): boolean {
    return this.end !== undefined || !this.headSent || this.writer.ended;
  }

  discardQueued(): boolean {
    if (!this.writer.ended) this.writer.discard();
    return true;
  }

  consume(bytes: number): void {
    this.reader?.consume(bytes);
  }

  abstract reset(code: number): void;

  settled(): void {}

  // ---- what comes of them

  abstract begin(length: number | undefined): OutgoingMessage;

  onRoom(): void {
    this.events?.onWritable();
  }

  abstract onBlocked(blocked: boolean): void;

  onSent(): void {
    this.sent = true;
  }

  onBytes(chunk: Uint8Array, end: number, fin: boolean): void {
    this.remoteEnded = fin;
    this.events?.onData(chunk, 0, end, fin);
    if (fin) this.completeIfOver();
  }

  onTrailers(fields: Fields): void {
    this.remoteEnded = true;
    this.events?.onTrailers(fields);
    this.completeIfOver();
  }

  abstract onDropped(): void;

  abstract onTooMuch(): void;

  // ---- the end

  /** Everything has left: the own half is over. */
  protected sent = false;

  /** Nothing of it has left. */
  protected abstract get unprocessed(): boolean;

  /** Tells the connection that the exchange has ended. */
  protected abstract release(): void;

  protected completeIfOver(): void {
    if (this.remoteEnded && this.sent) this.complete("both halves have ended");
  }

  protected complete(message: string): void {
    this.finish("complete", "peer", ErrorCode.NO_ERROR, message);
  }

  protected finish(kind: ExchangeEnd["kind"], initiator: Initiator, code: number, message: string): void {
    if (this.end !== undefined) return;
    this.end = { kind, initiator, code, unprocessed: this.unprocessed, message };
    this.writer.stop();
    this.reader?.stop();
    const { events } = this;
    this.events = undefined;
    this.release();
    events?.onEnd(this.end);
  }
}
