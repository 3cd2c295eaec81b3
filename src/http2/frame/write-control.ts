import { errorCodeName } from "../../base/error-code.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType, PREFACE } from "./frame-type.js";

/** GOAWAY's debug data is cut to this. */
const MAX_DEBUG_BYTES = 512;

/** Writes a frame's header at `bytes[at]`. */
export function putFrameHeader(bytes: Uint8Array, at: number, length: number, type: number, flags: number, streamId: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  putUint32(bytes, at + 5, streamId);
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function begin(out: OutputBuffer, length: number, type: number, flags: number, streamId: number): number {
  out.reserve(FRAME_HEADER_BYTES + length);
  out.controlFrames++;
  const at = out.end;
  putFrameHeader(out.bytes, at, length, type, flags, streamId);
  out.end = at + FRAME_HEADER_BYTES + length;
  return at + FRAME_HEADER_BYTES;
}

/** RFC 9113 §3.4: what a client says first, before its SETTINGS. */
export function writePreface(out: OutputBuffer): void {
  out.reserve(PREFACE.length);
  out.bytes.set(PREFACE, out.end);
  out.end += PREFACE.length;
}

/** RFC 9113 §6.4. */
export function writeRstStream(out: OutputBuffer, streamId: number, code: number): void {
  const at = begin(out, 4, FrameType.RST_STREAM, FrameFlag.NONE, streamId);
  putUint32(out.bytes, at, code);
}

/** RFC 9113 §6.9; stream 0 is the connection. */
export function writeWindowUpdate(out: OutputBuffer, streamId: number, increment: number): void {
  const at = begin(out, 4, FrameType.WINDOW_UPDATE, FrameFlag.NONE, streamId);
  putUint32(out.bytes, at, increment);
}

/** RFC 9113 §6.7. `payload[at, at + 8)` is copied. */
export function writePing(out: OutputBuffer, ack: boolean, payload: Uint8Array, from: number): void {
  const at = begin(out, 8, FrameType.PING, ack ? FrameFlag.ACK : FrameFlag.NONE, 0);
  for (let i = 0; i < 8; i++) out.bytes[at + i] = payload[from + i] as number;
}

/** RFC 9113 §6.8. `debug` is sent as bytes of its lower 8 bits, cut to 512. */
export function writeGoaway(out: OutputBuffer, lastStreamId: number, code: number, debug: string): void {
  const length = Math.min(debug.length, MAX_DEBUG_BYTES);
  const at = begin(out, 8 + length, FrameType.GOAWAY, FrameFlag.NONE, 0);
  putUint32(out.bytes, at, lastStreamId);
  putUint32(out.bytes, at + 4, code);
  for (let i = 0; i < length; i++) {
    const unit = debug.charCodeAt(i);
    out.bytes[at + 8 + i] = unit < 0x80 ? unit : 0x3f;
  }
}

/** RFC 9113 §6.5: pairs of identifier and value. */
export function writeSettings(out: OutputBuffer, settings: readonly (readonly [id: number, value: number])[]): void {
  let at = begin(out, 6 * settings.length, FrameType.SETTINGS, FrameFlag.NONE, 0);
  for (const [id, value] of settings) {
    out.bytes[at] = id >>> 8;
    out.bytes[at + 1] = id;
    putUint32(out.bytes, at + 2, value);
    at += 6;
  }
}

export function writeSettingsAck(out: OutputBuffer): void {
  begin(out, 0, FrameType.SETTINGS, FrameFlag.ACK, 0);
}

/** GOAWAY's debug data as people can read it, in one line: what is not printable ASCII becomes `?`. */
export function readDebugText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end && i < start + MAX_DEBUG_BYTES; i++) {
    const byte = bytes[i] as number;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?";
  }
  return text;
}

/** `GOAWAY(ENHANCE_YOUR_CALM): too_many_pings`. */
export function goawayText(code: number, debug: string): string {
  return `GOAWAY(${errorCodeName(code)})${debug === "" ? "" : `: ${debug}`}`;
}
