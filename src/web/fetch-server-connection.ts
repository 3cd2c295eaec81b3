import type { Peer } from "../base/peer.js";
import type { Runtime } from "../base/runtime.js";
import type { ExchangeAcceptor, ServerConnection } from "../exchange/connection.js";
import type { FetchExchange } from "./fetch-exchange.js";
import { requestFields } from "./fetch-fields.js";
import { FetchServerExchange, type FetchServerHost } from "./fetch-server-exchange.js";

/** What the exchanges of a handler need. */
export interface FetchServerParts {
  readonly acceptor: ExchangeAcceptor;
  readonly runtime: Runtime;
  readonly writeStallTimeoutMs: number;
  /** It takes no more requests, and the last exchange has ended. */
  readonly onClosed: () => void;
}

/** All requests of one handler: the platform keeps its connections to itself. */
export class FetchServerConnection implements ServerConnection {
  readonly peer: Peer = PEERS.clear;
  readonly #acceptor: ExchangeAcceptor;
  readonly #onClosed: () => void;
  readonly #exchanges: Set<FetchExchange> = new Set();
  readonly #hosts: { readonly clear: FetchServerHost; readonly encrypted: FetchServerHost };
  #draining = false;
  #closed = false;

  constructor({ acceptor, runtime, writeStallTimeoutMs, onClosed }: FetchServerParts) {
    this.#acceptor = acceptor;
    this.#onClosed = onClosed;
    const released = (exchange: FetchExchange): void => this.#released(exchange);
    const shared = { runtime, writeStallTimeoutMs, released };
    this.#hosts = { clear: { ...shared, peer: PEERS.clear }, encrypted: { ...shared, peer: PEERS.encrypted } };
  }

  get openExchanges(): number {
    return this.#exchanges.size;
  }

  /** `prefix`: what stands before the paths of methods, without a slash at its end. */
  accept(request: Request, prefix: string): Promise<Response> {
    if (this.#draining) return answer(503, "the server is shutting down");
    if (request.body?.locked || request.bodyUsed) return answer(500, "somebody else has read the request's body");
    const url = new URL(request.url);
    if (!url.pathname.startsWith(`${prefix}/`)) return answer(404, `nothing is served outside of ${prefix}/`);
    // nobody is there to be answered
    if (request.signal.aborted) return answer(500, "the request was aborted");
    const exchange = new FetchServerExchange(url.protocol === "https:" ? this.#hosts.encrypted : this.#hosts.clear, request);
    this.#exchanges.add(exchange);
    exchange.attach(this.#acceptor.onExchange(exchange, requestFields(request, url, prefix), request.body === null));
    exchange.start();
    return exchange.response;
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const exchange of [...this.#exchanges]) exchange.drain();
    this.#closeIfIdle();
  }

  destroy(message: string): void {
    this.#draining = true;
    for (const exchange of [...this.#exchanges]) exchange.lose("application", message);
    this.#closeIfIdle();
  }

  #released(exchange: FetchExchange): void {
    this.#exchanges.delete(exchange);
    if (this.#draining) this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#closed || this.#exchanges.size > 0) return;
    this.#closed = true;
    // after the last exchange has been told of its end
    queueMicrotask(this.#onClosed);
  }
}

/** A `Request` does not say where it comes from. */
const PEERS = {
  clear: { address: "fetch", encrypted: false },
  encrypted: { address: "fetch", encrypted: true },
} as const;

function answer(status: number, text: string): Promise<Response> {
  return Promise.resolve(new Response(text, { status, headers: { "content-type": "text/plain" } }));
}
