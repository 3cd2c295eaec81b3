import { createServer, type Server, type Socket } from "node:net";
import type { TLSSocket, Server as TlsServer } from "node:tls";
import type { Peer } from "../base/peer.js";
import { badOption, durationOption, integerOption } from "../base/usage-error.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import { addressText, hostAndPort, type SocketAddress } from "./address.js";
import { tlsModule } from "./builtin-modules.js";
import { Handshakes } from "./handshakes.js";
import { encryptedPeer } from "./peer-certificate.js";
import { ALPN, serverSecureOptions } from "./secure-context.js";
import { SocketByteStream } from "./socket-byte-stream.js";
import { socketFailure } from "./socket-failure.js";
import type { ServerTlsOptions } from "./tls-options.js";
import { removeStaleSocket } from "./unix-socket.js";

/** Where and how a {@link listen} listens. */
export interface ListenOptions {
  /** Port 0: any that is free. */
  readonly address: SocketAddress;
  /** TLS with ALPN `h2`; cleartext without it. */
  readonly tls?: ServerTlsOptions;
  /** Connections open at once, handshakes included; one more is closed as it arrives. Default 100 000. */
  readonly maxConnections?: number;
  /**
   * Connections at once that have not got beyond their first byte, or their TLS handshake. One more takes the place of the oldest of
   * them, which is closed. Default 1 000.
   */
  readonly maxHandshakes?: number;
  /** How long a TLS handshake may take; without TLS how long until the first byte. Default 10 000 ms. */
  readonly handshakeTimeoutMs?: number;
  /** Takes connections on which HTTP/1.1 is spoken. Default: there is HTTP/2 only. */
  readonly acceptHttp1?: (socket: Socket, peer: Peer, firstBytes: Uint8Array | undefined) => void;
  /** Connections that the kernel may queue before they are accepted. Default 511. */
  readonly backlog?: number;
}

/** A connection that was accepted, which is one that has spoken: attach once, at once, to get its byte stream. */
export type Accepted = (events: ByteStreamEvents) => ByteStream;

/** A socket that accepts connections. */
export interface Listener {
  /** The port it listens on; 0 for a Unix socket. */
  readonly port: number;
  /** `127.0.0.1:8080`, `unix:/run/app.sock`. */
  readonly address: string;
  /** What a client is given: `http://127.0.0.1:8080`, `https://…`, `unix:/run/app.sock`. */
  readonly url: string;
  /** Connections open now, handshakes included. */
  readonly openConnections: number;
  /** Connections now that have not got beyond their first byte, or their TLS handshake. */
  readonly handshakes: number;
  /** Connections that were closed because a maximum was reached. */
  readonly refused: number;
  /** Accepts no more and ends handshakes under way; what was accepted goes on. Resolves when the port is free. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens. Throws `UsageError` for a bad option; rejects with an error whose message says why when it cannot listen: the port is in
 * use, the address is not this machine's, permission is denied.
 */
export function listen(options: ListenOptions, accept: (accepted: Accepted) => void): Promise<Listener> {
  checkOptions(options);
  return new SocketListener(options, accept).start();
}

class SocketListener implements Listener {
  port = 0;
  refused = 0;
  readonly #address: SocketAddress;
  readonly #accept: (accepted: Accepted) => void;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #sockets: Set<Socket> = new Set();
  readonly #shaking: Handshakes;
  readonly #maxConnections: number;
  readonly #maxHandshakes: number;
  readonly #backlog: number;
  readonly #acceptHttp1: ListenOptions["acceptHttp1"];
  #closed = false;

  constructor(options: ListenOptions, accept: (accepted: Accepted) => void) {
    this.#address = options.address;
    this.#accept = accept;
    this.#maxConnections = options.maxConnections ?? 100_000;
    this.#maxHandshakes = options.maxHandshakes ?? 1_000;
    this.#backlog = options.backlog ?? 511;
    this.#acceptHttp1 = options.acceptHttp1;
    this.#tls = options.tls === undefined ? undefined : this.#tlsServer(options.tls);
    this.#shaking = new Handshakes(options.handshakeTimeoutMs ?? 10_000);
    this.#server = createServer({ allowHalfOpen: this.#tls === undefined, noDelay: true }, (socket) => this.#onSocket(socket));
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get handshakes(): number {
    return this.#shaking.size;
  }

  get address(): string {
    return "path" in this.#address ? addressText(this.#address) : hostAndPort(this.#address.host, this.port);
  }

  get url(): string {
    if ("path" in this.#address) return this.address;
    return `${this.#tls === undefined ? "http" : "https"}://${this.address}`;
  }

  async start(): Promise<this> {
    try {
      await this.#listen();
    } catch (error) {
      if (!(await removeStaleSocket(this.#address, error))) throw this.#failure(error);
      await this.#listen().catch((again) => {
        throw this.#failure(again);
      });
    }
    const bound = this.#server.address();
    if (bound !== null && typeof bound === "object") this.port = bound.port;
    // accepting may fail later (no descriptors left): what is open goes on, and so does listening
    this.#server.on("error", () => {});
    return this;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#server.close();
      this.#shaking.closeAll();
    }
    // the handle is closed by the end of this turn of the loop; 'close' itself waits for the connections
    return new Promise((resolve) => setImmediate(resolve));
  }

  #listen(): Promise<void> {
    const where = "path" in this.#address ? { path: this.#address.path } : { host: this.#address.host, port: this.#address.port };
    return new Promise((resolve, reject) => {
      const server = this.#server;
      server.once("error", reject);
      server.listen({ ...where, backlog: this.#backlog }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  }

  #onSocket(socket: Socket): void {
    const tls = this.#tls;
    if (this.#sockets.size >= this.#maxConnections) {
      this.refused++;
      socket.on("error", ignore);
      socket.destroy();
      return;
    }
    if (this.#shaking.size >= this.#maxHandshakes) {
      this.refused++;
      this.#shaking.closeOldest();
    }
    this.#sockets.add(socket);
    // `on`: the wrapper of `once` would cost more than the connection's own state
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#shaking.delete(socket);
    });
    this.#shaking.add(socket);
    if (tls === undefined) this.#awaitFirstBytes(socket);
    else tls.emit("connection", socket);
  }

  /** Who connects and says nothing costs a socket and no more. */
  #awaitFirstBytes(socket: Socket): void {
    let held: Uint8Array | undefined;
    const onFirstBytes = (data: Uint8Array): void => {
      const bytes: Uint8Array = held === undefined ? data : Buffer.concat([held, data]);
      const spoken = this.#acceptHttp1 === undefined ? "HTTP/2" : spokenIn(bytes);
      if (spoken === undefined) {
        held = bytes;
        return;
      }
      socket.off("data", onFirstBytes);
      socket.off("end", destroyThis);
      socket.off("error", ignore);
      this.#shaking.delete(socket);
      const peer = { address: remoteAddress(socket), encrypted: false };
      if (spoken === "HTTP/1.1") {
        this.#acceptHttp1?.(socket, peer, bytes);
        return;
      }
      let stream: SocketByteStream | undefined;
      this.#accept((events) => {
        stream = new SocketByteStream(socket, { peer, encrypts: false, checkFirstBytes: false }, events);
        return stream;
      });
      // handed on, not put back: a stream that was put something back into reads more slowly ever after
      stream?.receive(bytes);
    };
    socket.on("data", onFirstBytes);
    socket.on("end", destroyThis);
    socket.on("error", ignore);
  }

  /** Does the handshakes of sockets that the listening server hands to it; listens to nothing itself. */
  #tlsServer(tls: ServerTlsOptions): TlsServer {
    const mutual = tls.requestClientCertificate === true;
    const server = tlsModule().createServer({
      ...serverSecureOptions(tls),
      requestCert: mutual,
      rejectUnauthorized: mutual,
      ALPNProtocols: this.#acceptHttp1 === undefined ? ALPN : [...ALPN, "http/1.1"],
    });
    // every handshake ends in exactly one of these two events
    server.on("secureConnection", (socket: TLSSocket) => {
      this.#shaking.deleteUnder(socket);
      this.#onSecure(socket);
    });
    server.on("tlsClientError", (_error, socket: TLSSocket) => {
      this.#shaking.deleteUnder(socket);
      socket.on("error", ignore);
      socket.destroy();
    });
    return server;
  }

  #onSecure(socket: TLSSocket): void {
    // a client that offers no protocol at all passes the handshake; HTTP/2 needs it agreed (RFC 9113 §3.2)
    if (socket.alpnProtocol !== "h2" && this.#acceptHttp1 !== undefined && !this.#closed) {
      this.#acceptHttp1(socket, encryptedPeer(socket, remoteAddress(socket)), undefined);
      return;
    }
    if (socket.alpnProtocol !== "h2" || this.#closed) {
      socket.on("error", ignore);
      socket.destroy();
      return;
    }
    // not before: a peer that ends during the handshake would be waited for
    socket.allowHalfOpen = true;
    const peer = encryptedPeer(socket, remoteAddress(socket));
    this.#accept((events) => new SocketByteStream(socket, { peer, encrypts: true, checkFirstBytes: false }, events));
  }

  #failure(error: unknown): Error {
    return new Error(socketFailure(error, { address: addressText(this.#address) }), { cause: error });
  }
}

/** The protocol that the first bytes of a connection are of; undefined while they are too few to tell (RFC 9113 §3.4). */
function spokenIn(bytes: Uint8Array): "HTTP/1.1" | "HTTP/2" | undefined {
  for (let i = 0; i < PREFACE_START.length; i++) {
    if (i === bytes.length) return undefined;
    if (bytes[i] !== PREFACE_START.charCodeAt(i)) return "HTTP/1.1";
  }
  return "HTTP/2";
}

/** No method of HTTP/1.1 begins so. */
const PREFACE_START = "PRI * HTTP/2";

function destroyThis(this: Socket): void {
  this.destroy();
}

function ignore(): void {}

function remoteAddress(socket: Socket): string {
  if (socket.remoteAddress === undefined || socket.remotePort === undefined) return "unix:";
  return hostAndPort(socket.remoteAddress, socket.remotePort);
}

function checkOptions(options: ListenOptions): void {
  const { address } = options;
  if ("path" in address) {
    if (typeof address.path !== "string" || address.path === "") badOption("path", address.path, "the path of a Unix socket");
  } else {
    if (typeof address.host !== "string" || address.host === "") badOption("host", address.host, "a host name or an IP address");
    integerOption("port", address.port, 0, 65_535);
  }
  integerOption("maxConnections", options.maxConnections ?? 1, 1, Number.MAX_SAFE_INTEGER);
  integerOption("maxHandshakes", options.maxHandshakes ?? 1, 1, Number.MAX_SAFE_INTEGER);
  integerOption("backlog", options.backlog ?? 1, 1, 65_535);
  durationOption("handshakeTimeoutMs", options.handshakeTimeoutMs ?? 1, 1, 3_600_000);
}
