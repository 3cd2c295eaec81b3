/** A generator of random numbers that a seed decides (splitmix32): the same seed and stream number give the same numbers. */
export class Random {
  #state;

  constructor(seed, stream = 0) {
    this.#state = mix(mix(seed >>> 0) ^ (stream >>> 0));
  }

  /** From 0, below 1. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  /** A positive number of this mean, most of them small and a few large. */
  around(mean) {
    return -Math.log(1 - this.next()) * mean;
  }

  /** One of `[[weight, value], …]`. */
  of(choices) {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices[0][1];
  }
}

function mix(value) {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
