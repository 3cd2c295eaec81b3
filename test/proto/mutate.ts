import type { Random } from "./random.js";

/** An encoding with one or two things done to it that make it another, or none. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutant = bytes;
  for (let left = 1 + random.below(2); left > 0; left--) mutant = random.pick(MUTATIONS)(mutant, random, other);
  return mutant;
}

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  /** A bit flipped. */
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  /** Another wire type, if it is a tag. */
  (bytes, random) => changed(bytes, random, (byte) => (byte & ~7) | random.below(8)),
  /** A number or length at the edge of something. */
  (bytes, random) => changed(bytes, random, () => random.pick([0, 1, 0x7f, 0x80, 0xff])),
  /** A little more or less: a length that is off by one or runs beyond. */
  (bytes, random) => changed(bytes, random, (byte) => byte + random.pick([-2, -1, 1, 2, 40])),
  /** Cut short. */
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  /** A piece twice. */
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return joined(bytes.subarray(0, end), bytes.subarray(start));
  },
  /** A piece left out. */
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  /** Two encodings in a row: fields merge and repeat. */
  (bytes, _random, other) => joined(bytes, other),
  /** The same twice. */
  (bytes) => joined(bytes, bytes),
  /** A piece of another in the middle. */
  (bytes, random, other) => {
    const at = random.below(bytes.length + 1);
    return joined(bytes.subarray(0, at), other.subarray(...piece(other, random)), bytes.subarray(at));
  },
  /** A varint longer than it has to be, or than it may be. */
  (bytes, random) => {
    const at = random.below(bytes.length);
    const zeros = new Uint8Array(random.pick([0, 1, 3, 4, 8, 9, 10])).fill(0x80);
    const last = Uint8Array.of((bytes[at] ?? 0) | 0x80);
    return joined(bytes.subarray(0, at), last, zeros, Uint8Array.of(random.pick([0, 0, 1, 0x0f, 0x10, 0x7f])), bytes.subarray(at + 1));
  },
];

function changed(bytes: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  const copy = bytes.slice();
  // the beginning matters most: tags and lengths of what is around the rest
  const at = random.chance(0.3) ? random.below(Math.min(bytes.length, 8)) : random.below(bytes.length);
  if (at < copy.length) copy[at] = change(copy[at] as number);
  return copy;
}

function piece(bytes: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.below(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random.below(40))];
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
