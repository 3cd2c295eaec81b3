/** How much faster than average the round-trip time follows a new sample, after the first ten. */
const ALPHA = 0.9;
/** A sample of this share of the estimate says that the estimate is reached, and could be more. */
const BETA = 0.66;
/** What the estimate is then multiplied by. */
const GAMMA = 2;

/**
 * Estimates what a path can hold (bandwidth × delay), from the bytes that arrive between a PING and its answer; the algorithm is
 * grpc-go's. It only ever grows, up to a ceiling, where it stops to measure.
 */
export class BdpEstimator {
  /** The estimate, in bytes. */
  estimate: number;
  readonly #ceiling: number;
  #sampling = false;
  #sample = 0;
  #sampleCount = 0;
  #startedAt = 0;
  /** Seconds. */
  #roundTrip = 0;
  #highestRate = 0;

  constructor(initial: number, ceiling: number) {
    this.estimate = initial;
    this.#ceiling = ceiling;
  }

  /** Whether a PING is out. */
  get sampling(): boolean {
    return this.#sampling;
  }

  receive(bytes: number): void {
    if (this.#sampling) this.#sample += bytes;
  }

  /** `bytes` of DATA have just come: begins a sample with them unless one runs or the ceiling is reached. True: send the PING. */
  begin(bytes: number, now: number): boolean {
    if (this.#sampling || this.estimate >= this.#ceiling) return false;
    this.#sampling = true;
    this.#sample = bytes;
    this.#startedAt = now;
    this.#sampleCount++;
    return true;
  }

  /** The PING has been answered. True: the estimate has grown. */
  finish(now: number): boolean {
    if (!this.#sampling) return false;
    this.#sampling = false;
    const roundTrip = (now - this.#startedAt) / 1000;
    if (this.#sampleCount < 10) this.#roundTrip += (roundTrip - this.#roundTrip) / this.#sampleCount;
    else this.#roundTrip += (roundTrip - this.#roundTrip) * ALPHA;
    const rate = this.#sample / Math.max(this.#roundTrip * 1.5, 1e-6);
    if (rate > this.#highestRate) this.#highestRate = rate;
    if (this.#sample < BETA * this.estimate || rate !== this.#highestRate) return false;
    const estimate = Math.min(Math.floor(GAMMA * this.#sample), this.#ceiling);
    if (estimate <= this.estimate) return false;
    this.estimate = estimate;
    return true;
  }
}
