import type { BodyFormat } from "../rpc/body-format.js";
import type { Compression } from "../rpc/compression.js";
import { Encoded } from "../rpc/encoded.js";

/** What encoded bytes still need to go into a body: a prefix that calls them plain or compressed, or nothing. */
export const Framing = { plain: 0, compressed: 1, whole: 2 } as const;

/** How the bytes of a message are framed. An `Encoded` has its prefix, and is shared with other streams. */
export function framingOf(message: unknown, compression: Compression | undefined): number {
  if (message instanceof Encoded) return Framing.whole;
  return compression === undefined ? Framing.plain : Framing.compressed;
}

/** The prefix for `bytes`, valid until the next call. */
export function prefixFor(body: BodyFormat, bytes: Uint8Array, framing: number): Uint8Array {
  return framing === Framing.whole ? NOTHING : body.prefix(bytes.length, framing === Framing.compressed && bytes.length > 0);
}

/** What a message takes in the body, its prefix included. */
export function wireBytes(body: BodyFormat, bytes: Uint8Array, framing: number): number {
  return framing === Framing.whole ? bytes.length : body.prefixBytes + bytes.length;
}

const NOTHING: Uint8Array = new Uint8Array(0);
