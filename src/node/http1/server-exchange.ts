import type { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { ErrorCode } from "../../base/error-code.js";
import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { ExchangeAcceptor } from "../../exchange/connection.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import { nodeRuntime } from "../runtime.js";
import { BodyReader, type BodyReaderHost } from "./body-reader.js";
import { BodyWriter, type BodyWriterHost } from "./body-writer.js";
import { addFields, headerLines } from "./header-lines.js";

/** How long the rest of a request may take that nobody reads. */
const LINGER_MS = 5_000;

/** What owns the exchanges of a connection. */
export interface ServerExchangeHost {
  readonly peer: Peer;
  /** The connection is going away: responses say so. */
  readonly draining: boolean;
  released(exchange: NodeServerExchange): void;
  /** The response waits for the peer to read; false: no longer. */
  watchWrites(on: boolean): void;
}

/** One request of node:http and its response, as an exchange. */
export class NodeServerExchange implements Exchange, BodyReaderHost, BodyWriterHost, TimerTarget {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  private readonly host: ServerExchangeHost;
  private readonly reader: BodyReader | undefined;
  private readonly writer = new BodyWriter(this);
  private events: ExchangeEvents | undefined = undefined;
  private head: Fields = NO_FIELDS;
  private headExtra: Fields = NO_FIELDS;
  private headSent = false;
  private remoteEnded: boolean;
  private end: ExchangeEnd | undefined = undefined;
  /** It is no exchange any more, but somebody else's request. */
  private handed = false;
  private readonly timer = new Timer(this);

  constructor(request: IncomingMessage, response: ServerResponse, host: ServerExchangeHost) {
    this.request = request;
    this.response = response;
    this.host = host;
    const hasBody = BodyReader.hasBody(request);
    this.remoteEnded = !hasBody;
    this.reader = hasBody ? new BodyReader(request, this) : undefined;
    request.on("error", ignore);
    response.on("error", ignore);
    response.on("close", () => this.onClose());
  }

  /** Hands the exchange to whoever serves it. */
  accept(acceptor: ExchangeAcceptor): void {
    const events = acceptor.onExchange(this, requestFields(this.request, this.peer.encrypted), this.remoteEnded);
    if (this.handed) return;
    if (this.end !== undefined) {
      events.onEnd(this.end);
      return;
    }
    this.events = events;
    this.reader?.start();
  }

  /** Gives request and response to a handler of node:http, untouched: they are its own from here on. */
  handOver(handler: (request: IncomingMessage, response: ServerResponse) => unknown): ExchangeEvents {
    this.handed = true;
    nodeRuntime.soon(() => handler(this.request, this.response));
    return UNHEARD;
  }

  // ---- commands

  get peer(): Peer {
    return this.host.peer;
  }

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

  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.sendHead(head, headExtra, false);
    this.sendData(prefix, bytes, false);
    this.sendTrailers(trailers, trailersExtra);
  }

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

  reset(code: number): void {
    if (this.end !== undefined || (this.writer.ended && this.remoteEnded)) return;
    if (code !== ErrorCode.NO_ERROR || !this.writer.ended) {
      this.finish("reset", "application", code, "this side gave the exchange up");
      this.response.destroy();
      return;
    }
    // what is left of the request is taken for a while, so that the client hears the response, and the connection can go on
    nodeRuntime.timers.start(this.timer, nodeRuntime.now() + LINGER_MS);
    this.finish("reset", "application", code, "the response was whole before the request");
  }

  /** The rest of a request that nobody reads does not come. */
  onTimer(): void {
    this.request.socket.destroySoon();
  }

  onDropped(): void {
    nodeRuntime.timers.stop(this.timer);
  }

  onTooMuch(): void {
    nodeRuntime.timers.stop(this.timer);
    this.request.socket.destroySoon();
  }

  settled(): void {}

  // ---- what comes of them

  begin(length: number | undefined): OutgoingMessage {
    const { response } = this;
    const lines = headerLines(this.head, this.headExtra);
    if (length !== undefined && this.status !== "304" && this.status !== "204") lines.push("content-length", String(length));
    if (this.host.draining) lines.push("connection", "close");
    response.writeHead(Number(this.status), lines);
    this.head = NO_FIELDS;
    this.headExtra = NO_FIELDS;
    return response;
  }

  private get status(): string {
    return (this.head[0]?.kind === FieldKind.status ? this.head[0] : this.headExtra[0])?.value ?? "200";
  }

  onRoom(): void {
    this.events?.onWritable();
  }

  onBlocked(blocked: boolean): void {
    this.host.watchWrites(blocked);
  }

  onSent(): void {
    if (this.remoteEnded) nodeRuntime.soon(() => this.completeIfOver());
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

  /** The connection is going away. */
  drain(): void {
    this.events?.onDraining();
  }

  private completeIfOver(): void {
    if (this.remoteEnded && this.writer.ended) this.finish("complete", "peer", ErrorCode.NO_ERROR, "both halves have ended");
  }

  private onClose(): void {
    nodeRuntime.timers.stop(this.timer);
    if (this.handed) this.finish("complete", "peer", ErrorCode.NO_ERROR, "somebody else has answered");
    else if (this.writer.ended && this.remoteEnded) this.completeIfOver();
    else this.finish("lost", "peer", ErrorCode.CANCEL, "peer closed the connection");
  }

  /** The connection is destroyed from this side. */
  lose(message: string): void {
    this.finish("lost", "application", ErrorCode.CANCEL, message);
  }

  /** As `lose`, and destroys the connection. */
  destroy(message: string): void {
    this.lose(message);
    this.response.destroy();
  }

  private finish(kind: ExchangeEnd["kind"], initiator: Initiator, code: number, message: string): void {
    if (this.end !== undefined) return;
    this.end = { kind, initiator, code, unprocessed: false, message };
    if (kind !== "complete" && !this.writer.ended) this.writer.stop();
    this.reader?.stop();
    const { events } = this;
    this.events = undefined;
    this.host.released(this);
    events?.onEnd(this.end);
  }
}

function requestFields({ method, url, headers, rawHeaders }: IncomingMessage, encrypted: boolean): Fields {
  const fields: Field[] = [
    method === "POST" ? POST : new Field(":method", method ?? ""),
    encrypted ? HTTPS : HTTP,
    new Field(":path", url ?? "", false, FieldKind.path),
    new Field(":authority", headers.host ?? "", false, FieldKind.authority),
  ];
  addFields(rawHeaders, fields);
  return fields;
}

const POST = new Field(":method", "POST");
const HTTP = new Field(":scheme", "http");
const HTTPS = new Field(":scheme", "https");

function ignore(): void {}

const UNHEARD: ExchangeEvents = {
  onHead: ignore,
  onData: ignore,
  onTrailers: ignore,
  onWritable: ignore,
  onDraining: ignore,
  onEnd: ignore,
};
