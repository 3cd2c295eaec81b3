/** The other end of a connection, as far as the transport knows it. */
export interface Peer {
  /** `"127.0.0.1:52114"`, `"[::1]:52114"`, `"unix:/run/app.sock"`, `"memory"`. */
  readonly address: string;
  /** True when the bytes between the two ends are encrypted (TLS). */
  readonly encrypted: boolean;
  /** The peer's certificate, when TLS was used, the peer presented one, and it was verified. */
  readonly certificate?: PeerCertificate;
}

/** What a verified certificate says of its holder. */
export interface PeerCertificate {
  readonly subject: string;
  /** `"DNS:example.org"`, `"URI:spiffe://…"`, `"IP Address:10.0.0.1"`. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 of the DER form, colon-separated upper-case hex. */
  readonly fingerprint256: string;
}
