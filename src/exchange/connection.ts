import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";
import type { Exchange, ExchangeEvents } from "./exchange.js";

/** Something that carries exchanges to one server: an HTTP/2 connection, a pipe in memory. It begins to connect when it is made. */
export interface ClientConnection {
  readonly peer: Peer;
  /**
   * Exchanges that may be opened now: 0 while connecting, while the peer's limit is reached, and for ever once the connection
   * is draining or closed.
   */
  readonly capacity: number;
  readonly openExchanges: number;
  /** So many of the open exchanges do not keep the process alive. Undefined where nothing does. */
  aside?: number;
  /** Opens an exchange; nothing is sent before its `sendHead`. Only when `capacity` is above 0. */
  open(events: ExchangeEvents): Exchange;
  /** Opens no more; closes when the open exchanges have ended. */
  drain(): void;
  /** Ends everything now: open exchanges end as lost with this message. `onClosed` follows. Idempotent. */
  destroy(message: string): void;
}

export interface ClientConnectionEvents {
  /** The connection is up; `capacity` may be above 0. At most once. */
  onReady(): void;
  /** `capacity` has risen from 0. */
  onCapacity(): void;
  /** No new exchange can be opened: the peer is going away, or drain() was called. At most once. */
  onDraining(): void;
  /** The connection is gone and holds nothing any more. Exactly once, last, after every exchange's `onEnd`. */
  onClosed(end: ConnectionEnd): void;
}

/** Begins a connection. Never throws: what fails is told by `onClosed`, later. */
export type Connector = (events: ClientConnectionEvents) => ClientConnection;

/** Why a connection is gone. */
export interface ConnectionEnd {
  readonly initiator: Initiator;
  /** The `ErrorCode` of GOAWAY, NO_ERROR for an orderly end. */
  readonly code: number;
  /** One sentence for people: `connection refused by 127.0.0.1:8080`. */
  readonly message: string;
}

/** One accepted connection, as the server keeps it. */
export interface ServerConnection {
  readonly peer: Peer;
  readonly openExchanges: number;
  /** Tells the peer to go elsewhere, tells open exchanges (`onDraining`), closes when they have ended. Idempotent. */
  drain(): void;
  /** Ends everything now: open exchanges end as lost with this message. Idempotent. */
  destroy(message: string): void;
}

/** What a server does with the exchanges of its connections. */
export interface ExchangeAcceptor {
  /**
   * A peer opened an exchange; `head` is valid and may be a list that is shared: keep single values, not the list. `end`: no body.
   * Must not throw. Answering inside the call is allowed.
   */
  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents;
}
