import type { ClientConnection, ClientConnectionEvents, ConnectionEnd, Connector } from "../../exchange/connection.js";
import type { Pick } from "./picker.js";

/** What a channel does as its connections come and go. */
export interface ConnectionPool {
  onReady(): void;
  onCapacity(): void;
  onDraining(): void;
  onClosed(connection: PooledConnection, end: ConnectionEnd): void;
}

/** One connection of a channel, from the moment it begins to connect. */
export class PooledConnection implements ClientConnectionEvents {
  readonly connection: ClientConnection;
  /** The choice of this connection, made once. */
  readonly pick: Pick;
  /** It has been up. */
  ready = false;
  /** It takes no more calls. */
  draining = false;
  private readonly pool: ConnectionPool;

  constructor(connector: Connector, pool: ConnectionPool) {
    this.pool = pool;
    this.connection = connector(this);
    this.pick = { connection: this.connection };
  }

  onReady(): void {
    this.ready = true;
    this.pool.onReady();
  }

  onCapacity(): void {
    this.pool.onCapacity();
  }

  onDraining(): void {
    this.draining = true;
    this.pool.onDraining();
  }

  onClosed(end: ConnectionEnd): void {
    this.draining = true;
    this.pool.onClosed(this, end);
  }
}
