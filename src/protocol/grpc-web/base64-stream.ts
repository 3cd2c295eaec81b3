import { ALPHABET } from "../../base/base64.js";

/** The characters of the sextets, and back; `NONE` for what is no character of base64. */
const CHARACTERS: Uint8Array = /* @__PURE__ */ Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const NONE = 0xff;
const SEXTETS: Uint8Array = /* @__PURE__ */ sextets();
const PAD = 0x3d;

function sextets(): Uint8Array {
  const sextetOf = new Uint8Array(256).fill(NONE);
  CHARACTERS.forEach((character, sextet) => {
    sextetOf[character] = sextet;
  });
  return sextetOf;
}

/** A piece of a body in base64, padded: pieces can stand one after the other. Bytes to bytes: bodies are large, and strings slow. */
export function encodeText(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const text = new Uint8Array(Math.ceil(length / 3) * 4).fill(PAD, -2);
  let at = 0;
  for (let i = 0; i < length; i += 3) {
    const left = length - i;
    const triple =
      ((bytes[i] as number) << 16) | ((left > 1 ? (bytes[i + 1] as number) : 0) << 8) | (left > 2 ? (bytes[i + 2] as number) : 0);
    text[at++] = CHARACTERS[triple >> 18] as number;
    text[at++] = CHARACTERS[(triple >> 12) & 63] as number;
    if (left > 1) text[at++] = CHARACTERS[(triple >> 6) & 63] as number;
    if (left > 2) text[at++] = CHARACTERS[triple & 63] as number;
  }
  return text;
}

/**
 * Reads a body in base64 as it comes: groups of four characters, padding wherever a piece ends. What is not a whole group yet waits for
 * the next bytes.
 */
export class TextReader {
  private readonly group = new Uint8Array(4);
  /** Characters of a group that is not whole yet. */
  private held = 0;

  /** The bytes of the whole groups in `chunk[start, end)`, and before it; undefined when it is not base64. */
  read(chunk: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const { group } = this;
    let { held } = this;
    const bytes = new Uint8Array(((held + end - start) >> 2) * 3);
    let at = 0;
    for (let i = start; i < end; i++) {
      group[held++] = chunk[i] as number;
      if (held < 4) continue;
      held = 0;
      const written = decodeGroup(group, bytes, at);
      if (written === 0) return undefined;
      at += written;
    }
    this.held = held;
    return at === bytes.length ? bytes : bytes.subarray(0, at);
  }

  /** Whether the body may end here. */
  get atEnd(): boolean {
    return this.held === 0;
  }
}

/** Writes the 1 to 3 bytes of a group; 0: it is not base64. Bits that say nothing are ignored. */
function decodeGroup(group: Uint8Array, bytes: Uint8Array, at: number): number {
  const length = group[3] !== PAD ? 3 : group[2] !== PAD ? 2 : 1;
  const first = SEXTETS[group[0] as number] as number;
  const second = SEXTETS[group[1] as number] as number;
  const third = length > 1 ? (SEXTETS[group[2] as number] as number) : 0;
  const fourth = length > 2 ? (SEXTETS[group[3] as number] as number) : 0;
  if (first === NONE || second === NONE || third === NONE || fourth === NONE) return 0;
  bytes[at] = (first << 2) | (second >> 4);
  if (length > 1) bytes[at + 1] = (second << 4) | (third >> 2);
  if (length > 2) bytes[at + 2] = (third << 6) | fourth;
  return length;
}
