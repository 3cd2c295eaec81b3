import assert from "node:assert/strict";
import { test } from "node:test";
import { data, frame, headers, ping } from "../../testing/engine/raw-peer.js";
import { Decoded, FrameDecoder } from "./frame-decoder.js";
import { FrameFlag, FrameType } from "./frame-type.js";

/** What a decoder makes of these reads, one line for a frame; DATA pieces are joined. */
function decode(reads: readonly Uint8Array[], maxFrameBytes = 16_384): string[] {
  const decoder = new FrameDecoder(maxFrameBytes);
  const lines: string[] = [];
  let body = "";
  for (const read of reads) {
    decoder.feed(read, 0);
    for (;;) {
      const found = decoder.next();
      if (found === Decoded.nothing) break;
      if (found === Decoded.fault) return [...lines, `fault ${decoder.fault?.code}: ${decoder.fault?.message}`];
      const text = String.fromCharCode(...decoder.bytes.subarray(decoder.start, decoder.end));
      if (found === Decoded.frame) {
        lines.push(`${decoder.type} ${decoder.flags} ${decoder.streamId} ${text}`);
      } else {
        if (decoder.first) assert.equal(body, "");
        body += text;
        if (!decoder.last) continue;
        lines.push(`DATA ${decoder.streamId} ${decoder.length}-${decoder.padding} ${body}`);
        body = "";
      }
    }
  }
  return lines;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const padded = (text: string, padding: number) =>
  frame(FrameType.DATA, FrameFlag.PADDED, 5, [padding, ...[...text].map((c) => c.charCodeAt(0)), ...new Array<number>(padding).fill(0)]);

const SAMPLE = joined(
  headers(1, false, [0x61, 0x62, 0x63]),
  data(1, "hello, this is data"),
  padded("padded", 9),
  padded("", 0),
  ping(7),
  data(1, "", true),
  frame(0x77, 0, 9, [1, 2, 3]),
  frame(FrameType.HEADERS, FrameFlag.PADDED | FrameFlag.PRIORITY | FrameFlag.END_HEADERS, 3, [2, 0, 0, 0, 1, 16, 0x78, 0x79, 0, 0]),
);

test("the same frames wherever the bytes are cut", () => {
  const whole = decode([SAMPLE]);
  assert.deepEqual(whole.slice(0, 4), ["1 4 1 abc", "DATA 1 19-0 hello, this is data", "DATA 5 16-10 padded", "DATA 5 1-1 "]);
  assert.equal(whole.at(-1), "1 44 3 xy");
  for (let cut = 0; cut <= SAMPLE.length; cut++) {
    assert.deepEqual(decode([SAMPLE.subarray(0, cut), SAMPLE.subarray(cut)]), whole, `cut at ${cut}`);
  }
  assert.deepEqual(decode([...SAMPLE].map((byte) => Uint8Array.of(byte))), whole, "byte by byte");
});

test("the dependency of a HEADERS frame is read", () => {
  const decoder = new FrameDecoder(16_384);
  decoder.feed(frame(FrameType.HEADERS, FrameFlag.PRIORITY, 3, [0x80, 0, 0, 9, 16, 1]), 0);
  assert.equal(decoder.next(), Decoded.frame);
  assert.equal(decoder.dependency, 9);
  decoder.feed(headers(5), 0);
  decoder.next();
  assert.equal(decoder.dependency, -1);
});

test("malformed frames are faults of the connection with the RFC's code", () => {
  const cases: readonly (readonly [string, Uint8Array, number])[] = [
    ["too large", frame(FrameType.DATA, 0, 1, new Uint8Array(16_385)), 6],
    ["too large and unknown", frame(0x77, 0, 1, new Uint8Array(16_385)), 6],
    ["DATA on stream 0", frame(FrameType.DATA, 0, 0, [1]), 1],
    ["padding as long as the frame", frame(FrameType.DATA, FrameFlag.PADDED, 1, [3, 0, 0]), 1],
    ["no pad length", frame(FrameType.DATA, FrameFlag.PADDED, 1, []), 6],
    ["no pad length in HEADERS", frame(FrameType.HEADERS, FrameFlag.PADDED, 1, []), 6],
    ["HEADERS shorter than its priority", frame(FrameType.HEADERS, FrameFlag.PRIORITY, 1, [0, 0, 0, 0]), 6],
    ["HEADERS padding too long", frame(FrameType.HEADERS, FrameFlag.PADDED, 1, [2, 0x88]), 1],
  ];
  for (const [name, bytes, code] of cases) {
    const whole = decode([bytes]);
    assert.match(whole.at(-1) ?? "", new RegExp(`^fault ${code}: `), name);
    assert.deepEqual(decode([...bytes].map((byte) => Uint8Array.of(byte))), whole, `${name}, byte by byte`);
  }
});

test("an idle decoder holds none of the bytes it was fed", () => {
  const decoder = new FrameDecoder(16_384);
  decoder.feed(joined(headers(1), data(1, "x".repeat(1_000))), 0);
  while (decoder.next() !== Decoded.nothing);
  assert.equal(decoder.bytes.length, 0);
  assert.equal(decoder.partial, false);
});
