import type { OutputBuffer } from "../output/output-buffer.js";
import type { SendQueue } from "../stream/send-queue.js";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./frame-type.js";
import { putFrameHeader } from "./write-control.js";

/**
 * Writes `prefix` and `bytes` as DATA: joined to the DATA frame before it when that is of the same stream and the last thing written,
 * so that many small messages make one frame; else as a frame of its own. Together at most `maxFrameBytes`.
 */
export function writeData(
  out: OutputBuffer,
  streamId: number,
  prefix: Uint8Array,
  bytes: Uint8Array,
  end: boolean,
  maxFrameBytes: number,
): void {
  const length = prefix.length + bytes.length;
  let at = openData(out, streamId, length, end, maxFrameBytes);
  const target = out.bytes;
  for (let i = 0; i < prefix.length; i++) target[at + i] = prefix[i] as number;
  at += prefix.length;
  if (bytes.length > 0) target.set(bytes, at);
}

/** Writes the next `length` bytes of a queue as DATA. */
export function writeQueuedData(
  out: OutputBuffer,
  streamId: number,
  queue: SendQueue,
  length: number,
  end: boolean,
  maxFrameBytes: number,
): void {
  const at = openData(out, streamId, length, end, maxFrameBytes);
  if (length > 0) queue.take(length, out.bytes, at);
}

/** Makes room for `length` bytes of DATA, by a new frame or in the last one, and returns where they go. */
function openData(out: OutputBuffer, streamId: number, length: number, end: boolean, maxFrameBytes: number): number {
  const flags = end ? FrameFlag.END_STREAM : FrameFlag.NONE;
  if (out.dataStream === streamId && out.dataEnd === out.end && out.bytes.length - out.end >= length) {
    const joined = out.end - out.dataAt - FRAME_HEADER_BYTES + length;
    if (joined <= maxFrameBytes) {
      const at = out.end;
      putFrameHeader(out.bytes, out.dataAt, joined, FrameType.DATA, flags, streamId);
      out.end = at + length;
      out.dataEnd = out.end;
      return at;
    }
  }
  out.reserve(FRAME_HEADER_BYTES + length);
  const at = out.end;
  putFrameHeader(out.bytes, at, length, FrameType.DATA, flags, streamId);
  out.end = at + FRAME_HEADER_BYTES + length;
  out.dataStream = streamId;
  out.dataAt = at;
  out.dataEnd = out.end;
  return at + FRAME_HEADER_BYTES;
}
