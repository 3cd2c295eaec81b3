/*
 * Base64 with the standard alphabet (RFC 4648 §4), as binary metadata of gRPC is written: by the runtime's own functions, which every platform has.
 * They are reached through types of our own, because neither ES2022 nor this layer knows the platform's names.
 */
interface Platform {
  btoa(bytes: string): string;
  atob(text: string): string;
}

const platform = globalThis as unknown as Platform;

export const ALPHABET: string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes as base64, without padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return platform.btoa(text).replace(/=+$/, "");
}

/** The bytes of base64 text, padded or not; undefined when it is not base64. Bits that say nothing are ignored. */
export function decodeBase64(text: string): Uint8Array | undefined {
  // the platform would skip white space
  if (/\s/.test(text)) return undefined;
  try {
    const decoded = platform.atob(text);
    const bytes = new Uint8Array(decoded.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = decoded.charCodeAt(i);
    return bytes;
  } catch {
    return undefined;
  }
}

const PAD = 0x3d;

/** 1 for every character of the alphabet. */
const SEXTET: Uint8Array = /* @__PURE__ */ sextets();

function sextets(): Uint8Array {
  const table = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) table[ALPHABET.charCodeAt(i)] = 1;
  return table;
}

/** Whether `text[start, end)` is base64, padded to a multiple of four or not padded at all. The empty text is. Makes nothing: metadata is checked on arrival. */
export function isBase64(text: string, start = 0, end: number = text.length): boolean {
  const last = unpaddedEnd(text, start, end);
  if (((last - start) & 3) === 1) return false;
  for (let i = start; i < last; i++) {
    const char = text.charCodeAt(i);
    if (char > 127 || SEXTET[char] === 0) return false;
  }
  return true;
}

/** Where the padding begins. Padding counts only where it completes a group of four. */
function unpaddedEnd(text: string, start: number, end: number): number {
  if (end === start || ((end - start) & 3) !== 0 || text.charCodeAt(end - 1) !== PAD) return end;
  return text.charCodeAt(end - 2) === PAD ? end - 2 : end - 1;
}
