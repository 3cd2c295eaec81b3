import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyFormat, MessageSink, PartialMessage } from "../rpc/body-format.js";
import { errorBody, wholeBody } from "./whole-body.js";

class Record implements MessageSink {
  readonly log: string[] = [];

  onMessage(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, wireBytes: number): boolean {
    this.log.push(`message [${bytes.slice(start, end)}] ${wireBytes}${owned ? " owned" : ""}${compressed ? " compressed" : ""}`);
    return true;
  }
  onClosing(bytes: Uint8Array, start: number, end: number, _compressed: boolean, wireBytes: number): void {
    this.log.push(`closing [${bytes.slice(start, end)}] ${wireBytes}`);
  }
  onOversize(length: number): void {
    this.log.push(`oversize ${length}`);
  }
  onMalformed(because: string): void {
    this.log.push(`malformed ${because}`);
  }
}

/** Reads chunks, the last of which ends the body or not; each is overwritten afterwards. */
function readAll(format: BodyFormat, chunks: readonly number[][], lastEnds: boolean, maxBytes = 100): { log: string[]; held: number[] } {
  const sink = new Record();
  const held: number[] = [];
  let rest: PartialMessage | undefined;
  for (const [i, part] of chunks.entries()) {
    const chunk = Uint8Array.from([7, ...part, 7]);
    rest = format.read(rest, chunk, 1, 1 + part.length, maxBytes, sink, lastEnds && i === chunks.length - 1);
    held.push(rest?.held ?? -1);
    chunk.fill(0x55);
  }
  if (!sink.log.some((line) => line.startsWith("oversize"))) format.finish(rest, sink);
  return { log: sink.log, held };
}

test("a body that comes whole is given without a copy", () => {
  assert.deepEqual(readAll(wholeBody, [[1, 2, 3]], true).log, ["message [1,2,3] 3"]);
});

test("a body that comes in pieces, or whose end comes later, is put together", () => {
  assert.deepEqual(readAll(wholeBody, [[1, 2, 3]], false).log, ["message [1,2,3] 3 owned"]);
  for (const lastEnds of [true, false]) {
    const { log, held } = readAll(wholeBody, [[1], [2, 3], [4]], lastEnds);
    assert.deepEqual(log, ["message [1,2,3,4] 4 owned"]);
    assert.deepEqual(held, [1, 3, 4]);
  }
});

test("a body without bytes is a message without bytes", () => {
  assert.deepEqual(readAll(wholeBody, [], true).log, ["message [] 0 owned"]);
});

test("a body beyond the limit is told at once, one at the limit is not", () => {
  assert.deepEqual(readAll(wholeBody, [[1, 2], [3]], true, 3).log, ["message [1,2,3] 3 owned"]);
  assert.deepEqual(readAll(wholeBody, [[1, 2, 3, 4]], true, 3).log, ["oversize 4"]);
  assert.deepEqual(
    readAll(
      wholeBody,
      [
        [1, 2],
        [3, 4],
      ],
      false,
      3,
    ).log,
    ["oversize 4"],
  );
});

test("memory for a body is less than four times what has come, and never beyond the limit", () => {
  let rest: PartialMessage | undefined;
  const chunk = new Uint8Array(1_000);
  for (let i = 0; i < 300; i++) {
    rest = wholeBody.read(rest, chunk, 0, chunk.length, 310_000, new Record(), false);
    const { bytes, held } = rest as PartialMessage & { bytes: Uint8Array };
    assert.ok(bytes.length <= Math.min(310_000, 4 * held), `${bytes.length} for ${held}`);
  }
});

test("of the body of an error the beginning is told at the end, and the rest is counted and dropped", () => {
  const { log, held } = readAll(
    errorBody(4),
    [
      [1, 2, 3],
      [4, 5],
      [6, 7, 8],
    ],
    true,
  );
  assert.deepEqual(log, ["closing [1,2,3,4] 8"]);
  assert.deepEqual(held, [3, 5, 8]);
  assert.deepEqual(readAll(errorBody(4), [], true).log, ["closing [] 0"]);
  assert.deepEqual(readAll(errorBody(100), [[1], [2]], false, 1).log, ["closing [1,2] 2"], "the limit of messages is not its own");
});
