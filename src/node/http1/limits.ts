/** The limits of HTTP/1.1 connections. */
export interface Http1Limits {
  /** The largest head of a request, in bytes; one that is larger is answered with 431. Default 16 KiB. */
  readonly maxHeaderBytes: number;
  /** A connection on which no request begins for so long is closed, whether it is silent or sends a head slowly; in ms. Default 60,000. */
  readonly idleTimeoutMs: number;
  /** How long a peer may read nothing while a response waits to be written; then the connection is lost; in ms. Default 30,000. */
  readonly writeStallTimeoutMs: number;
}

export const DEFAULT_HTTP1_LIMITS: Http1Limits = { maxHeaderBytes: 16 * 1024, idleTimeoutMs: 60_000, writeStallTimeoutMs: 30_000 };
