import { decodeBase64, encodeBase64 } from "../../base/base64.js";
import { encodeUtf8 } from "../../base/utf8.js";

/** A piece of a body in base64, padded: pieces can stand one after the other. */
export function encodeText(bytes: Uint8Array): Uint8Array {
  const text = encodeBase64(bytes);
  return encodeUtf8(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
}

/**
 * Reads a body in base64 as it comes: groups of four characters, padding wherever a piece ends. What is not a whole group yet waits for
 * the next bytes.
 */
export class TextReader {
  private held = "";

  /** The bytes of the whole groups in `chunk[start, end)`, and before it; undefined when it is not base64. */
  read(chunk: Uint8Array, start: number, end: number): Uint8Array | undefined {
    let text = this.held;
    for (let at = start; at < end; at += STEP) text += String.fromCharCode(...chunk.subarray(at, Math.min(end, at + STEP)));
    const whole = text.length & ~3;
    this.held = text.slice(whole);
    if (!text.includes("=")) return decodeBase64(text, 0, whole);
    return join(text.slice(0, whole));
  }

  /** Whether the body may end here. */
  get atEnd(): boolean {
    return this.held === "";
  }
}

/** Characters that are turned into text at once: arguments of a function are not without bound. */
const STEP = 4096;

/** Pieces, each padded. */
function join(text: string): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let from = 0; from < text.length; ) {
    const pad = text.indexOf("=", from);
    // the group of the padding is the last of its piece
    const to = pad === -1 ? text.length : (pad & ~3) + 4;
    const part = decodeBase64(text, from, to);
    if (part === undefined) return undefined;
    parts.push(part);
    length += part.length;
    from = to;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
