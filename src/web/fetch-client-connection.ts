import { ErrorCode } from "../base/error-code.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";
import { UsageError } from "../base/usage-error.js";
import type { ClientConnection, ClientConnectionEvents } from "../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";
import { FetchClientExchange, type FetchTarget } from "./fetch-client-exchange.js";
import type { FetchExchange, FetchHost } from "./fetch-exchange.js";

/** Exchanges at once: the platform has limits of its own, and makes what is above them wait. */
const CAPACITY = 1_000_000;

/** What stands for a connection where the platform keeps them to itself: always up, until it is told to end. */
export class FetchClientConnection implements ClientConnection, FetchHost {
  readonly peer: Peer;
  readonly #target: FetchTarget;
  readonly #events: ClientConnectionEvents;
  readonly #exchanges: Set<FetchExchange> = new Set();
  #draining = false;
  #closed = false;

  constructor(target: FetchTarget, events: ClientConnectionEvents) {
    const { host, protocol } = new URL(target.base);
    this.peer = { address: host, encrypted: protocol === "https:" };
    this.#target = target;
    this.#events = events;
    queueMicrotask(() => {
      if (!this.#draining) events.onReady();
    });
  }

  get capacity(): number {
    return this.#draining ? 0 : CAPACITY;
  }

  get openExchanges(): number {
    return this.#exchanges.size;
  }

  open(events: ExchangeEvents): Exchange {
    if (this.#draining) throw new UsageError("open() on a connection without capacity");
    const exchange = new FetchClientExchange(this, this.#target, events);
    this.#exchanges.add(exchange);
    return exchange;
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    queueMicrotask(() => {
      if (!this.#closed) this.#events.onDraining();
    });
    this.#closeIfIdle();
  }

  destroy(message: string): void {
    this.#draining = true;
    for (const exchange of [...this.#exchanges]) exchange.lose("application", message);
    this.#close("application", message);
  }

  released(exchange: FetchExchange): void {
    this.#exchanges.delete(exchange);
    if (this.#draining) this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#exchanges.size === 0) this.#close("application", "the channel was closed");
  }

  #close(initiator: Initiator, message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    // after the last exchange has been told of its end
    queueMicrotask(() => this.#events.onClosed({ initiator, code: ErrorCode.NO_ERROR, message }));
  }
}
