import type { Agent, ClientRequest, IncomingMessage, OutgoingMessage } from "node:http";
import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import { Field, FieldKind, type Fields, findField, NO_FIELDS } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import { BodyReader, type BodyReaderHost } from "./body-reader.js";
import { BodyWriter, type BodyWriterHost } from "./body-writer.js";
import { addFields, headerLines } from "./header-lines.js";
import { httpModule } from "./http-module.js";

/** The connection of an exchange. */
export interface ClientExchangeHost {
  readonly peer: Peer;
  keptAlive(ms: number): void;
  released(unused: boolean): void;
}

/** One request through node:http and its response, as an exchange. */
export class NodeClientExchange implements Exchange, BodyReaderHost, BodyWriterHost {
  private readonly host: ClientExchangeHost;
  private readonly agent: Agent;
  private readonly writer = new BodyWriter(this);
  private events: ExchangeEvents | undefined;
  private reader: BodyReader | undefined = undefined;
  private head: Fields = NO_FIELDS;
  private headExtra: Fields = NO_FIELDS;
  private headSent = false;
  private request: ClientRequest | undefined = undefined;
  private sent = false;
  private remoteEnded = false;
  private over = false;

  constructor(host: ClientExchangeHost, agent: Agent, events: ExchangeEvents) {
    this.host = host;
    this.agent = agent;
    this.events = events;
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
    if (this.over || this.headSent) return;
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

  respond(): void {}

  private get mayNotSend(): boolean {
    return this.over || !this.headSent || this.writer.ended;
  }

  discardQueued(): boolean {
    if (!this.writer.ended) this.writer.discard();
    return true;
  }

  consume(bytes: number): void {
    this.reader?.consume(bytes);
  }

  reset(code: number): void {
    if (this.over || (this.sent && this.remoteEnded)) return;
    const { request } = this;
    this.finish("reset", "application", code, `reset with ${errorCodeName(code)}`);
    request?.destroy();
  }

  settled(): void {}

  // ---- what comes of them

  begin(length: number | undefined): OutgoingMessage {
    const { head, headExtra, agent } = this;
    const headers = headerLines(head, headExtra);
    const method = findField(head, ":method") ?? "POST";
    if (length === undefined) headers.push("transfer-encoding", "chunked");
    else if (length > 0 || method !== "GET") headers.push("content-length", String(length));
    headers.push("host", findField(head, ":authority") ?? "");
    const path = findField(head, ":path") ?? "/";
    const request = httpModule().request({ agent, method, path, headers: headers as unknown as Record<string, string> });
    this.request = request;
    request.on("response", (response) => this.onResponse(response));
    request.on("error", () => {});
    request.on("close", () => this.onClose());
    return request;
  }

  /** A server that reads nothing is left to the deadline of the call. */
  onBlocked(): void {}

  onRoom(): void {
    this.events?.onWritable();
  }

  onSent(): void {
    this.sent = true;
  }

  private onResponse(response: IncomingMessage): void {
    const { statusCode = 0, rawHeaders, headers } = response;
    response.on("error", () => {});
    const hint = /timeout=(\d+)/.exec(headers["keep-alive"]?.toString() ?? "")?.[1];
    if (hint !== undefined) this.host.keptAlive(Number(hint) * 1_000);
    const fields = [new Field(":status", String(statusCode), false, FieldKind.status)];
    addFields(rawHeaders, fields);
    const empty = headers["content-length"] === "0" || statusCode === 204 || statusCode === 304;
    this.remoteEnded = empty;
    if (!empty) this.reader = new BodyReader(response, this);
    else response.resume();
    this.events?.onHead(fields, empty);
    if (empty) this.completeIfOver();
    else this.reader?.start();
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

  onDropped(): void {}

  onTooMuch(): void {
    this.request?.destroy();
  }

  private completeIfOver(): void {
    if (this.remoteEnded && this.sent) this.finish("complete", "peer", ErrorCode.NO_ERROR, "both halves have ended");
  }

  private onClose(): void {
    // a response that is whole before its request ends the exchange all the same: nothing more can be sent
    if (this.remoteEnded) this.finish("complete", "peer", ErrorCode.NO_ERROR, "both halves have ended");
    else this.lose("network", `${this.peer.address} closed the connection before the response was whole`);
  }

  /** The connection is gone. */
  lose(initiator: Initiator, message: string): void {
    this.finish("lost", initiator, ErrorCode.CANCEL, message);
  }

  private finish(kind: ExchangeEnd["kind"], initiator: Initiator, code: number, message: string): void {
    if (this.over) return;
    this.over = true;
    if (!this.writer.ended) this.writer.stop();
    this.reader?.stop();
    const { events } = this;
    this.events = undefined;
    const unprocessed = this.request === undefined;
    this.host.released(unprocessed);
    events?.onEnd({ kind, initiator, code, unprocessed, message });
  }
}
