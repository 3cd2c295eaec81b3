import { ErrorCode } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import type { ConnectionEnd, ExchangeAcceptor, ServerConnection } from "../../exchange/connection.js";
import type { ServerConnectionEvents } from "../server-connection-events.js";
import { Control, type MemoryConnectionOptions, MemoryEnd } from "./memory-end.js";
import { MemoryExchange, MemoryMessage } from "./memory-exchange.js";

/** The end that accepts exchanges. */
export class MemoryServerConnection extends MemoryEnd implements ServerConnection {
  readonly #acceptor: ExchangeAcceptor;
  readonly #events: ServerConnectionEvents;
  /** Exchanges that are open, or whose handler has not settled. */
  #slots = 0;
  #goawayHeard = false;

  constructor(options: MemoryConnectionOptions, acceptor: ExchangeAcceptor, events: ServerConnectionEvents) {
    super(options);
    this.#acceptor = acceptor;
    this.#events = events;
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.control(Control.goaway);
    this.soon(() => this.tellDraining());
  }

  released(exchange: MemoryExchange): void {
    this.exchanges.delete(exchange);
    if (exchange.handlerSettled) this.#slots--;
    this.#closeIfIdle();
  }

  protected override accept(from: MemoryExchange, head: Fields, end: boolean): void {
    const exchange = new MemoryExchange(this, undefined);
    exchange.other = from;
    if (this.#slots >= this.maxExchanges) {
      this.transmit(MemoryMessage.reset, exchange, undefined, undefined, ErrorCode.REFUSED_STREAM, true);
      return;
    }
    from.other = exchange;
    this.#slots++;
    this.exchanges.add(exchange);
    if (end) exchange.remoteEndedWithHead();
    const events = this.#acceptor.onExchange(exchange, head, end);
    exchange.attach(events);
  }

  protected override onControl(kind: number): void {
    if (kind !== Control.goawayHeard) return;
    this.#goawayHeard = true;
    this.#closeIfIdle();
  }

  protected override onClosed(end: ConnectionEnd): void {
    this.#events.onClosed(end);
  }

  /** Not before the client has heard: what it opened until then is served. */
  #closeIfIdle(): void {
    if (this.closed || !this.#goawayHeard || this.exchanges.size > 0) return;
    this.control(Control.closed);
    this.close("application", ErrorCode.NO_ERROR, "server closed the connection");
  }
}
