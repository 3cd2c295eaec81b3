import { ErrorCode } from "../../base/error-code.js";
import { UsageError } from "../../base/usage-error.js";
import type { ClientConnection, ClientConnectionEvents, ConnectionEnd } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import { Control, type MemoryConnectionOptions, MemoryEnd } from "./memory-end.js";
import { MemoryExchange } from "./memory-exchange.js";

/** The end that opens exchanges. */
export class MemoryClientConnection extends MemoryEnd implements ClientConnection {
  readonly #events: ClientConnectionEvents;
  #ready = false;
  #full = false;

  constructor(options: MemoryConnectionOptions, events: ClientConnectionEvents) {
    super(options);
    this.#events = events;
  }

  begin(): void {
    this.soon(() => {
      if (this.closed) return;
      this.#ready = true;
      this.#events.onReady();
    });
  }

  get capacity(): number {
    return this.draining || !this.#ready ? 0 : Math.max(0, this.maxExchanges - this.exchanges.size);
  }

  open(events: ExchangeEvents): Exchange {
    if (this.capacity === 0) throw new UsageError("open() on a connection without capacity");
    const exchange = new MemoryExchange(this, events);
    this.exchanges.add(exchange);
    this.#full = this.capacity === 0;
    return exchange;
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.soon(() => this.#events.onDraining());
    this.#closeIfIdle();
  }

  released(exchange: MemoryExchange): void {
    if (!this.exchanges.delete(exchange)) return;
    if (this.draining) this.#closeIfIdle();
    else if (this.#full) this.#tellCapacity();
  }

  protected override accept(): void {}

  protected override onControl(kind: number): void {
    if (kind !== Control.goaway) return;
    this.control(Control.goawayHeard);
    if (this.draining) return;
    this.draining = true;
    this.#events.onDraining();
    this.tellDraining();
  }

  protected override onClosed(end: ConnectionEnd): void {
    this.#events.onClosed(end);
  }

  #tellCapacity(): void {
    this.#full = false;
    this.soon(() => {
      if (this.capacity > 0) this.#events.onCapacity();
    });
  }

  #closeIfIdle(): void {
    if (this.closed || this.exchanges.size > 0) return;
    this.control(Control.closed);
    this.close("application", ErrorCode.NO_ERROR, "client closed the connection");
  }
}
