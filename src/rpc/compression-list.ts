import type { Compression } from "./compression.js";

/**
 * The compression for messages to a peer that accepts `list` (the value of `grpc-accept-encoding`): the first of ours, best first,
 * that the peer names. Undefined: send as they are.
 */
export function chooseCompression(list: string | undefined, ours: readonly Compression[]): Compression | undefined {
  if (list === undefined) return undefined;
  for (const compression of ours) if (namesCompression(list, compression.name)) return compression;
  return undefined;
}

/** The names of a comma-separated list, without identity, in the peer's order, lower case, each once. */
export function parseCompressionList(list: string): string[] {
  const names: string[] = [];
  for (const part of list.split(",")) {
    const name = part.trim().toLowerCase();
    if (name !== "" && name !== "identity" && !names.includes(name)) names.push(name);
  }
  return names;
}

/** Whether a comma-separated list names this compression. Makes no strings: it runs once per call. */
export function namesCompression(list: string, name: string): boolean {
  for (let at = list.indexOf(name); at !== -1; at = list.indexOf(name, at + 1)) {
    if (isDelimiter(list, at - 1) && isDelimiter(list, at + name.length)) return true;
  }
  return false;
}

function isDelimiter(list: string, at: number): boolean {
  if (at < 0 || at >= list.length) return true;
  const char = list.charCodeAt(at);
  return char === 0x2c || char === 0x20 || char === 0x09;
}
