import type { Http2Limits } from "../limits.js";

/** What a connection should do when its keepalive deadline has come. */
export const KeepAliveStep = { wait: 0, ping: 1, dead: 2 } as const;

/** Asks a peer that has been silent for a while whether it is there (RFC 9113 §6.7). Anything that it sends is an answer. */
export class KeepAlive {
  /** When to look again. */
  dueAt: number;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #withoutStreams: boolean;
  #heardAt: number;
  /** When the PING went out that has no answer yet; -1: none. */
  #askedAt = -1;

  constructor(limits: Http2Limits, now: number) {
    this.#intervalMs = limits.keepaliveIntervalMs;
    this.#timeoutMs = limits.keepaliveTimeoutMs;
    this.#withoutStreams = limits.keepaliveWithoutStreams;
    this.#heardAt = now;
    this.dueAt = now + this.#intervalMs;
  }

  /** The peer has sent something. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#askedAt = -1;
  }

  /** `dueAt` has come. Sets the next. */
  step(openStreams: number, now: number): number {
    if (this.#askedAt >= 0) return KeepAliveStep.dead;
    const silentUntil = this.#heardAt + this.#intervalMs;
    if (now < silentUntil) {
      this.dueAt = silentUntil;
      return KeepAliveStep.wait;
    }
    if (openStreams === 0 && !this.#withoutStreams) {
      this.dueAt = now + this.#intervalMs;
      return KeepAliveStep.wait;
    }
    this.#askedAt = now;
    this.dueAt = now + this.#timeoutMs;
    return KeepAliveStep.ping;
  }
}
