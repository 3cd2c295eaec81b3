import type { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { ErrorCode } from "../../base/error-code.js";
import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { ExchangeAcceptor } from "../../exchange/connection.js";
import type { ExchangeEvents } from "../../exchange/exchange.js";
import { BodyReader } from "./body-reader.js";
import { addFields, headerLines } from "./header-lines.js";
import { NodeExchange } from "./node-exchange.js";

/** How long the rest of a request may take that nobody reads. */
const LINGER_MS = 5_000;

/** What owns the exchanges of a connection. */
export interface ServerExchangeHost {
  readonly runtime: Runtime;
  readonly peer: Peer;
  /** The connection is going away: responses say so. */
  readonly draining: boolean;
  released(exchange: NodeServerExchange): void;
  /** The response waits for the peer to read; false: no longer. */
  watchWrites(on: boolean): void;
}

/** One request of node:http and its response, as an exchange. */
export class NodeServerExchange extends NodeExchange implements TimerTarget {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  private readonly host: ServerExchangeHost;
  /** It is no exchange any more, but somebody else's request. */
  private handed = false;
  /** The response was whole before the request, whose rest nobody reads. */
  private dropsRequest = false;
  private readonly timer = new Timer(this);

  constructor(request: IncomingMessage, response: ServerResponse, host: ServerExchangeHost) {
    super(host.runtime);
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
    this.runtime.soon(() => handler(this.request, this.response));
    return UNHEARD;
  }

  override get peer(): Peer {
    return this.host.peer;
  }

  override respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void {
    this.sendHead(head, headExtra, false);
    this.sendData(prefix, bytes, false);
    this.sendTrailers(trailers, trailersExtra);
  }

  override reset(code: number): void {
    if (this.end !== undefined || (this.remoteEnded && this.sent)) return;
    if (code !== ErrorCode.NO_ERROR || !this.writer.ended) {
      this.finish("reset", "application", code, "this side gave the exchange up");
      this.response.destroy();
      return;
    }
    if (this.remoteEnded || this.dropsRequest) return;
    // what is left of the request is taken for a while, so that the client hears the response, and the connection can go on
    this.dropsRequest = true;
    this.runtime.timers.start(this.timer, this.runtime.now() + LINGER_MS);
    this.reader?.stop();
    if (this.sent) this.finishEarly();
  }

  private finishEarly(): void {
    this.finish("reset", "application", ErrorCode.NO_ERROR, "the response was whole before the request");
  }

  /** The rest of a request that nobody reads does not come. */
  onTimer(): void {
    this.request.socket.destroySoon();
  }

  override onDropped(): void {
    this.runtime.timers.stop(this.timer);
    this.remoteEnded = true;
    this.completeIfOver();
  }

  override onTooMuch(): void {
    this.runtime.timers.stop(this.timer);
    this.request.socket.destroySoon();
  }

  override begin(length: number | undefined): OutgoingMessage {
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

  override onBlocked(blocked: boolean): void {
    this.host.watchWrites(blocked);
  }

  override onSent(): void {
    super.onSent();
    if (this.remoteEnded) this.runtime.soon(() => this.completeIfOver());
    else if (this.dropsRequest) this.finishEarly();
  }

  /** The connection is going away. */
  drain(): void {
    this.events?.onDraining();
  }

  private onClose(): void {
    this.runtime.timers.stop(this.timer);
    if (this.handed) this.complete("somebody else has answered");
    else if (this.sent && this.remoteEnded) this.completeIfOver();
    else this.finish("lost", "peer", ErrorCode.CANCEL, "peer closed the connection");
  }

  /** The connection is gone: `initiator` has ended it. */
  lose(initiator: Initiator, message: string): void {
    this.finish("lost", initiator, ErrorCode.CANCEL, message);
  }

  /** As `lose`, and destroys the connection. */
  destroy(message: string): void {
    this.lose("application", message);
    this.response.destroy();
  }

  /** A handler may have seen it. */
  protected override get unprocessed(): boolean {
    return false;
  }

  protected override release(): void {
    this.host.released(this);
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
