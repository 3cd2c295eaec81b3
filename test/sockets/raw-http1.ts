import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { RunningServer } from "sluice/node";
import { cleanUp } from "./clean-up.js";

/** A client that writes what it is told, byte by byte as it is; text is Latin-1. */
export interface RawClient {
  readonly socket: Socket;
  write(text: string): void;
  heard(): string;
  closed(): boolean;
}

export async function rawClient(t: TestContext, { port }: Pick<RunningServer, "port">): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  const chunks: string[] = [];
  let closed = false;
  socket.on("data", (data) => chunks.push(data.toString("latin1")));
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  cleanUp(t)(() => socket.destroy());
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  return { socket, write: (text) => void socket.write(text, "latin1"), heard: () => chunks.join(""), closed: () => closed };
}

export interface RawServer {
  readonly url: string;
  /** Heads of requests that came. */
  requests(): number;
  /** All connections that it ever had. */
  readonly sockets: readonly Socket[];
}

/** A server that reads, and does with a socket what it is told at each head of a request. */
export async function rawServer(t: TestContext, onRequest: (socket: Socket, nth: number) => void): Promise<RawServer> {
  let requests = 0;
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("data", (data) => {
      if (/^(POST|GET) /.test(data.toString("latin1"))) onRequest(socket, ++requests);
    });
  });
  const closing = cleanUp(t);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests, sockets };
}

/** The head of a request. */
export function requestHead(path: string, contentType: string, ...more: string[]): string {
  return [`POST ${path} HTTP/1.1`, "host: x", `content-type: ${contentType}`, ...more, "", ""].join("\r\n");
}
