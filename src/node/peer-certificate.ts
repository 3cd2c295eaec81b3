import type { TLSSocket } from "node:tls";
import type { Peer, PeerCertificate } from "../base/peer.js";

/** The peer of a TLS socket whose handshake is over. */
export function encryptedPeer(socket: TLSSocket, address: string): Peer {
  const certificate = peerCertificate(socket);
  return certificate === undefined ? { address, encrypted: true } : { address, encrypted: true, certificate };
}

/** Its certificate, when it presented one that was verified. */
function peerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return {
    subject: certificate.subject?.split("\n").join(", ") ?? "",
    alternativeNames: alternativeNames(certificate.subjectAltName ?? ""),
    fingerprint256: certificate.fingerprint256,
  };
}

/** `DNS:a, DNS:"b, c"` → its names. A name that holds a comma or a quote is a JSON string (Node's answer to CVE-2021-44532). */
function alternativeNames(text: string): string[] {
  const names = text.match(/[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? [];
  return names.map((name) => {
    const colon = name.indexOf(":");
    const value = name.slice(colon + 1);
    return `${name.slice(0, colon).trim()}:${value.startsWith('"') ? String(JSON.parse(value)) : value}`;
  });
}
