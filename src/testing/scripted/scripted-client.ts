import type { ClientConnection, ClientConnectionEvents, ConnectionEnd, Connector } from "../../exchange/connection.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { ScriptedCall, type ScriptedFields } from "./scripted-call.js";

/** A connection to the server on which nothing is sent but what the test says. */
export class ScriptedClient implements ClientConnectionEvents {
  /** Why the connection is gone, when it is; never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  private readonly connection: ClientConnection;
  private readonly up: Promise<void>;
  private settleUp!: () => void;
  private settleClosed!: (end: ConnectionEnd) => void;
  private end: ConnectionEnd | undefined = undefined;

  constructor(connector: Connector) {
    this.up = new Promise((resolve) => {
      this.settleUp = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
    this.connection = connector(this);
  }

  /**
   * Opens an exchange for a method (`/package.Service/Method`) as soon as the connection is up, and sends nothing yet: `sendHeaders()` comes
   * first. Rejects with `unavailable` when the connection takes no more.
   */
  async open(path: string): Promise<ScriptedCall> {
    await this.up;
    const { connection } = this;
    if (connection.capacity === 0) throw new RpcError("unavailable", this.end?.message ?? "the connection takes no more exchanges");
    return new ScriptedCall(path, undefined, { ...REQUEST_HEAD, ":path": path }, (events) => connection.open(events));
  }

  /** Opens no more, and closes when the open exchanges have ended. */
  drain(): void {
    this.connection.drain();
  }

  /** Goes away in the middle of everything. */
  destroy(): void {
    this.connection.destroy("the scripted client is gone");
  }

  onReady(): void {
    this.settleUp();
  }

  onCapacity(): void {}

  onDraining(): void {}

  onClosed(end: ConnectionEnd): void {
    this.end = end;
    this.settleClosed(end);
    this.settleUp();
  }
}

const REQUEST_HEAD: ScriptedFields = {
  ":method": "POST",
  ":scheme": "http",
  ":path": "/",
  ":authority": "memory",
  te: "trailers",
  "content-type": "application/grpc",
};
