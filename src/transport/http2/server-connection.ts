import type { Fields } from "../../base/field.js";
import type { Peer } from "../../base/peer.js";
import type { ConnectionEnd, ExchangeAcceptor, ServerConnection } from "../../exchange/connection.js";
import type { ExchangeEvents } from "../../exchange/exchange.js";
import type { Http2Stream } from "../../http2/index.js";
import type { ByteStreamOpener } from "../byte-stream-opener.js";
import type { ServerConnectionEvents } from "../server-connection-events.js";
import { Http2Driver, type Http2DriverOwner } from "./driver.js";
import type { Http2TransportOptions } from "./transport-options.js";

/** Serves HTTP/2 on an accepted byte stream, which `open` takes over. Never throws. */
export function acceptConnection(
  open: ByteStreamOpener,
  options: Http2TransportOptions,
  acceptor: ExchangeAcceptor,
  events: ServerConnectionEvents,
): ServerConnection {
  return new Http2ServerConnection(open, options, acceptor, events);
}

class Http2ServerConnection implements ServerConnection, Http2DriverOwner {
  readonly #driver: Http2Driver;
  readonly #acceptor: ExchangeAcceptor;
  readonly #events: ServerConnectionEvents;

  constructor(open: ByteStreamOpener, options: Http2TransportOptions, acceptor: ExchangeAcceptor, events: ServerConnectionEvents) {
    this.#acceptor = acceptor;
    this.#events = events;
    this.#driver = new Http2Driver("server", open, options, Number.POSITIVE_INFINITY, this);
  }

  get peer(): Peer {
    return this.#driver.bytes.peer;
  }

  get openExchanges(): number {
    return this.#driver.engine?.openStreams ?? 0;
  }

  drain(): void {
    this.#driver.drain("server is shutting down");
  }

  destroy(message: string): void {
    this.#driver.destroy(message);
  }

  onStream(stream: Http2Stream, head: Fields, end: boolean): ExchangeEvents {
    return this.#acceptor.onExchange(stream, head, end);
  }

  onReady(): void {}

  onCapacity(): void {}

  onDraining(): void {}

  onClosed(end: ConnectionEnd): void {
    this.#events.onClosed(end);
  }
}
