import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** From here on a `bytes` value is not copied into the writer, which would grow to twice its size, but straight into the result. */
const LARGE_BYTES = 8 * 1024;
/** A writer that has grown beyond this is not used again: its buffer would be kept for ever. */
const KEPT_BYTES = 64 * 1024;

/** One writer for all messages: what costs the most of a short message is the buffer of a new one. */
export let writer: BinaryWriter = /* @__PURE__ */ new BinaryWriter();
/** How many fields with a length that is not known yet are around what is being written. */
let depth = 0;
/** What the message begins with, when it holds large values: bytes of the writer and values in turn. */
let pieces: Uint8Array[] = [];

/** Leaves what has been written. */
export function restart(): void {
  writer = new BinaryWriter();
  pieces = [];
  depth = 0;
}

/** All that has been written, in bytes that nobody else holds. */
export function finish(): Uint8Array {
  const rest = writer.finish();
  if (rest.length > KEPT_BYTES) writer = new BinaryWriter();
  if (pieces.length === 0) return rest;
  pieces.push(rest);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  pieces = [];
  return bytes;
}

/** What is written until the `end` that belongs to it is within this field. */
export function begin(tag: number): void {
  writer.uint32(tag).fork();
  depth++;
}

export function end(): void {
  depth--;
  writer.join();
}

/** Writes a value of type `bytes`. */
export function writeBytes(value: Uint8Array): void {
  if (depth > 0 || !(value.length >= LARGE_BYTES && value instanceof Uint8Array)) writer.bytes(value);
  else pieces.push(writer.uint32(value.length).finish(), value);
}
