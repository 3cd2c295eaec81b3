import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ErrorCode } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { ExchangeAcceptor, ServerConnection } from "../../exchange/connection.js";
import type { ServerConnectionEvents } from "../../transport/server-connection-events.js";
import { httpModule } from "../builtin-modules.js";
import { socketFailure } from "../socket-failure.js";
import { type Http1Limits, socketTimeout } from "./limits.js";
import { NodeServerExchange, type ServerExchangeHost } from "./server-exchange.js";

/** Serves HTTP/1.1 on sockets that others have accepted: node:http reads and writes, and listens to nothing. */
export class Http1Sockets implements SharedParts {
  readonly acceptor: ExchangeAcceptor;
  readonly limits: Http1Limits;
  readonly runtime: Runtime;
  private readonly server: Server;
  private readonly connections = new WeakMap<Socket, Http1ServerConnection>();

  constructor(acceptor: ExchangeAcceptor, limits: Http1Limits, runtime: Runtime) {
    this.acceptor = acceptor;
    this.limits = limits;
    this.runtime = runtime;
    this.server = httpModule().createServer(
      {
        maxHeaderSize: limits.maxHeaderBytes,
        requestTimeout: 0,
        headersTimeout: 0,
        keepAliveTimeout: socketTimeout(limits.idleTimeoutMs),
        noDelay: true,
      },
      (request, response) => this.connections.get(request.socket)?.onRequest(request, response),
    );
    this.server.on("connect", (_request, socket) => socket.end(NO_PROXY));
    // with a listener, node:http leaves it to us what becomes of the socket
    this.server.on("timeout", (socket: Socket) => this.connections.get(socket)?.onSilence());
  }

  /** Takes the socket over. `firstBytes` were read from it already. */
  accept(socket: Socket, peer: Peer, firstBytes: Uint8Array | undefined, events: ServerConnectionEvents): ServerConnection {
    const connection = new Http1ServerConnection(socket, peer, this, events);
    this.connections.set(socket, connection);
    this.server.emit("connection", socket);
    // handed on, not put back: a stream that was put something back into reads more slowly ever after
    if (firstBytes !== undefined) this.runtime.soon(() => socket.emit("data", firstBytes));
    return connection;
  }
}

const NO_PROXY = "HTTP/1.1 405 Method Not Allowed\r\nallow: GET, POST, OPTIONS\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** Chunked and something else. What does not end with chunked has no end, and node:http refuses it with 400. */
const CODED_FURTHER = /,\s*chunked\s*$/i;

/** Requests of one connection that may wait for the response before them; about what HTTP/2 would serve at once. */
const MAX_PIPELINED = 250;

/** What the connections of one server share. */
interface SharedParts {
  readonly acceptor: ExchangeAcceptor;
  readonly limits: Http1Limits;
  readonly runtime: Runtime;
}

class Http1ServerConnection implements ServerConnection, ServerExchangeHost, TimerTarget {
  readonly peer: Peer;
  readonly runtime: Runtime;
  draining = false;
  private readonly socket: Socket;
  private readonly acceptor: ExchangeAcceptor;
  private readonly events: ServerConnectionEvents;
  private readonly limits: Http1Limits;
  private exchange: NodeServerExchange | undefined = undefined;
  /** Requests that came before the response to the one before was whole (RFC 9112 §9.3.2): served one after the other. */
  private readonly pipelined: [request: IncomingMessage, response: ServerResponse][] = [];
  private readonly timer = new Timer(this);
  private watchingWrites = false;
  private closed = false;
  private initiator: Initiator = "peer";
  private message = "peer closed the connection";

  constructor(socket: Socket, peer: Peer, { acceptor, limits, runtime }: SharedParts, events: ServerConnectionEvents) {
    this.socket = socket;
    this.peer = peer;
    this.acceptor = acceptor;
    this.events = events;
    this.limits = limits;
    this.runtime = runtime;
    socket.on("error", (error) => this.onError(error));
    socket.on("close", () => this.onClose());
    this.awaitRequest();
  }

  get openExchanges(): number {
    return this.exchange === undefined ? 0 : 1;
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const coding = request.headers["transfer-encoding"];
    if (coding !== undefined && CODED_FURTHER.test(coding)) {
      this.refuseCoding(coding, response);
      return;
    }
    if (this.exchange === undefined) {
      this.serve(request, response);
      return;
    }
    this.pipelined.push([request, response]);
    this.socket.pause();
    if (this.pipelined.length > MAX_PIPELINED) this.destroy(`the peer sent more than ${MAX_PIPELINED} requests without awaiting responses`);
  }

  /** Nobody here could read it (RFC 9112 §6.1). */
  private refuseCoding(coding: string, response: ServerResponse): void {
    response.writeHead(501, { "content-type": "text/plain", connection: "close" });
    response.end(`transfer-encoding is ${JSON.stringify(coding)}; a server of HTTP/1.1 here takes only "chunked"\n`);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    this.runtime.timers.stop(this.timer);
    this.exchange = new NodeServerExchange(request, response, this);
    this.exchange.accept(this.acceptor);
  }

  released({ response }: NodeServerExchange): void {
    this.exchange = undefined;
    if (response.writableFinished || this.closed) {
      this.goOn();
      return;
    }
    this.watchWrites(true);
    response.on("close", () => this.goOn());
  }

  /** The response has left. */
  private goOn(): void {
    this.watchWrites(false);
    if (this.closed || this.exchange !== undefined) return;
    const next = this.pipelined.shift();
    if (next !== undefined) this.serveNext(next);
    else if (this.draining) this.endSocket();
    else this.awaitRequest();
  }

  /** In a later turn: the end of the exchange before is still being told. */
  private serveNext([request, response]: [IncomingMessage, ServerResponse]): void {
    if (this.pipelined.length === 0) this.socket.resume();
    this.runtime.soon(() => {
      if (!this.closed && !this.socket.writableEnded) this.serve(request, response);
    });
  }

  /** While a response waits for the peer to read. Node tells silence from slowness. */
  watchWrites(on: boolean): void {
    if (this.watchingWrites === on) return;
    this.watchingWrites = on;
    this.socket.setTimeout(on ? socketTimeout(this.limits.writeStallTimeoutMs) : 0);
  }

  /** Nothing was read or written for the time that was set: here, or by node:http between two requests. */
  onSilence(): void {
    const { writeStallTimeoutMs } = this.limits;
    this.destroy(this.watchingWrites ? `the peer read nothing for ${writeStallTimeoutMs} ms` : "no request came in time");
  }

  private awaitRequest(): void {
    const { idleTimeoutMs } = this.limits;
    if (idleTimeoutMs < Number.POSITIVE_INFINITY) this.runtime.timers.start(this.timer, this.runtime.now() + idleTimeoutMs);
  }

  onTimer(): void {
    this.destroy("no request came in time");
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    if (this.exchange === undefined) this.endSocket();
    else this.exchange.drain();
  }

  /** What was written goes first. */
  private endSocket(): void {
    this.runtime.timers.stop(this.timer);
    this.initiator = "application";
    this.message = "server closed the connection";
    this.socket.destroySoon();
  }

  destroy(message: string): void {
    if (this.closed) return;
    this.initiator = "application";
    this.message = message;
    this.closed = true;
    this.exchange?.lose(this.initiator, message);
    this.socket.destroy();
  }

  private onError(error: Error): void {
    this.initiator = "network";
    this.message = socketFailure(error, { address: this.peer.address, httpVersion: "1.1" });
  }

  private onClose(): void {
    this.closed = true;
    this.runtime.timers.stop(this.timer);
    this.exchange?.lose(this.initiator, this.message);
    this.events.onClosed({ initiator: this.initiator, code: ErrorCode.NO_ERROR, message: this.message });
  }
}
