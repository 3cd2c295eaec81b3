import type { Agent, ClientRequest, IncomingMessage, OutgoingMessage } from "node:http";
import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import { Field, FieldKind, findField } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import type { ExchangeEvents } from "../../exchange/exchange.js";
import { httpModule } from "../builtin-modules.js";
import { BodyReader } from "./body-reader.js";
import { addFields, headerLines } from "./header-lines.js";
import { NodeExchange } from "./node-exchange.js";

/** The connection of an exchange. */
export interface ClientExchangeHost {
  readonly runtime: Runtime;
  readonly peer: Peer;
  keptAlive(ms: number): void;
  released(unused: boolean): void;
  /** The request waits for the server to read; false: no longer. */
  watchWrites(on: boolean): void;
}

/** One request through node:http and its response, as an exchange. */
export class NodeClientExchange extends NodeExchange {
  private readonly host: ClientExchangeHost;
  private readonly agent: Agent;
  private request: ClientRequest | undefined = undefined;

  constructor(host: ClientExchangeHost, agent: Agent, events: ExchangeEvents) {
    super(host.runtime);
    this.host = host;
    this.agent = agent;
    this.events = events;
  }

  override get peer(): Peer {
    return this.host.peer;
  }

  /** The request has begun to go out. */
  get begun(): boolean {
    return this.request !== undefined;
  }

  /** Nothing goes out before `goOn`. */
  hold(): void {
    this.writer.hold();
  }

  goOn(): void {
    this.writer.release();
  }

  override respond(): void {}

  override reset(code: number): void {
    if (this.end !== undefined || (this.sent && this.remoteEnded)) return;
    const { request } = this;
    this.finish("reset", "application", code, `reset with ${errorCodeName(code)}`);
    request?.destroy();
  }

  override begin(length: number | undefined): OutgoingMessage {
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
    request.on("error", (error) => this.onError(error));
    request.on("close", () => this.onClose());
    return request;
  }

  override onBlocked(blocked: boolean): void {
    this.host.watchWrites(blocked);
  }

  /** Failures of the socket are told by the connection; what its parser refuses, by nobody else. */
  private onError(error: Error): void {
    if (!("code" in error) || !String(error.code).startsWith("HPE_")) return;
    this.lose("network", `${this.peer.address} sent what is no HTTP/1.1: ${error.message}`);
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

  override onDropped(): void {}

  override onTooMuch(): void {
    this.request?.destroy();
  }

  private onClose(): void {
    // a response that is whole before its request ends the exchange all the same: nothing more can be sent
    if (this.remoteEnded) this.complete("both halves have ended");
    else this.lose("network", `${this.peer.address} closed the connection before the response was whole`);
  }

  /** The connection is gone. */
  lose(initiator: Initiator, message: string): void {
    this.finish("lost", initiator, ErrorCode.CANCEL, message);
  }

  protected override get unprocessed(): boolean {
    return !this.begun;
  }

  protected override release(): void {
    this.host.released(this.unprocessed);
  }
}
