import { connect as connectSocket, isIP, type Socket } from "node:net";
import type { ConnectionOptions, SecureContext } from "node:tls";
import type { Peer } from "../base/peer.js";
import { badOption, integerOption } from "../base/usage-error.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import { addressText, hostAndPort, type SocketAddress } from "./address.js";
import { encryptedPeer } from "./peer-certificate.js";
import { ALPN, clientSecureContext } from "./secure-context.js";
import { SocketByteStream } from "./socket-byte-stream.js";
import { noHttp2 } from "./socket-failure.js";
import { tlsModule } from "./tls-module.js";
import type { ClientTlsOptions } from "./tls-options.js";

/** What a {@link dialer} dials. */
export interface DialOptions {
  readonly address: SocketAddress;
  /** TLS with ALPN `h2`; cleartext without it. */
  readonly tls?: ClientTlsOptions;
}

/**
 * Makes what opens client sockets to one address; certificates are read here, once. Throws `UsageError` for a bad option.
 * Opening never throws: a failure is told by `onClose` in a later turn, with a sentence that says which it was.
 */
export function dialer(options: DialOptions): (events: ByteStreamEvents) => ByteStream {
  const address = checkAddress(options.address);
  if (options.tls === undefined) return (events) => dialCleartext(address, events);
  const context = clientSecureContext(options.tls);
  const { serverName, rejectUnauthorized = true } = options.tls;
  if (typeof rejectUnauthorized !== "boolean") badOption("tls.rejectUnauthorized", rejectUnauthorized, "true or false");
  const name = serverName ?? ("host" in address ? address.host : "localhost");
  return (events) => dialTls(address, name, context, rejectUnauthorized, events);
}

function dialCleartext(address: SocketAddress, events: ByteStreamEvents): ByteStream {
  const socket = connectSocket({ ...address, allowHalfOpen: true });
  const peer: Peer = { address: addressText(address), encrypted: false };
  const stream = new SocketByteStream(socket, { peer, encrypts: false, checkFirstBytes: true }, events);
  socket.once("connect", () => {
    stream.peer = { address: remoteAddress(socket, address), encrypted: false };
    events.onOpen();
  });
  return stream;
}

function dialTls(
  address: SocketAddress,
  serverName: string,
  secureContext: SecureContext,
  rejectUnauthorized: boolean,
  events: ByteStreamEvents,
): ByteStream {
  const options: ConnectionOptions & { allowHalfOpen: boolean } = {
    ...address,
    allowHalfOpen: true,
    secureContext,
    rejectUnauthorized,
    ALPNProtocols: ALPN,
    // an IP address cannot be sent as SNI (RFC 6066 §3), but the certificate must bear it all the same
    servername: isIP(serverName) === 0 ? serverName : "",
    checkServerIdentity: (_host, certificate) => tlsModule().checkServerIdentity(serverName, certificate),
  };
  const socket = tlsModule().connect(options);
  const peer: Peer = { address: addressText(address), encrypted: true };
  const stream = new SocketByteStream(socket, { peer, serverName, encrypts: true, checkFirstBytes: false }, events);
  socket.once("secureConnect", () => {
    if (socket.alpnProtocol !== "h2") {
      stream.fail(noHttp2(peer.address));
      return;
    }
    stream.peer = encryptedPeer(socket, remoteAddress(socket, address));
    events.onOpen();
  });
  return stream;
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
