/** Base64 with the standard alphabet (RFC 4648 §4), as binary metadata of gRPC is written. */
export const ALPHABET: string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;
const NONE = 0xff;

const SEXTETS: Uint8Array = new Uint8Array(128).fill(NONE);
for (let i = 0; i < 64; i++) SEXTETS[ALPHABET.charCodeAt(i)] = i;

/** The bytes as base64, without padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const length = bytes.length;
  let text = "";
  let i = 0;
  for (; i + 2 < length; i += 3) {
    const triple = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    text += (ALPHABET[triple >> 18] as string) + ALPHABET[(triple >> 12) & 63] + ALPHABET[(triple >> 6) & 63] + ALPHABET[triple & 63];
  }
  if (i + 1 === length) {
    const single = bytes[i] as number;
    text += (ALPHABET[single >> 2] as string) + ALPHABET[(single & 3) << 4];
  } else if (i + 2 === length) {
    const pair = ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
    text += (ALPHABET[pair >> 10] as string) + ALPHABET[(pair >> 4) & 63] + ALPHABET[(pair & 15) << 2];
  }
  return text;
}

/** The bytes of base64 text `text[start, end)`, padded or not; undefined when it is not base64. Bits that say nothing are ignored. */
export function decodeBase64(text: string, start = 0, end: number = text.length): Uint8Array | undefined {
  if (!isBase64(text, start, end)) return undefined;
  const last = unpaddedEnd(text, start, end);
  const bytes = new Uint8Array(((last - start) * 3) >> 2);
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = start; i < last; i++) {
    held = ((held << 6) | (SEXTETS[text.charCodeAt(i)] as number)) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  return bytes;
}

/** Whether `text[start, end)` is base64, padded to a multiple of four or not padded at all. The empty text is. */
export function isBase64(text: string, start = 0, end: number = text.length): boolean {
  const last = unpaddedEnd(text, start, end);
  if (((last - start) & 3) === 1) return false;
  for (let i = start; i < last; i++) {
    const char = text.charCodeAt(i);
    if (char > 127 || SEXTETS[char] === NONE) return false;
  }
  return true;
}

/** Where the padding begins. Padding counts only where it completes a group of four. */
function unpaddedEnd(text: string, start: number, end: number): number {
  if (end === start || ((end - start) & 3) !== 0 || text.charCodeAt(end - 1) !== PAD) return end;
  return text.charCodeAt(end - 2) === PAD ? end - 2 : end - 1;
}
