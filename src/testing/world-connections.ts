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
import { type Http2LimitOptions, OutputPool, resolveLimits, WindowBudget } from "../http2/index.js";
import { makeClientConnection } from "../transport/http2/client-connection.js";
import { acceptConnection } from "../transport/http2/server-connection.js";
import { connectInMemory } from "../transport/memory/memory-connection.js";
import type { MemoryConnectionOptions } from "../transport/memory/memory-end.js";
import type { VirtualRuntime } from "./virtual-runtime.js";
import type { WorldNetwork } from "./world-network.js";

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
  readonly network: WorldNetwork;
  readonly http2: boolean;
  readonly acceptor: ExchangeAcceptor;
  readonly keeper: ConnectionKeeper;
  readonly memory: Omit<MemoryConnectionOptions, "runtime"> | undefined;
  readonly serverLimits: Http2LimitOptions | undefined;
  readonly clientLimits: Http2LimitOptions | undefined;
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
    return this.parts.http2 ? this.connectHttp2(owner, events) : this.connectPlainly(owner, events);
  }

  /** Breaks the connections of one owner, or all. */
  cut(owner?: unknown): void {
    for (const [cutOne, of] of [...this.cuts]) if (owner === undefined || of === owner) cutOne();
  }

  private connectHttp2(owner: unknown, events: ClientConnectionEvents): ClientConnection {
    const { runtime, network, acceptor, keeper, serverLimits, clientLimits } = this.parts;
    const pipe = network.pipe();
    const cut = () => pipe.cut(CUT);
    this.cuts.set(cut, owner);
    const shared = { runtime, outputPool: new OutputPool(), windowBudget: new WindowBudget() };
    const accepted: ServerConnection = acceptConnection(
      pipe.server,
      { ...shared, limits: resolveLimits("server", serverLimits) },
      acceptor,
      {
        onClosed: () => {
          this.cuts.delete(cut);
          keeper.removeConnection(accepted);
        },
      },
    );
    keeper.addConnection(accepted);
    return makeClientConnection(pipe.client, { ...shared, limits: resolveLimits("client", clientLimits) }, events);
  }

  private connectPlainly(owner: unknown, events: ClientConnectionEvents): ClientConnection {
    const { runtime, acceptor, keeper, memory } = this.parts;
    const connection = connectInMemory({ ...memory, runtime }, events, acceptor, {
      onClosed: () => {
        this.cuts.delete(cut);
        keeper.removeConnection(connection.server);
      },
    });
    const cut = () => connection.server.destroy(CUT);
    this.cuts.set(cut, owner);
    keeper.addConnection(connection.server);
    return connection.client;
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
