/*
 * UTF-8 by the runtime's own encoder, which every platform has. It is reached through types of our own, because neither ES2022 nor
 * this layer knows the platform's names.
 */
interface Platform {
  readonly TextEncoder: new () => { encode(text: string): Uint8Array; encodeInto(text: string, into: Uint8Array): { written: number } };
  readonly TextDecoder: new (label: string, options: { fatal?: boolean; ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };
}

const platform = globalThis as unknown as Platform;
const encoder = /* @__PURE__ */ new platform.TextEncoder();
const lenient = /* @__PURE__ */ new platform.TextDecoder("utf-8", { ignoreBOM: true });
const strict = /* @__PURE__ */ new platform.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text in UTF-8, in bytes that nobody else holds. Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes the text in UTF-8; returns how many bytes it took. Where there are too few, it is cut. Lone surrogates become U+FFFD. */
export function encodeUtf8Into(text: string, into: Uint8Array): number {
  return encoder.encodeInto(text, into).written;
}

/** The text of UTF-8 bytes. Bytes that are not UTF-8 become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** The text of UTF-8 bytes. Throws `TypeError` when they are not UTF-8. */
export function decodeUtf8Strictly(bytes: Uint8Array): string {
  return strict.decode(bytes);
}
