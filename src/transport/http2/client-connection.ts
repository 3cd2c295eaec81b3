import type { Peer } from "../../base/peer.js";
import { durationOption, UsageError } from "../../base/usage-error.js";
import type { ClientConnection, ClientConnectionEvents, ConnectionEnd } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import type { Http2Stream } from "../../http2/index.js";
import type { ByteStreamOpener } from "../byte-stream-opener.js";
import { Http2Driver, type Http2DriverOwner } from "./driver.js";
import type { Http2TransportOptions } from "./transport-options.js";

/** What a client's HTTP/2 connections are made with. */
export interface Http2ClientOptions extends Http2TransportOptions {
  /** How long it may take until the peer has spoken HTTP/2: dialling and TLS included. Default 20 000. */
  readonly connectTimeoutMs?: number;
}

/**
 * Begins an HTTP/2 connection as a client over the byte stream that `open` opens. Throws `UsageError` for a bad option, nothing else;
 * what fails is told by `onClosed`, later.
 */
export function makeClientConnection(
  open: ByteStreamOpener,
  options: Http2ClientOptions,
  events: ClientConnectionEvents,
): ClientConnection {
  const timeout = durationOption("connectTimeoutMs", options.connectTimeoutMs ?? 20_000, 1);
  return new Http2ClientConnection(open, options, timeout, events);
}

class Http2ClientConnection implements ClientConnection, Http2DriverOwner {
  readonly #driver: Http2Driver;
  readonly #events: ClientConnectionEvents;
  #over = false;
  #ready = false;

  constructor(open: ByteStreamOpener, options: Http2ClientOptions, connectTimeoutMs: number, events: ClientConnectionEvents) {
    this.#events = events;
    this.#driver = new Http2Driver("client", open, options, connectTimeoutMs, this);
  }

  get peer(): Peer {
    return this.#driver.bytes.peer;
  }

  get capacity(): number {
    const engine = this.#driver.engine;
    return engine === undefined || !this.#ready || this.#over ? 0 : engine.capacity;
  }

  get openExchanges(): number {
    return this.#driver.engine?.openStreams ?? 0;
  }

  get aside(): number {
    return this.#driver.aside;
  }

  set aside(count: number) {
    this.#driver.aside = count;
  }

  open(events: ExchangeEvents): Exchange {
    const engine = this.#driver.engine;
    if (engine === undefined || this.capacity === 0) throw new UsageError("open() on a connection without capacity");
    return engine.openStream(events);
  }

  drain(): void {
    this.#driver.drain("client is closing");
  }

  destroy(message: string): void {
    this.#driver.destroy(message);
  }

  onStream(stream: Http2Stream): ExchangeEvents {
    throw new UsageError(`a client's engine accepted a stream of ${stream.peer.address}`);
  }

  onReady(): void {
    this.#ready = true;
    this.#events.onReady();
  }

  onCapacity(): void {
    this.#events.onCapacity();
  }

  onDraining(): void {
    this.#events.onDraining();
  }

  onClosed(end: ConnectionEnd): void {
    this.#over = true;
    this.#events.onClosed(end);
  }
}
