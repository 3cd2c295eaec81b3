import { ErrorCode } from "../base/error-code.js";
import type { Peer } from "../base/peer.js";
import { UsageError } from "../base/usage-error.js";
import type {
  ClientConnection,
  ClientConnectionEvents,
  ConnectionEnd,
  ExchangeAcceptor,
  ServerConnection,
} from "../exchange/connection.js";
import type { CarriedConnection, Carrier } from "./carrier.js";
import type { VirtualRuntime } from "./virtual-runtime.js";

/** What happens to whoever dials: he gets through, is refused, or hears nothing. */
export type Reachability = "up" | "refused" | "silent";

/** Who keeps the accepted connections. */
export interface ConnectionKeeper {
  addConnection(connection: ServerConnection): void;
  removeConnection(connection: ServerConnection): void;
}

/** What the connections of a world are made with. */
export interface LineParts {
  readonly runtime: VirtualRuntime;
  readonly carrier: Carrier;
  readonly acceptor: ExchangeAcceptor;
  readonly keeper: ConnectionKeeper;
}

/** Makes the connections of a world, and can break them. */
export class WorldConnections {
  reachable: Reachability = "up";
  dials = 0;
  private readonly parts: LineParts;
  private readonly cuts = new Map<() => void, unknown>();

  constructor(parts: LineParts) {
    this.parts = parts;
  }

  /** Begins a connection for the owner, a channel or a scripted client. */
  connect(owner: unknown, events: ClientConnectionEvents): ClientConnection {
    this.dials++;
    if (this.reachable !== "up") return new FailedConnection(this.parts.runtime, events, this.reachable);
    return this.carry(owner, events);
  }

  /** Breaks the connections of one owner, or all. */
  cut(owner?: unknown): void {
    for (const [cutOne, of] of [...this.cuts]) if (owner === undefined || of === owner) cutOne();
  }

  private carry(owner: unknown, clientEvents: ClientConnectionEvents): ClientConnection {
    const { runtime, carrier, acceptor, keeper } = this.parts;
    const { client, server, cut }: CarriedConnection = carrier({
      runtime,
      clientEvents,
      acceptor,
      serverEvents: {
        onClosed: () => {
          this.cuts.delete(cutOne);
          keeper.removeConnection(server);
        },
      },
    });
    const cutOne = () => cut(CUT);
    this.cuts.set(cutOne, owner);
    keeper.addConnection(server);
    return client;
  }
}

const CUT = "the connection was cut";

/** A connection that never comes up. */
class FailedConnection implements ClientConnection {
  readonly peer: Peer = { address: "memory", encrypted: false };
  readonly capacity = 0;
  readonly openExchanges = 0;
  readonly #runtime: VirtualRuntime;
  readonly #events: ClientConnectionEvents;
  #closed = false;

  constructor(runtime: VirtualRuntime, events: ClientConnectionEvents, how: Reachability) {
    this.#runtime = runtime;
    this.#events = events;
    if (how === "refused") this.#close({ initiator: "network", code: ErrorCode.CONNECT_ERROR, message: "connection refused by memory" });
  }

  open(): never {
    throw new UsageError("open() on a connection without capacity");
  }

  drain(): void {
    this.destroy("client is closing");
  }

  destroy(message: string): void {
    this.#close({ initiator: "application", code: ErrorCode.CANCEL, message });
  }

  #close(end: ConnectionEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#runtime.soon(() => this.#events.onClosed(end));
  }
}
