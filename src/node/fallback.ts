import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ErrorCode } from "../base/error-code.js";
import { Field, FieldKind, type Fields, findField, NO_FIELDS } from "../base/field.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";
import { httpModule } from "./builtin-modules.js";
import { duplexPair } from "./http1/duplex-pair.js";
import { addFields, headerLines } from "./http1/header-lines.js";
import { NodeServerExchange } from "./http1/server-exchange.js";
import type { NodeRequestHandler } from "./node-request.js";

/**
 * Gives exchanges that are no calls to a handler of node:http. One of HTTP/1.1 is handed over as it is; one of HTTP/2 goes through a connection
 * in memory, on which node:http speaks HTTP/1.1 with itself: the handler sees requests of the one kind that every framework knows.
 */
export class Fallback implements ExchangeAcceptor {
  private readonly handler: (request: IncomingMessage, response: ServerResponse) => unknown;
  private server: Server | undefined = undefined;

  constructor(handler: NodeRequestHandler) {
    this.handler = handler as (request: IncomingMessage, response: ServerResponse) => unknown;
  }

  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    if (exchange instanceof NodeServerExchange) return exchange.handOver(this.handler);
    this.server ??= httpModule().createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, this.handler);
    const [near, far] = duplexPair();
    Object.assign(far, { encrypted: exchange.peer.encrypted, remoteAddress: exchange.peer.address });
    this.server.emit("connection", far);
    return new BridgedExchange(exchange, head, end, near);
  }
}

/** An exchange whose request goes to node:http through a connection in memory, and whose response comes from there. */
class BridgedExchange implements ExchangeEvents {
  private readonly exchange: Exchange;
  private readonly request: ClientRequest;
  private response: IncomingMessage | undefined = undefined;

  constructor(exchange: Exchange, head: Fields, end: boolean, connection: Duplex) {
    this.exchange = exchange;
    exchange.settled();
    const headers = headerLines(NO_FIELDS, head);
    headers.push("host", findField(head, ":authority") ?? findField(head, "host") ?? "");
    if (!end && findField(head, "content-length") === undefined) headers.push("transfer-encoding", "chunked");
    this.request = httpModule().request({
      createConnection: () => connection as never,
      method: findField(head, ":method") ?? "GET",
      path: findField(head, ":path") ?? "/",
      headers: headers as unknown as Record<string, string>,
    });
    this.request.on("response", (response) => this.onResponse(response));
    this.request.on("error", () => exchange.reset(ErrorCode.INTERNAL_ERROR));
    if (end) this.request.end();
  }

  private onResponse(response: IncomingMessage): void {
    const { exchange } = this;
    this.response = response;
    const fields = [new Field(":status", String(response.statusCode), false, FieldKind.status)];
    addFields(response.rawHeaders, fields);
    exchange.sendHead(NO_FIELDS, fields, false);
    response.on("data", (chunk: Uint8Array) => {
      if (!exchange.sendData(NOTHING, new Uint8Array(chunk), false)) response.pause();
    });
    response.on("end", () => {
      exchange.sendData(NOTHING, NOTHING, true);
      exchange.reset(ErrorCode.NO_ERROR);
    });
    response.on("error", () => exchange.reset(ErrorCode.INTERNAL_ERROR));
  }

  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    const length = end - start;
    if (length > 0) this.request.write(chunk.slice(start, end), () => this.exchange.consume(length));
    if (fin) this.request.end();
  }

  onTrailers(): void {
    this.request.end();
  }

  onWritable(): void {
    this.response?.resume();
  }

  onEnd(): void {
    this.request.destroy();
  }

  onHead(): void {}
  onDraining(): void {}
}

const NOTHING: Uint8Array = new Uint8Array(0);
