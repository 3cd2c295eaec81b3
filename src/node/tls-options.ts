/** A certificate or key: PEM text, or its bytes. Several where a list is given. */
export type TlsMaterial = string | Uint8Array | readonly (string | Uint8Array)[];

/** TLS as a client uses it. */
export interface ClientTlsOptions {
  /** The authorities that may have signed the server's certificate. Default: those that Node trusts. */
  readonly ca?: TlsMaterial;
  /** This client's own certificate chain, for servers that ask for one (mTLS). */
  readonly cert?: TlsMaterial;
  /** The key to `cert`. */
  readonly key?: TlsMaterial;
  /** The name the server's certificate must bear, sent as SNI. Default: the host of the address. */
  readonly serverName?: string;
  /** False accepts any certificate: for tests only. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** TLS as a server uses it. */
export interface ServerTlsOptions {
  /** The server's certificate chain. */
  readonly cert: TlsMaterial;
  /** The key to `cert`. */
  readonly key: TlsMaterial;
  /** The authorities that may have signed a client's certificate. */
  readonly ca?: TlsMaterial;
  /** True: a client must present a certificate that `ca` vouches for (mTLS). Default false. */
  readonly requestClientCertificate?: boolean;
}
