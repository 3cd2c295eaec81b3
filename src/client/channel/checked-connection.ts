import type { Peer } from "../../base/peer.js";
import type { ClientConnection, ClientConnectionEvents, ConnectionEnd, Connector } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import type { CallParts } from "../call-parts.js";

/** Says whether the connections of a channel should be used, for as long as each is up. */
export interface ConnectionCheck {
  /** Looks at a connection that has come up, and tells what it finds, until it is stopped. Must not throw. */
  begin(connection: ClientConnection, parts: CallParts, findings: CheckFindings): RunningCheck;
}

/** What a check has found. */
export interface CheckFindings {
  /** The connection may be used. */
  passed(): void;
  /** The connection should not be used (any more); one sentence for people. */
  failed(because: string): void;
}

/** A check that has begun. */
export interface RunningCheck {
  /** Nobody wants to know any more: the connection takes no more calls. Idempotent. */
  stop(): void;
}

/** The same parts with connections that are ready once the check has passed, and that take no more calls when it fails. */
export function withCheck<Parts extends CallParts & { readonly connector: Connector }>(
  parts: Parts,
  check: ConnectionCheck | undefined,
): Parts {
  return check === undefined ? parts : { ...parts, connector: (events) => new CheckedConnection(parts.connector, check, parts, events) };
}

/** One that fails before it was ready has failed to connect; later it drains, as if the server had told it to. */
class CheckedConnection implements ClientConnection, ClientConnectionEvents, CheckFindings {
  private readonly check: ConnectionCheck;
  private readonly parts: CallParts;
  private readonly events: ClientConnectionEvents;
  private readonly inner: ClientConnection;
  private running: RunningCheck | undefined = undefined;
  private usable = false;
  private over = false;
  /** Why it never became ready. */
  private failure: string | undefined = undefined;

  constructor(connector: Connector, check: ConnectionCheck, parts: CallParts, events: ClientConnectionEvents) {
    this.check = check;
    this.parts = parts;
    this.events = events;
    this.inner = connector(this);
  }

  get peer(): Peer {
    return this.inner.peer;
  }

  get capacity(): number {
    return this.usable ? this.inner.capacity : 0;
  }

  get openExchanges(): number {
    return this.inner.openExchanges - (this.inner.aside ?? 0);
  }

  open(events: ExchangeEvents): Exchange {
    return this.inner.open(events);
  }

  drain(): void {
    this.stop();
    this.inner.drain();
  }

  destroy(message: string): void {
    this.stop();
    this.inner.destroy(message);
  }

  // ---- what the connection says

  onReady(): void {
    if (!this.over) this.running = this.check.begin(this.inner, this.parts, this);
  }

  onCapacity(): void {
    if (this.usable) this.events.onCapacity();
  }

  onDraining(): void {
    this.stop();
    this.events.onDraining();
  }

  onClosed(end: ConnectionEnd): void {
    this.stop();
    this.events.onClosed(this.failure === undefined ? end : { ...end, initiator: "peer", message: this.failure });
  }

  // ---- what the check says

  passed(): void {
    if (this.over || this.usable) return;
    this.usable = true;
    this.events.onReady();
  }

  failed(because: string): void {
    if (this.over) return;
    if (this.usable) {
      this.drain();
      return;
    }
    this.failure = because;
    this.destroy(because);
  }

  private stop(): void {
    this.over = true;
    this.usable = false;
    this.running?.stop();
  }
}
