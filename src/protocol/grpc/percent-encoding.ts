import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";

const PERCENT = 0x25;
const HEX = "0123456789ABCDEF";

/** Whether the text can stand as it is. A space at either end cannot: HTTP/2 forbids it in a field value (RFC 9113 §8.2.1). */
const PLAIN = /^(?:[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?)?$/;

/** The text as the value of `grpc-message`: UTF-8, with every byte that is not printable ASCII, and "%", as %XX. */
export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text;
  const bytes = encodeUtf8(text);
  let encoded = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    const plain = byte > 0x20 && byte < 0x7f && byte !== PERCENT;
    if (plain || (byte === 0x20 && i > 0 && i < bytes.length - 1)) encoded += String.fromCharCode(byte);
    else encoded += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return encoded;
}

/**
 * The text of a `grpc-message`. It never fails: a "%" without two hexadecimal digits stands for itself, bytes that are not UTF-8
 * become U+FFFD, for half a message is better than none (gRPC over HTTP/2, "Status-Message").
 */
export function percentDecode(value: string): string {
  if (ASCII.test(value)) return value;
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const char = value.charCodeAt(i);
    const high = char === PERCENT ? hexDigit(value.charCodeAt(i + 1)) : -1;
    const low = high >= 0 ? hexDigit(value.charCodeAt(i + 2)) : -1;
    if (low >= 0) {
      bytes[length++] = (high << 4) | low;
      i += 2;
    } else {
      bytes[length++] = char;
    }
  }
  return decodeUtf8(bytes.subarray(0, length));
}

const ASCII = /^[\x20-\x24\x26-\x7e]*$/;

/** The value of a hexadecimal digit, below 0 for anything else (`NaN` behind the end of the text included). */
function hexDigit(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const lower = char | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
