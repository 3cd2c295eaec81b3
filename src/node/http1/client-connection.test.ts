import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import type { ClientConnectionEvents } from "../../exchange/connection.js";
import { nodeRuntime } from "../runtime.js";
import { Http1ClientConnection } from "./client-connection.js";

interface Connected {
  readonly connection: Http1ClientConnection;
  readonly atServer: Socket;
  readonly log: readonly string[];
  readonly isClosed: Promise<void>;
  stopListening(): void;
}

/** A connection to a server that answers nothing, and what happens to it. */
async function connected(idleTimeoutMs: number): Promise<Connected> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const log: string[] = [];
  const peer = { address: `127.0.0.1:${port}`, encrypted: false };
  const opener = () => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    return { socket, peer, peerNow: () => peer, readyEvent: "connect" as const, serverName: undefined };
  };
  const accepted = once(server, "connection") as Promise<[Socket]>;
  let ready = () => {};
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const events: ClientConnectionEvents = {
    onReady: () => ready(),
    onCapacity: () => log.push("capacity"),
    onDraining: () => log.push("draining"),
    onClosed: ({ initiator, message }) => {
      log.push(`closed by ${initiator}: ${message}`);
      closed();
    },
  };
  const connection = new Http1ClientConnection(opener, 10_000, { idleTimeoutMs, writeStallTimeoutMs: 10_000 }, nodeRuntime, events);
  const [[atServer]] = await Promise.all([accepted, isReady]);
  return { connection, atServer, log, isClosed, stopListening: () => server.close() };
}

test("a connection that has carried no request is given up before a server would close it, and takes none from then on", async () => {
  const { connection, atServer, log, isClosed, stopListening } = await connected(20);
  assert.equal(connection.capacity, 1);
  atServer.resume().on("error", () => {});
  await once(atServer, "end");
  assert.equal(connection.capacity, 0);
  await isClosed;
  atServer.destroy();
  stopListening();
  assert.deepEqual(log, ["draining", "closed by application: client closed the connection"]);
});
