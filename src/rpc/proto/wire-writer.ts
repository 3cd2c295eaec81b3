import { protoInt64, ScalarType } from "@bufbuild/protobuf";
import { copyOut } from "../../base/slab.js";
import { encodeUtf8Into } from "../../base/utf8.js";
import { leave } from "./leave.js";

/** Writes one value. Leaves what is not of its type. */
export type WriteValue = (value: unknown) => void;

/** From here on a `bytes` value is not copied into the writer, which would grow to twice its size, but straight into the result. */
const LARGE_BYTES = 8 * 1024;
const FIRST_BYTES = 1024;
/** A writer that has grown beyond this is not used again: its memory would be kept for ever. */
const KEPT_BYTES = 64 * 1024;
/**
 * Up to here V8 has the bytes of an array on its own heap: that costs half of a place in a slab for what is dropped soon, as what is encoded is.
 * (What is kept for a while, as what waits to be read, the collector would have to move.)
 */
const HEAP_BYTES = 64;
/** Up to here a string is written one character at a time, as long as they are ASCII. */
const SHORT_STRING = 48;

// One writer for all messages, for the memory of a new one costs more than all that is done with it.
let bytes: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
let view: DataView = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(0));
let at = 0;
/** How many fields with a length that is not known yet are around what is being written. */
let depth = 0;
/** What the message begins with, when it holds large values: bytes of the writer and values in turn. */
let pieces: Uint8Array[] = [];

/** Forgets what has been written. */
export function restart(): void {
  at = 0;
  depth = 0;
  pieces = [];
  if (bytes.length > KEPT_BYTES) use(new Uint8Array(FIRST_BYTES));
}

/** All that has been written since, in bytes that nobody else holds. */
function take(): Uint8Array {
  const taken = at <= HEAP_BYTES ? bytes.slice(0, at) : copyOut(bytes, 0, at);
  at = 0;
  return taken;
}

/** The whole message, in bytes that nobody else holds. */
export function finish(): Uint8Array {
  const rest = take();
  if (pieces.length === 0 && bytes.length <= KEPT_BYTES) return rest;
  pieces.push(rest);
  const whole = concatenated(pieces);
  restart();
  return whole;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function use(memory: Uint8Array): void {
  bytes = memory;
  view = new DataView(memory.buffer);
}

/** Makes room for so many bytes more. */
function reserve(size: number): void {
  if (at + size > bytes.length) grow(at + size);
}

function grow(size: number): void {
  let length = Math.max(bytes.length, FIRST_BYTES);
  while (length < size) length *= 2;
  const memory = new Uint8Array(length);
  memory.set(bytes.subarray(0, at));
  use(memory);
}

/** What is written until the `end` of what it returns is within this field. */
export function begin(tag: number): number {
  varint32(tag);
  reserve(1);
  depth++;
  return ++at;
}

export function end(start: number): void {
  depth--;
  const length = at - start;
  if (length < 0x80) {
    bytes[start - 1] = length;
    return;
  }
  // more than the one byte that `begin` left for it
  const more = varintSize(length) - 1;
  reserve(more);
  bytes.copyWithin(start + more, start, at);
  at = start - 1;
  varint32(length);
  at += length;
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes an unsigned integer of 32 bits. */
export function varint32(value: number): void {
  reserve(5);
  let rest = value;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
}

function varint64(low: number, high: number): void {
  reserve(10);
  let lo = low >>> 0;
  let hi = high >>> 0;
  while (hi > 0 || lo > 0x7f) {
    bytes[at++] = (lo & 0x7f) | 0x80;
    lo = ((lo >>> 7) | (hi << 25)) >>> 0;
    hi >>>= 7;
  }
  bytes[at++] = lo;
}

/** Writes bytes as they are. */
export function raw(value: Uint8Array): void {
  reserve(value.length);
  bytes.set(value, at);
  at += value.length;
}

function bytesValue(value: unknown): void {
  if (!(value instanceof Uint8Array)) leave();
  varint32(value.length);
  if (depth > 0 || value.length < LARGE_BYTES) raw(value);
  else pieces.push(take(), value);
}

function string(value: unknown): void {
  if (typeof value !== "string") leave();
  const { length } = value;
  if (length > SHORT_STRING) {
    longString(value);
    return;
  }
  reserve(length + 1);
  const start = at;
  bytes[at++] = length;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) {
      at = start;
      longString(value);
      return;
    }
    bytes[at++] = code;
  }
}

function longString(value: string): void {
  // a character of UTF-16 takes three bytes of UTF-8 at most
  reserve(value.length * 3 + 5);
  const size = varintSize(value.length);
  const start = at + size;
  const length = encodeUtf8Into(value, bytes.subarray(start));
  const more = varintSize(length) - size;
  if (more > 0) bytes.copyWithin(start + more, start, start + length);
  varint32(length);
  at += length;
}

function int32(value: unknown): void {
  if (typeof value !== "number" || (value | 0) !== value) leave();
  if (value >= 0) varint32(value);
  else varint64(value, -1);
}

function uint32(value: unknown): void {
  if (typeof value !== "number" || value >>> 0 !== value) leave();
  varint32(value);
}

function sint32(value: unknown): void {
  if (typeof value !== "number" || (value | 0) !== value) leave();
  varint32(((value << 1) ^ (value >> 31)) >>> 0);
}

function fixed32(value: unknown): void {
  if (typeof value !== "number" || value >>> 0 !== value) leave();
  word(value);
}

function sfixed32(value: unknown): void {
  if (typeof value !== "number" || (value | 0) !== value) leave();
  word(value);
}

function word(value: number): void {
  reserve(4);
  view.setInt32(at, value, true);
  at += 4;
}

function int64(value: unknown): void {
  const { lo, hi } = protoInt64.enc(value as bigint);
  varint64(lo, hi);
}

function uint64(value: unknown): void {
  const { lo, hi } = protoInt64.uEnc(value as bigint);
  varint64(lo, hi);
}

function sint64(value: unknown): void {
  const { lo, hi } = protoInt64.enc(value as bigint);
  const sign = hi >> 31;
  varint64((lo << 1) ^ sign, ((hi << 1) | (lo >>> 31)) ^ sign);
}

function fixed64(value: unknown): void {
  const { lo, hi } = protoInt64.uEnc(value as bigint);
  word(lo);
  word(hi);
}

function sfixed64(value: unknown): void {
  const { lo, hi } = protoInt64.enc(value as bigint);
  word(lo);
  word(hi);
}

function bool(value: unknown): void {
  if (typeof value !== "boolean") leave();
  reserve(1);
  bytes[at++] = value ? 1 : 0;
}

function float(value: unknown): void {
  // one that is finite, and not as a float, is refused
  if (typeof value !== "number" || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) leave();
  reserve(4);
  view.setFloat32(at, value, true);
  at += 4;
}

function double(value: unknown): void {
  if (typeof value !== "number") leave();
  reserve(8);
  view.setFloat64(at, value, true);
  at += 8;
}

/** What writes values of a type. */
export const scalarWriters: Readonly<Record<ScalarType, WriteValue>> = {
  [ScalarType.DOUBLE]: double,
  [ScalarType.FLOAT]: float,
  [ScalarType.INT64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.INT32]: int32,
  [ScalarType.FIXED64]: fixed64,
  [ScalarType.FIXED32]: fixed32,
  [ScalarType.BOOL]: bool,
  [ScalarType.STRING]: string,
  [ScalarType.BYTES]: bytesValue,
  [ScalarType.UINT32]: uint32,
  [ScalarType.SFIXED32]: sfixed32,
  [ScalarType.SFIXED64]: sfixed64,
  [ScalarType.SINT32]: sint32,
  [ScalarType.SINT64]: sint64,
};
