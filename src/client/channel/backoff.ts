import { durationOption } from "../../base/usage-error.js";

/** How long to wait between attempts to connect that fail (gRPC's connection back-off). */
export interface BackoffOptions {
  /** After the first failure. Default 1,000. */
  readonly initialMs?: number;
  /** At most. Default 120,000. */
  readonly maxMs?: number;
}

const MULTIPLIER = 1.6;
const JITTER = 0.2;

/** Growing waits with jitter: 1 s × 1.6 each time, at most 120 s, ± 20 %. */
export class Backoff {
  private readonly initialMs: number;
  private readonly maxMs: number;
  private readonly random: () => number;
  private failures = 0;

  constructor(options: BackoffOptions, random: () => number) {
    this.initialMs = durationOption("backoff.initialMs", options.initialMs ?? 1_000, 0);
    this.maxMs = durationOption("backoff.maxMs", options.maxMs ?? 120_000, this.initialMs);
    this.random = random;
  }

  /** The wait after one more failure, in ms. */
  next(): number {
    const base = Math.min(this.initialMs * MULTIPLIER ** this.failures++, this.maxMs);
    return base * (1 - JITTER + 2 * JITTER * this.random());
  }

  /** A connection came up: start anew. */
  reset(): void {
    this.failures = 0;
  }
}
