import assert from "node:assert/strict";
import { type RecordingStream, turn } from "./recording-stream.js";

/** Writes `total` bytes through one scratch buffer, as the HTTP/2 driver does; the reader stops now and then, and checks every byte. */
export async function pumpThroughSlowReader(
  writer: RecordingStream,
  reader: RecordingStream,
  total: number,
  piece: number,
): Promise<{ blocked: number }> {
  let scratch = new Uint8Array(piece);
  let written = 0;
  let blocked = 0;
  let expected = 0;
  let pauses = 0;
  reader.onBytes = (bytes) => {
    for (const byte of bytes) {
      if (byte !== expected % 251) assert.fail(`byte ${expected} is ${byte}`);
      expected++;
    }
    reader.chunks.length = 0;
    if (expected > pauses * 3_000_000) {
      pauses++;
      reader.stream.pause(true);
      setTimeout(() => reader.stream.pause(false), 20);
    }
  };
  const write = (): void => {
    while (written < total) {
      const length = Math.min(piece, total - written);
      for (let i = 0; i < length; i++) scratch[i] = (written + i) % 251;
      written += length;
      if (writer.stream.write(scratch.subarray(0, length))) {
        scratch.fill(255);
        continue;
      }
      blocked++;
      scratch = new Uint8Array(piece);
      return;
    }
  };
  writer.onRoom = write;
  write();
  while (expected < total && reader.closes === 0) await turn();
  assert.equal(expected, total);
  return { blocked };
}
