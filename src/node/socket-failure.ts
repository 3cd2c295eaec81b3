/** What a socket was doing when it failed. */
export interface SocketSituation {
  /** The other end, or for a listener its own address: `127.0.0.1:8080`, `unix:/run/app.sock`. */
  readonly address: string;
  /** The name that the other end's certificate must bear, when TLS is used. */
  readonly serverName?: string;
  /** What was to be spoken. Default HTTP/2. */
  readonly httpVersion?: "1.1" | "2";
}

/** One sentence for people that says which failure it was, for an error of node:net, node:dns or node:tls. */
export function socketFailure(error: unknown, situation: SocketSituation): string {
  const { address } = situation;
  const cause = mostTelling(error);
  const code = codeOf(cause);
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return sentence(address, situation.serverName ?? address);
  if (UNTRUSTED.has(code)) return `the certificate of ${address} is not trusted: ${textOf(cause)}`;
  // every version of OpenSSL spells some of its reasons differently
  if (code.includes("NO_APPLICATION_PROTOCOL")) return situation.httpVersion === "1.1" ? noHttp1(address) : noHttp2(address);
  if (code.includes("CERTIFICATE_REQUIRED")) return `${address} wants a client certificate, and none was given`;
  if (code.includes("ALERT")) return `${address} ended the TLS handshake: ${alertName(code)}`;
  return `connection to ${address} failed: ${textOf(cause)}`;
}

/** The sentence for a TLS peer that did not agree on HTTP/2. */
export function noHttp2(address: string): string {
  return `${address} speaks TLS but does not offer HTTP/2 (ALPN "h2"): it may be an HTTP/1.1-only server`;
}

function noHttp1(address: string): string {
  return `${address} speaks TLS but does not offer HTTP/1.1 (ALPN "http/1.1"): use httpVersion "2"`;
}

/** The sentence for a cleartext connection on which the peer answered in TLS. */
export function answeredInTls(address: string): string {
  return `${address} expects TLS, and this connection is cleartext: use "https://"`;
}

/** The sentence for a cleartext connection on which the peer answered in HTTP/1. */
export function answeredInHttp1(address: string): string {
  return `${address} answered in HTTP/1.1, it does not speak HTTP/2`;
}

function answeredInClear(address: string): string {
  return `${address} does not speak TLS (wrong version number): use "http://", or check the port`;
}

type Sentence = (address: string, serverName: string) => string;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (address) => `connection refused by ${address}: nothing listens there`,
  ENOTFOUND: (address) => `the host name of ${address} was not found in DNS`,
  EAI_AGAIN: (address) => `the host name of ${address} could not be looked up: DNS does not answer`,
  ECONNRESET: (address) => `connection reset by ${address}`,
  EPIPE: (address) => `connection closed by ${address} while it was written to`,
  ETIMEDOUT: (address) => `connection to ${address} timed out: no answer from the network`,
  EHOSTUNREACH: (address) => `no route to ${address}: host unreachable`,
  ENETUNREACH: (address) => `no route to ${address}: network unreachable`,
  ENOENT: (address) => `there is no socket at ${address}`,
  ENOTSOCK: (address) => `${address} is a file, but not a socket`,
  EACCES: (address) => `permission denied for ${address}`,
  EMFILE: (address) => `no connection to ${address}: this process has no file descriptors left`,
  EADDRINUSE: (address) => `cannot listen on ${address}: the address is in use`,
  EADDRNOTAVAIL: (address) => `${address} is not an address of this machine`,
  ERR_SSL_WRONG_VERSION_NUMBER: answeredInClear,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: answeredInClear,
  ERR_TLS_CERT_ALTNAME_INVALID: (address, serverName) => `the certificate of ${address} is for another name than "${serverName}"`,
  ERR_TLS_HANDSHAKE_TIMEOUT: (address) => `the TLS handshake with ${address} timed out`,
  CERT_HAS_EXPIRED: (address) => `the certificate of ${address} has expired`,
  CERT_NOT_YET_VALID: (address) => `the certificate of ${address} is not valid yet`,
};

/** Verification errors of OpenSSL that mean: no chain of trust. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "CERT_REJECTED",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);

/** A host with several addresses fails with one error that holds one for each: the last tells as much as any. */
function mostTelling(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("errors" in error)) return error;
  const errors = error.errors;
  return Array.isArray(errors) && errors.length > 0 ? errors[errors.length - 1] : error;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` → `unknown ca`. */
function alertName(code: string): string {
  return code
    .slice(code.indexOf("ALERT") + "ALERT_".length)
    .toLowerCase()
    .replaceAll("_", " ");
}
