import { durationOption, integerOption } from "../../base/usage-error.js";

/** The limits of HTTP/1.1 connections of a server. */
export interface Http1Limits {
  /** The largest head of a request, in bytes; one that is larger is answered with 431. Default 16 KiB. */
  readonly maxHeaderBytes: number;
  /** A connection on which no request begins for so long is closed, whether it is silent or sends a head slowly; in ms. Default 60,000. */
  readonly idleTimeoutMs: number;
  /** How long a peer may read nothing while a response waits to be written; then the connection is lost; in ms. Default 30,000. */
  readonly writeStallTimeoutMs: number;
}

export const DEFAULT_HTTP1_LIMITS: Http1Limits = { maxHeaderBytes: 16 * 1024, idleTimeoutMs: 60_000, writeStallTimeoutMs: 30_000 };

/** The limits of a server. Throws `UsageError` for a bad one. */
export function http1Limits({ maxHeaderBytes, idleTimeoutMs, writeStallTimeoutMs }: Partial<Http1Limits> = {}): Http1Limits {
  const defaults = DEFAULT_HTTP1_LIMITS;
  return {
    maxHeaderBytes: integerOption("http1Limits.maxHeaderBytes", maxHeaderBytes ?? defaults.maxHeaderBytes, 1_024, 2 ** 20),
    idleTimeoutMs: durationOption("http1Limits.idleTimeoutMs", idleTimeoutMs ?? defaults.idleTimeoutMs, 1),
    writeStallTimeoutMs: durationOption("http1Limits.writeStallTimeoutMs", writeStallTimeoutMs ?? defaults.writeStallTimeoutMs, 1),
  };
}

/** The limits of HTTP/1.1 connections of a client. */
export interface Http1ClientLimits {
  /**
   * How long a connection may rest between two calls before it is given up, in ms: a server that closes it at the moment at which a request
   * goes out has lost that request. Never longer than a second less than the server says (`Keep-Alive: timeout=…`). Default: just that, up to
   * 10 minutes; 4,000 where the server says nothing.
   */
  readonly idleTimeoutMs: number;
  /** How long a server may read nothing while a request waits to be written; then the connection is lost; in ms. Default 30,000. */
  readonly writeStallTimeoutMs: number;
}

/** `idleTimeoutMs` is for servers that do not say for how long they keep a connection. */
export const DEFAULT_HTTP1_CLIENT_LIMITS: Http1ClientLimits = { idleTimeoutMs: 4_000, writeStallTimeoutMs: 30_000 };

/** The limits of a client; no `idleTimeoutMs`: the server's word counts. Throws `UsageError` for a bad one. */
export function http1ClientLimits({ idleTimeoutMs, writeStallTimeoutMs }: Partial<Http1ClientLimits> = {}): ResolvedHttp1ClientLimits {
  const { writeStallTimeoutMs: stall } = DEFAULT_HTTP1_CLIENT_LIMITS;
  return {
    idleTimeoutMs: idleTimeoutMs === undefined ? undefined : durationOption("http1Limits.idleTimeoutMs", idleTimeoutMs, 1),
    writeStallTimeoutMs: durationOption("http1Limits.writeStallTimeoutMs", writeStallTimeoutMs ?? stall, 1),
  };
}

export interface ResolvedHttp1ClientLimits {
  readonly idleTimeoutMs: number | undefined;
  readonly writeStallTimeoutMs: number;
}

/** A duration as sockets of node:net take it: whole ms, no more than their timers can, 0 for none. */
export function socketTimeout(ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? 0 : Math.min(Math.ceil(ms), 2 ** 31 - 1);
}
