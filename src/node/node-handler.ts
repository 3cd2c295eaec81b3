import type { IncomingMessage, ServerResponse } from "node:http";
import type { Peer } from "../base/peer.js";
import type { ServerConnection } from "../exchange/connection.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import type { ServerStatistics } from "../observe/statistics.js";
import type { Server } from "../server/server.js";
import { ServerHandle } from "../server/server-handle.js";
import { hostAndPort } from "./address.js";
import { Fallback } from "./fallback.js";
import { BodyReader } from "./http1/body-reader.js";
import { NodeServerExchange, type ServerExchangeHost } from "./http1/server-exchange.js";
import type { NodeRequest, NodeResponse } from "./node-request.js";
import { nodeRuntime } from "./runtime.js";
import { makeNodeServer, type ServerOptions } from "./server-options.js";

/** Services as a handler of a server of node:http that is somebody else's. */
export interface NodeHandler extends AsyncDisposable {
  /**
   * Answers a call. What is no call goes to `next`, where it is given, else is answered with 404: so the handler is middleware of Express
   * (`app.use(handler)`, before anything that reads bodies) and the handler of `http.createServer(handler)` alike.
   */
  (request: NodeRequest, response: NodeResponse, next?: () => void): void;
  statistics(): ServerStatistics;
  /** The open calls at this moment, the oldest first. */
  calls(): CallSnapshot[];
  /**
   * Begins no more calls; lets the open ones finish for `graceMs` (default 10,000), then ends them with `unavailable`. The server that it is
   * mounted in goes on. Resolves with what was cut off. A second call with a shorter time hastens the first.
   */
  close(options?: { readonly graceMs?: number }): Promise<ShutdownReport>;
}

/**
 * Makes services a handler of node:http, Express or Fastify, over HTTP/1.1: Connect and gRPC-Web are answered. HTTP/2, and gRPC with it, needs
 * `serve()`, which takes an application of node:http as its `fallback`. Connections are the business of the server that it is mounted in: how long they may be
 * silent, how much is pipelined on them, and what becomes of a peer that does not read. Throws `UsageError` for a bad option.
 */
export function toNodeHandler(options: ServerOptions): NodeHandler {
  const waiting = new WeakMap<ServerResponse, () => void>();
  const fallback = new Fallback((_request: IncomingMessage, response: ServerResponse) => {
    const next = waiting.get(response);
    if (next === undefined) answer(response, 404, "there is no such method here");
    else next();
  });
  const server = makeNodeServer(options, fallback);
  const mounted = new MountedRequests(server);
  const running = new ServerHandle(server, nodeRuntime, () => Promise.resolve());
  const handle = (given: NodeRequest, answered: NodeResponse, next?: () => void): void => {
    const request = given as IncomingMessage;
    const response = answered as ServerResponse;
    if (request.httpVersionMajor !== 1) {
      answer(response, 505, "calls over HTTP/2 need serve() of sluice/node, with this application as its fallback");
      return;
    }
    if (next !== undefined) waiting.set(response, next);
    mounted.accept(request, response);
  };
  return Object.assign(handle, {
    statistics: () => running.statistics(),
    calls: () => running.calls(),
    close: (close?: { readonly graceMs?: number }) => running.close(close),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${text}\n`);
}

/** The requests that others hand to a server, as one connection that never closes by itself. */
class MountedRequests implements ServerConnection {
  private readonly server: Server;
  readonly peer: Peer = { address: "node:http", encrypted: false };
  private readonly exchanges = new Set<NodeServerExchange>();
  private draining = false;

  constructor(server: Server) {
    this.server = server;
    server.addConnection(this);
  }

  get openExchanges(): number {
    return this.exchanges.size;
  }

  accept(request: IncomingMessage, response: ServerResponse): void {
    if (this.draining) {
      answer(response, 503, "the server is shutting down");
      return;
    }
    if (request.readableEnded && BodyReader.hasBody(request)) {
      answer(response, 500, "the body was read before the call: mount the handler of calls before whatever reads bodies");
      return;
    }
    const exchange = new NodeServerExchange(request, response, this.hostOf(request));
    this.exchanges.add(exchange);
    exchange.accept(this.server);
  }

  private hostOf({ socket }: IncomingMessage): ServerExchangeHost {
    const encrypted = "encrypted" in socket && socket.encrypted === true;
    const address = socket.remoteAddress === undefined ? "unix:" : hostAndPort(socket.remoteAddress, socket.remotePort ?? 0);
    return {
      runtime: nodeRuntime,
      peer: { address, encrypted },
      draining: this.draining,
      released: (exchange) => this.released(exchange),
      watchWrites: leaveToOwner,
    };
  }

  private released(exchange: NodeServerExchange): void {
    this.exchanges.delete(exchange);
    this.closeIfIdle();
  }

  private closeIfIdle(): void {
    if (this.draining && this.exchanges.size === 0) nodeRuntime.soon(() => this.server.removeConnection(this));
  }

  drain(): void {
    this.draining = true;
    for (const exchange of [...this.exchanges]) exchange.drain();
    this.closeIfIdle();
  }

  destroy(message: string): void {
    for (const exchange of [...this.exchanges]) exchange.destroy(message);
  }
}

/** Time-outs of its connections are the business of the server that this is mounted in. */
function leaveToOwner(): void {}
