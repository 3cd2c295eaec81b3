import { protoInt64, ScalarType } from "@bufbuild/protobuf";
import { keepable } from "../../base/slab.js";
import { decodeUtf8, decodeUtf8Strictly } from "../../base/utf8.js";
import { leave } from "./leave.js";

/** Reads one value. */
export type ReadValue = () => unknown;

const NOTHING = /* @__PURE__ */ new Uint8Array(0);
/** Up to here a string is put together of its characters, if they are ASCII. */
const SHORT_STRING = 32;

// One reader for all messages: nothing of a user's runs while one is decoded.
let bytes: Uint8Array = NOTHING;
let at = 0;
/** Whether the message may hold views of the bytes. */
let owned = false;
let low = 0;
let high = 0;
const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** Begins with the first byte. `mayHold`: what is read may be views of the bytes. */
export function open(all: Uint8Array, mayHold: boolean): void {
  bytes = all;
  at = 0;
  owned = mayHold;
}

/** Holds the bytes no longer. */
export function close(): void {
  bytes = NOTHING;
}

/** How many bytes have been read. */
export function position(): number {
  return at;
}

/** The place behind a value that begins with its length. */
export function delimited(): number {
  const length = uint32();
  const end = at + length;
  if (end > bytes.length) leave();
  return end;
}

/** What stands before a field. */
export function tag(): number {
  const first = bytes[at] as number;
  if (first < 0x80) {
    at++;
    return first;
  }
  const start = at;
  const value = uint32();
  const size = at - start;
  if (size > 5 || (size === 5 && (bytes[at - 1] as number) > 0x0f)) leave();
  return value;
}

/** A varint of which the lower 32 bits count. */
export function uint32(): number {
  let byte = bytes[at++] as number;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  for (let shift = 7; shift < 70; shift += 7) {
    byte = bytes[at++] as number;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  return leave();
}

/** Leaves a varint's 64 bits in `low` and `high`. */
function varint64(): void {
  low = 0;
  high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[at++] as number;
    const bits = byte & 0x7f;
    if (shift < 32) low |= bits << shift;
    if (shift === 28) high |= bits >>> 4;
    else if (shift > 28) high |= bits << (shift - 32);
    if (byte < 0x80) return;
  }
  leave();
}

/** The value of the field of which `number` and `wireType` have been read, unread, as protobuf-es keeps it. */
export function skip(wireType: number): Uint8Array {
  const start = at;
  if (wireType === 0) while ((bytes[at++] as number) >= 0x80);
  else if (wireType === 1) at += 8;
  else if (wireType === 2) at = delimited();
  else if (wireType === 5) at += 4;
  else leave();
  if (at > bytes.length) leave();
  return kept(start, at);
}

/** A part of the bytes that the message keeps. */
function kept(start: number, end: number): Uint8Array {
  return owned ? bytes.subarray(start, end) : keepable(bytes, start, end);
}

function fixed32(): number {
  const start = at;
  at += 4;
  if (at > bytes.length) leave();
  const highest = (bytes[start + 3] as number) << 24;
  return (bytes[start] as number) | ((bytes[start + 1] as number) << 8) | ((bytes[start + 2] as number) << 16) | highest;
}

function fixed64(): void {
  low = fixed32();
  high = fixed32();
}

function bool(): boolean {
  varint64();
  return low !== 0 || high !== 0;
}

function sint32(): number {
  const value = uint32();
  return (value >>> 1) ^ -(value & 1);
}

function sint64(): void {
  varint64();
  const sign = -(low & 1);
  low = ((low >>> 1) | (high << 31)) ^ sign;
  high = (high >>> 1) ^ sign;
}

function float(): number {
  scratch.setInt32(0, fixed32());
  return scratch.getFloat32(0);
}

function double(): number {
  scratch.setInt32(4, fixed32());
  scratch.setInt32(0, fixed32());
  return scratch.getFloat64(0);
}

function bytesValue(): Uint8Array {
  const end = delimited();
  const start = at;
  at = end;
  return kept(start, end);
}

function string(strict: boolean): string {
  const end = delimited();
  const start = at;
  at = end;
  if (end - start > SHORT_STRING) return longString(start, end, strict);
  const codes = new Array<number>(end - start);
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f) return longString(start, end, strict);
    codes[i - start] = byte;
  }
  return String.fromCharCode.apply(null, codes);
}

function longString(start: number, end: number, strict: boolean): string {
  const part = bytes.subarray(start, end);
  return strict ? decodeUtf8Strictly(part) : decodeUtf8(part);
}

/** What reads values of a type. Strings that are not UTF-8 are refused where they are `strict`. */
export function scalarReader(type: ScalarType, strict: boolean, longAsString: boolean): ReadValue {
  const read = reader(type, strict);
  // only 64-bit integers can be wanted so
  return longAsString ? () => String(read()) : read;
}

function reader(type: ScalarType, strict: boolean): ReadValue {
  switch (type) {
    case ScalarType.DOUBLE:
      return double;
    case ScalarType.FLOAT:
      return float;
    case ScalarType.INT64:
      return () => {
        varint64();
        return protoInt64.dec(low, high);
      };
    case ScalarType.UINT64:
      return () => {
        varint64();
        return protoInt64.uDec(low, high);
      };
    case ScalarType.INT32:
      return () => uint32() | 0;
    case ScalarType.FIXED64:
      return () => {
        fixed64();
        return protoInt64.uDec(low, high);
      };
    case ScalarType.FIXED32:
      return () => fixed32() >>> 0;
    case ScalarType.BOOL:
      return bool;
    case ScalarType.STRING:
      return () => string(strict);
    case ScalarType.BYTES:
      return bytesValue;
    case ScalarType.UINT32:
      return uint32;
    case ScalarType.SFIXED32:
      return fixed32;
    case ScalarType.SFIXED64:
      return () => {
        fixed64();
        return protoInt64.dec(low, high);
      };
    case ScalarType.SINT32:
      return sint32;
    case ScalarType.SINT64:
      return () => {
        sint64();
        return protoInt64.dec(low, high);
      };
  }
}
