import { connect as connectSocket, isIP, type Socket } from "node:net";
import type { ConnectionOptions, SecureContext, TLSSocket } from "node:tls";
import type { Peer } from "../base/peer.js";
import { badOption, integerOption } from "../base/usage-error.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import { addressText, hostAndPort, type SocketAddress } from "./address.js";
import { tlsModule } from "./builtin-modules.js";
import { encryptedPeer } from "./peer-certificate.js";
import { ALPN, clientSecureContext } from "./secure-context.js";
import { SocketByteStream } from "./socket-byte-stream.js";
import { noHttp2 } from "./socket-failure.js";
import type { ClientTlsOptions } from "./tls-options.js";

/** What a {@link dialer} dials. */
export interface DialOptions {
  readonly address: SocketAddress;
  /** TLS; cleartext without it. */
  readonly tls?: ClientTlsOptions;
}

/** A client's socket that has begun to connect. */
export interface OpeningSocket {
  readonly socket: Socket;
  /** The other end, as far as it is known before the socket is up. */
  readonly peer: Peer;
  /** The other end, once the socket is up. */
  peerNow(): Peer;
  /** The event that says that it is up. */
  readonly readyEvent: "connect" | "secureConnect";
  /** The name that the certificate must bear, where TLS is used. */
  readonly serverName: string | undefined;
}

/** Opens a socket to one address. Never throws: a failure is the socket's. */
export type SocketOpener = () => OpeningSocket;

/**
 * Makes what opens client sockets to one address, with TLS for these application protocols; certificates are read here, once. Throws
 * `UsageError` for a bad option.
 */
export function socketOpener(options: DialOptions, alpn: readonly string[]): SocketOpener {
  const address = checkAddress(options.address);
  if (options.tls === undefined) return () => openCleartext(address);
  const context = clientSecureContext(options.tls);
  const { serverName, rejectUnauthorized = true } = options.tls;
  if (typeof rejectUnauthorized !== "boolean") badOption("tls.rejectUnauthorized", rejectUnauthorized, "true or false");
  const name = serverName ?? ("host" in address ? address.host : "localhost");
  return () => openTls(address, name, context, rejectUnauthorized, alpn);
}

/** As {@link socketOpener}, for HTTP/2: a failure is told by `onClose` in a later turn, with a sentence that says which it was. */
export function dialer(options: DialOptions): (events: ByteStreamEvents) => ByteStream {
  const open = socketOpener(options, ALPN);
  return (events) => {
    const opening = open();
    const { socket, peer, readyEvent, serverName } = opening;
    const encrypts = readyEvent === "secureConnect";
    const named = serverName === undefined ? {} : { serverName };
    const stream = new SocketByteStream(socket, { peer, ...named, encrypts, checkFirstBytes: !encrypts }, events);
    socket.once(readyEvent, () => {
      if (encrypts && (socket as TLSSocket).alpnProtocol !== "h2") {
        stream.fail(noHttp2(peer.address));
        return;
      }
      stream.peer = opening.peerNow();
      events.onOpen();
    });
    return stream;
  };
}

function openCleartext(address: SocketAddress): OpeningSocket {
  const socket = connectSocket({ ...address, allowHalfOpen: true });
  return {
    socket,
    peer: { address: addressText(address), encrypted: false },
    peerNow: () => ({ address: remoteAddress(socket, address), encrypted: false }),
    readyEvent: "connect",
    serverName: undefined,
  };
}

function openTls(
  address: SocketAddress,
  serverName: string,
  secureContext: SecureContext,
  rejectUnauthorized: boolean,
  alpn: readonly string[],
): OpeningSocket {
  const options: ConnectionOptions & { allowHalfOpen: boolean } = {
    ...address,
    allowHalfOpen: true,
    secureContext,
    rejectUnauthorized,
    ALPNProtocols: [...alpn],
    // an IP address cannot be sent as SNI (RFC 6066 §3), but the certificate must bear it all the same
    servername: isIP(serverName) === 0 ? serverName : "",
    checkServerIdentity: (_host, certificate) => tlsModule().checkServerIdentity(serverName, certificate),
  };
  const socket = tlsModule().connect(options);
  return {
    socket,
    peer: { address: addressText(address), encrypted: true },
    peerNow: () => encryptedPeer(socket, remoteAddress(socket, address)),
    readyEvent: "secureConnect",
    serverName,
  };
}

/** The address that a name led to. */
function remoteAddress(socket: Socket, address: SocketAddress): string {
  if ("path" in address || socket.remoteAddress === undefined) return addressText(address);
  return hostAndPort(socket.remoteAddress, address.port);
}

function checkAddress(address: SocketAddress): SocketAddress {
  if ("path" in address) {
    if (typeof address.path !== "string" || address.path === "") badOption("path", address.path, "the path of a Unix socket");
    return address;
  }
  if (typeof address.host !== "string" || address.host === "") badOption("host", address.host, "a host name or an IP address");
  integerOption("port", address.port, 1, 65_535);
  return address;
}
