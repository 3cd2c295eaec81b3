import { type Fault, protocolFault } from "../fault.js";
import { PREFACE } from "../frame/frame-type.js";

/** Reads a client's preface (RFC 9113 §3.4), which may come in pieces. */
export class PrefaceReader {
  #seen = 0;
  fault: Fault | undefined = undefined;

  /** Whether it is all there. */
  get done(): boolean {
    return this.#seen === PREFACE.length;
  }

  /** Reads on. Returns where the preface ends in `bytes`; look at `fault` and `done`. */
  read(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.#seen < PREFACE.length) {
      if (bytes[at] !== PREFACE[this.#seen]) {
        this.fault = protocolFault(whatItIs(this.#seen, bytes, at));
        return at;
      }
      at++;
      this.#seen++;
    }
    return at;
  }
}

/** What the peer speaks instead, as far as its first bytes tell. */
function whatItIs(seen: number, bytes: Uint8Array, at: number): string {
  if (seen === 0 && bytes[at] === 0x16) return "the peer began a TLS handshake with a server that speaks HTTP/2 in cleartext";
  let text = "";
  for (let i = 0; i < seen; i++) text += String.fromCharCode(PREFACE[i] as number);
  for (let i = at; i < bytes.length && text.length < 16; i++) text += String.fromCharCode(bytes[i] as number);
  if (/^[A-Z]{3,7} [/*h]/.test(text)) return "the peer sent an HTTP/1 request to a server that speaks HTTP/2 with prior knowledge";
  return "the peer's first bytes are not the HTTP/2 preface";
}

/** Whether what was read as a server's first frame header is the beginning of an HTTP/1 status line, `HTTP/1.…`. */
export function looksLikeHttp1(length: number, type: number, flags: number): boolean {
  return length === 0x485454 && type === 0x50 && flags === 0x2f;
}

export const HTTP_1_ANSWER = "the peer answered in HTTP/1.1: it does not speak HTTP/2 with prior knowledge";
