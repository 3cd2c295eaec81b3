import { ScalarType } from "@bufbuild/protobuf";
import type { Random } from "./random.js";

/* Values of the scalar types: those at which something changes (a length, a sign, a number of bytes), and any. */

const INT32 = [
  0,
  1,
  -1,
  63,
  64,
  -64,
  -65,
  127,
  128,
  16_383,
  16_384,
  2_097_151,
  2_097_152,
  268_435_455,
  268_435_456,
  2 ** 31 - 1,
  -(2 ** 31),
];
const UINT32 = [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const INT64 = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  2n ** 28n,
  2n ** 31n,
  2n ** 32n,
  -(2n ** 32n),
  2n ** 53n + 1n,
  2n ** 56n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const UINT64 = [0n, 1n, 127n, 128n, 2n ** 28n, 2n ** 31n, 2n ** 32n, 2n ** 35n, 2n ** 53n + 1n, 2n ** 56n, 2n ** 63n, 2n ** 64n - 1n];
const FLOAT = [0, -0, 1, -1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4028234663852886e38, -1e-45, 0.1];
const DOUBLE = [...FLOAT, Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 1e39];
/** Around 32, where protobuf-es writes and reads in another way, and 128, where a length takes two bytes. */
const LENGTHS = [0, 1, 2, 31, 32, 33, 42, 43, 127, 128, 300];
/** Around 8 KiB, where large values begin. */
const LARGE_LENGTHS = [8_191, 8_192, 20_000];
const LARGE = 0.01;
const ASCII = "abcdefghijklmnopqrstuvwxyz ABC 0123456789\u0000\n\u007f~";
/** Of two, three and four bytes; a mark of byte order is text. */
const OTHERS = ["\u0080", "é", "߿", "\u0800", "€", "\ufeff", "\uffff", "😀", "\u{10ffff}"];

/** As it stands in a message: 64 bits as bigint. */
export function randomScalar(type: ScalarType, random: Random): unknown {
  switch (type) {
    case ScalarType.DOUBLE:
      return random.chance(0.8) ? random.pick(DOUBLE) : random.next() * 1e9;
    case ScalarType.FLOAT:
      return random.chance(0.8) ? random.pick(FLOAT) : random.next() * 1e9;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return random.chance(0.8) ? random.pick(INT64) : BigInt.asIntN(64, randomBits(random));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return random.chance(0.8) ? random.pick(UINT64) : randomBits(random);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return random.chance(0.8) ? random.pick(INT32) : random.below(2 ** 32) | 0;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return random.chance(0.8) ? random.pick(UINT32) : random.below(2 ** 32);
    case ScalarType.BOOL:
      return random.chance(0.7);
    case ScalarType.STRING:
      return randomString(random);
    case ScalarType.BYTES:
      return randomBytes(random);
  }
}

export function randomString(random: Random): string {
  const length = randomLength(random);
  const share = random.pick([0, 0, 0.02, 1]);
  let text = "";
  while (text.length < length) text += random.chance(share) ? random.pick(OTHERS) : ASCII[random.below(ASCII.length)];
  return text;
}

/** Of its own memory, in the middle of more, or a Buffer. */
export function randomBytes(random: Random): Uint8Array {
  const length = randomLength(random);
  const first = random.below(256);
  const fill = (bytes: Uint8Array) => bytes.map((_, i) => first + i);
  if (random.chance(0.1)) return Buffer.from(fill(new Uint8Array(length)));
  if (random.chance(0.1)) return fill(new Uint8Array(length + 7)).subarray(3, 3 + length);
  return fill(new Uint8Array(length));
}

function randomLength(random: Random): number {
  if (random.chance(LARGE)) return random.pick(LARGE_LENGTHS);
  return random.chance(0.5) ? random.below(20) : random.pick(LENGTHS);
}

function randomBits(random: Random): bigint {
  return (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
}
