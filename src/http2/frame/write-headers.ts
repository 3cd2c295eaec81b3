import type { Fields } from "../../base/field.js";
import type { HpackEncoder } from "../hpack/index.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./frame-type.js";
import { putFrameHeader } from "./write-control.js";

/**
 * Encodes a header block into a HEADERS frame, and CONTINUATION frames where it is larger than the peer's frames may be
 * (RFC 9113 §6.2, §6.10). Nothing can come between them.
 */
export function writeHeaders(
  out: OutputBuffer,
  encoder: HpackEncoder,
  streamId: number,
  prepared: Fields,
  extra: Fields,
  end: boolean,
  maxFrameBytes: number,
): void {
  const most = encoder.maxLength(prepared, extra);
  out.reserve(FRAME_HEADER_BYTES + most + FRAME_HEADER_BYTES * Math.floor(most / maxFrameBytes));
  const at = out.end;
  const start = at + FRAME_HEADER_BYTES;
  const stop = encoder.encode(prepared, extra, out.bytes, start);
  const flags = end ? FrameFlag.END_STREAM : FrameFlag.NONE;
  if (stop - start <= maxFrameBytes) {
    putFrameHeader(out.bytes, at, stop - start, FrameType.HEADERS, flags | FrameFlag.END_HEADERS, streamId);
    out.end = stop;
  } else {
    out.end = split(out.bytes, at, stop, flags, streamId, maxFrameBytes);
  }
}

/** Makes room in the block for the headers of its CONTINUATION frames, from the back. Returns where the last frame ends. */
function split(bytes: Uint8Array, at: number, stop: number, flags: number, streamId: number, maxFrameBytes: number): number {
  const start = at + FRAME_HEADER_BYTES;
  const continuations = Math.ceil((stop - start) / maxFrameBytes) - 1;
  for (let i = continuations; i > 0; i--) {
    const from = start + i * maxFrameBytes;
    const to = Math.min(from + maxFrameBytes, stop);
    const payload = from + i * FRAME_HEADER_BYTES;
    bytes.copyWithin(payload, from, to);
    const last = i === continuations ? FrameFlag.END_HEADERS : FrameFlag.NONE;
    putFrameHeader(bytes, payload - FRAME_HEADER_BYTES, to - from, FrameType.CONTINUATION, last, streamId);
  }
  putFrameHeader(bytes, at, maxFrameBytes, FrameType.HEADERS, flags, streamId);
  return stop + continuations * FRAME_HEADER_BYTES;
}
