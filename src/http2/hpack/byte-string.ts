/**
 * The byte string (one UTF-16 unit a byte) of `bytes[start, end)`.
 *
 * As few and as flat strings as can be: V8 makes a rope of pieces from 13 characters on, and the first look at it pays for
 * that. So a string of up to 32 is made by one call that may read too far, and then cut.
 */
export function byteString(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= 12) return shortString(bytes, start, end);
  if (length <= 16 && start + 16 <= bytes.length) return sixteen(bytes, start).slice(0, length);
  if (length <= 32 && start + 32 <= bytes.length) return thirtyTwo(bytes, start).slice(0, length);
  let text = "";
  for (let i = start; i < end; i += PIECE) text += piece(bytes, i, Math.min(i + PIECE, end));
  return text;
}

const char: (...units: number[]) => string = String.fromCharCode;

function shortString(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let i = start;
  if (end - i >= 8) {
    text = eight(bytes, i);
    i += 8;
  }
  if (end - i >= 4) {
    text += char(at(bytes, i), at(bytes, i + 1), at(bytes, i + 2), at(bytes, i + 3));
    i += 4;
  }
  if (end - i >= 2) {
    text += char(at(bytes, i), at(bytes, i + 1));
    i += 2;
  }
  return i < end ? text + char(at(bytes, i)) : text;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

// biome-ignore format: a table
function eight(b: Uint8Array, i: number): string {
  return char(
    at(b, i), at(b, i + 1), at(b, i + 2), at(b, i + 3),
    at(b, i + 4), at(b, i + 5), at(b, i + 6), at(b, i + 7),
  );
}

// biome-ignore format: a table
function sixteen(b: Uint8Array, i: number): string {
  return char(
    at(b, i), at(b, i + 1), at(b, i + 2), at(b, i + 3),
    at(b, i + 4), at(b, i + 5), at(b, i + 6), at(b, i + 7),
    at(b, i + 8), at(b, i + 9), at(b, i + 10), at(b, i + 11),
    at(b, i + 12), at(b, i + 13), at(b, i + 14), at(b, i + 15),
  );
}

// biome-ignore format: a table
function thirtyTwo(b: Uint8Array, i: number): string {
  return char(
    at(b, i), at(b, i + 1), at(b, i + 2), at(b, i + 3),
    at(b, i + 4), at(b, i + 5), at(b, i + 6), at(b, i + 7),
    at(b, i + 8), at(b, i + 9), at(b, i + 10), at(b, i + 11),
    at(b, i + 12), at(b, i + 13), at(b, i + 14), at(b, i + 15),
    at(b, i + 16), at(b, i + 17), at(b, i + 18), at(b, i + 19),
    at(b, i + 20), at(b, i + 21), at(b, i + 22), at(b, i + 23),
    at(b, i + 24), at(b, i + 25), at(b, i + 26), at(b, i + 27),
    at(b, i + 28), at(b, i + 29), at(b, i + 30), at(b, i + 31),
  );
}

/** The longest string made in one call from an array of its characters. */
const PIECE = 64;
/** An array for each length up to {@link PIECE}, made when first needed: `apply` takes an array as long as the string. */
const PIECES: (number[] | undefined)[] = new Array(PIECE + 1).fill(undefined);

function piece(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  let units = PIECES[length];
  if (units === undefined) {
    units = new Array<number>(length).fill(0);
    PIECES[length] = units;
  }
  for (let i = 0; i < length; i++) units[i] = at(bytes, start + i);
  return char.apply(undefined, units);
}
