import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ErrorCode } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { ExchangeAcceptor, ServerConnection } from "../../exchange/connection.js";
import type { ServerConnectionEvents } from "../../transport/server-connection-events.js";
import { nodeRuntime } from "../runtime.js";
import { httpModule } from "./http-module.js";
import type { Http1Limits } from "./limits.js";
import { NodeServerExchange, type ServerExchangeHost } from "./server-exchange.js";

/** Serves HTTP/1.1 on sockets that others have accepted: node:http reads and writes, and listens to nothing. */
export class Http1Sockets {
  private readonly acceptor: ExchangeAcceptor;
  private readonly limits: Http1Limits;
  private readonly server: Server;
  private readonly connections = new WeakMap<Socket, Http1ServerConnection>();

  constructor(acceptor: ExchangeAcceptor, limits: Http1Limits) {
    this.acceptor = acceptor;
    this.limits = limits;
    this.server = httpModule().createServer(
      { maxHeaderSize: limits.maxHeaderBytes, requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: limits.idleTimeoutMs, noDelay: true },
      (request, response) => this.connections.get(request.socket)?.onRequest(request, response),
    );
  }

  /** Takes the socket over. `firstBytes` were read from it already. */
  accept(socket: Socket, peer: Peer, firstBytes: Uint8Array | undefined, events: ServerConnectionEvents): ServerConnection {
    const connection = new Http1ServerConnection(socket, peer, this.acceptor, this.limits, events);
    this.connections.set(socket, connection);
    this.server.emit("connection", socket);
    // handed on, not put back: a stream that was put something back into reads more slowly ever after
    if (firstBytes !== undefined) nodeRuntime.soon(() => socket.emit("data", firstBytes));
    return connection;
  }
}

class Http1ServerConnection implements ServerConnection, ServerExchangeHost, TimerTarget {
  readonly peer: Peer;
  draining = false;
  private readonly socket: Socket;
  private readonly acceptor: ExchangeAcceptor;
  private readonly events: ServerConnectionEvents;
  private readonly idleTimeoutMs: number;
  private readonly exchanges = new Set<NodeServerExchange>();
  private readonly timer = new Timer(this);
  private closed = false;
  private initiator: Initiator = "peer";
  private message = "peer closed the connection";

  constructor(socket: Socket, peer: Peer, acceptor: ExchangeAcceptor, limits: Http1Limits, events: ServerConnectionEvents) {
    this.socket = socket;
    this.peer = peer;
    this.acceptor = acceptor;
    this.events = events;
    this.idleTimeoutMs = limits.idleTimeoutMs;
    socket.on("error", ignore);
    socket.on("close", () => this.onClose());
    this.awaitRequest();
  }

  get openExchanges(): number {
    return this.exchanges.size;
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    nodeRuntime.timers.stop(this.timer);
    const exchange = new NodeServerExchange(request, response, this);
    this.exchanges.add(exchange);
    exchange.accept(this.acceptor);
  }

  released(exchange: NodeServerExchange): void {
    this.exchanges.delete(exchange);
    if (this.exchanges.size > 0 || this.closed) return;
    if (this.draining) this.endSocket();
    else this.awaitRequest();
  }

  private awaitRequest(): void {
    nodeRuntime.timers.start(this.timer, nodeRuntime.now() + this.idleTimeoutMs);
  }

  onTimer(): void {
    this.destroy("no request came in time");
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    for (const exchange of [...this.exchanges]) exchange.drain();
    if (this.exchanges.size === 0) this.endSocket();
  }

  /** What was written goes first. */
  private endSocket(): void {
    nodeRuntime.timers.stop(this.timer);
    this.initiator = "application";
    this.message = "server closed the connection";
    this.socket.destroySoon();
  }

  destroy(message: string): void {
    if (this.closed) return;
    this.initiator = "application";
    this.message = message;
    for (const exchange of [...this.exchanges]) exchange.lose(message);
    this.socket.destroy();
  }

  private onClose(): void {
    this.closed = true;
    nodeRuntime.timers.stop(this.timer);
    for (const exchange of [...this.exchanges]) exchange.lose(this.message);
    this.events.onClosed({ initiator: this.initiator, code: ErrorCode.NO_ERROR, message: this.message });
  }
}

function ignore(): void {}
