const STEP = Math.log(1.02);

/** Counts durations in buckets 2 % apart, from 1 µs to about 400 s. */
export class Histogram {
  #buckets = new Float64Array(1000);
  #total = 0;

  addMs(ms) {
    const us = Math.max(1, ms * 1000);
    this.#buckets[Math.min(999, Math.floor(Math.log(us) / STEP))]++;
    this.#total++;
  }

  /** In microseconds, the middle of its bucket; 0 when nothing was counted. */
  quantileUs(q) {
    let rest = Math.ceil(q * this.#total);
    for (let i = 0; i < 1000 && this.#total > 0; i++) {
      rest -= this.#buckets[i];
      if (rest <= 0 && this.#buckets[i] > 0) return Math.round(Math.exp((i + 0.5) * STEP) * 10) / 10;
    }
    return 0;
  }
}
