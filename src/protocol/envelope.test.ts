import assert from "node:assert/strict";
import { test } from "node:test";
import type { BodyFormat, MessageSink, PartialMessage } from "../rpc/body-format.js";
import { envelopeFormat } from "./envelope.js";

const format = envelopeFormat();

/** Writes down what is read, copying what it may not keep. */
class Record implements MessageSink {
  readonly messages: Uint8Array[] = [];
  readonly log: string[] = [];
  stopAfter: number = Number.POSITIVE_INFINITY;
  chunk: Uint8Array | undefined = undefined;
  owned = 0;

  onMessage(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, wireBytes: number): boolean {
    if (owned) {
      this.owned++;
      assert.equal(start, 0);
      assert.equal(end, bytes.length, "owned bytes are exactly the message");
      assert.notEqual(bytes, this.chunk);
    } else {
      assert.equal(bytes, this.chunk, "a message that is not cut is a view of the chunk");
    }
    assert.equal(wireBytes, end - start + 5);
    this.messages.push(bytes.slice(start, end));
    this.log.push(`${compressed ? "compressed" : "plain"} ${end - start}`);
    return this.messages.length < this.stopAfter;
  }
  onClosing(bytes: Uint8Array, start: number, end: number, compressed: boolean, wireBytes: number): void {
    this.log.push(`closing ${compressed ? "compressed " : ""}[${bytes.slice(start, end)}] ${wireBytes}`);
  }
  onOversize(length: number): void {
    this.log.push(`oversize ${length}`);
  }
  onMalformed(because: string): void {
    this.log.push(`malformed ${because}`);
  }
}

function envelope(bytes: Uint8Array, compressed = false): Uint8Array {
  return concat([format.prefix(bytes.length, compressed), bytes]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
}

/** Reads a body in the given chunks, each in a buffer of its own that is overwritten afterwards. */
function readAll(reader: BodyFormat, chunks: readonly Uint8Array[], sink: Record, maxBytes = 1 << 22): PartialMessage | undefined {
  let rest: PartialMessage | undefined;
  for (const part of chunks) {
    const chunk = new Uint8Array(part.length + 3).fill(0xaa);
    chunk.set(part, 2);
    sink.chunk = chunk;
    rest = reader.read(rest, chunk, 2, 2 + part.length, maxBytes, sink, false);
    chunk.fill(0x55);
  }
  return rest;
}

test("a prefix: flags, then the length, unsigned, the highest byte first", () => {
  const cases: [number, boolean, number[]][] = [
    [0, false, [0, 0, 0, 0, 0]],
    [1, true, [1, 0, 0, 0, 1]],
    [0x01020304, false, [0, 1, 2, 3, 4]],
    [0xfffefdfc, false, [0, 0xff, 0xfe, 0xfd, 0xfc]],
  ];
  for (const [length, compressed, bytes] of cases) assert.deepEqual([...format.prefix(length, compressed)], bytes);
});

const body = concat([
  envelope(pattern(0)),
  envelope(pattern(3), true),
  envelope(pattern(300)),
  envelope(pattern(1)),
  envelope(pattern(0), true),
]);
const log = ["plain 0", "compressed 3", "plain 300", "plain 1", "compressed 0"];
const messages = [0, 3, 300, 1, 0].map(pattern);

test("messages whole in a chunk are views of it, in order", () => {
  const sink = new Record();
  assert.equal(readAll(format, [body], sink), undefined);
  assert.deepEqual(sink.log, log);
  assert.deepEqual(sink.messages, messages);
  assert.equal(sink.owned, 0);
});

test("the same messages for every split in two, and in three around every byte", () => {
  for (let i = 0; i <= body.length; i++) {
    for (const chunks of [
      [body.subarray(0, i), body.subarray(i)],
      [body.subarray(0, i), body.subarray(i, i + 1), body.subarray(i + 1)],
    ]) {
      const sink = new Record();
      assert.equal(readAll(format, chunks, sink), undefined, `split at ${i}`);
      assert.deepEqual(sink.log, log, `split at ${i}`);
      assert.deepEqual(sink.messages, messages, `split at ${i}`);
    }
  }
});

test("one byte at a time, with empty chunks between", () => {
  const sink = new Record();
  const chunks = [...body].flatMap((byte) => [Uint8Array.of(), Uint8Array.of(byte)]);
  assert.equal(readAll(format, chunks, sink), undefined);
  assert.deepEqual(sink.messages, messages);
});

test("what is held counts every byte since the last whole message", () => {
  for (let i = 1; i < 30; i++) {
    const rest = readAll(format, [envelope(pattern(2)), envelope(pattern(25)).subarray(0, i)], new Record());
    assert.equal(rest?.held, i);
  }
  let rest: PartialMessage | undefined;
  const whole = envelope(pattern(40));
  for (let i = 0; i < whole.length - 1; i++) {
    rest = format.read(rest, whole, i, i + 1, 100, new Record(), false);
    assert.equal(rest?.held, i + 1);
  }
});

test("a cut prefix before a body that is whole in the next chunk costs no copy", () => {
  const whole = envelope(pattern(50));
  const sink = new Record();
  readAll(format, [whole.subarray(0, 3), whole.subarray(3)], sink);
  assert.deepEqual([sink.messages.length, sink.owned], [1, 0]);
});

test("a large message in pieces is whole", () => {
  const message = pattern(1_000_003);
  const whole = envelope(message);
  for (const size of [1_000, 16_384, 65_536, 999_999]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
    const sink = new Record();
    assert.equal(readAll(format, chunks, sink), undefined);
    assert.equal(sink.messages.length, 1);
    assert.ok(Buffer.compare(sink.messages[0] as Uint8Array, message) === 0);
    assert.equal(sink.owned, 1);
  }
});

test("one byte at a time copies each byte a bounded number of times", () => {
  const grown: number[] = [];
  const whole = envelope(pattern(100_000));
  let rest: (PartialMessage & { bytes?: Uint8Array }) | undefined;
  for (let i = 0; i < whole.length - 1; i++) {
    const before = rest?.bytes;
    rest = format.read(rest, whole, i, i + 1, 1 << 20, new Record(), false);
    if (rest?.bytes !== before && i > 5) grown.push(before?.length ?? 0);
  }
  assert.ok(grown.reduce((sum, length) => sum + length, 0) <= 100_000, grown.join());
});

test("memory follows what has arrived, not what is announced", () => {
  const announced = concat([format.prefix(4_000_000, false), pattern(10)]);
  const rest = readAll(format, [announced], new Record()) as PartialMessage & { bytes: Uint8Array };
  assert.equal(rest.held, 15);
  assert.ok(rest.bytes.length <= 1024, `${rest.bytes.length} bytes`);
  const prefixOnly = readAll(format, [announced.subarray(0, 5)], new Record()) as PartialMessage & { bytes: Uint8Array };
  assert.equal(prefixOnly.bytes.length, 0);
});

for (const length of [11, 0x7fffffff, 0x80000000, 0xffffffff]) {
  test(`a message of ${length} bytes is too large at its prefix, wherever that is cut`, () => {
    const whole = concat([envelope(pattern(10)), format.prefix(length, false).slice(), envelope(pattern(1))]);
    for (let i = 0; i <= whole.length; i++) {
      const sink = new Record();
      const chunks = [whole.subarray(0, i)];
      if (i < 20) chunks.push(whole.subarray(i));
      assert.equal(readAll(format, chunks, sink, 10), undefined);
      assert.deepEqual(sink.log, ["plain 10", `oversize ${length}`], `split at ${i}`);
    }
  });
}

test("a message of exactly the limit is read", () => {
  const sink = new Record();
  readAll(format, [envelope(pattern(10))], sink, 10);
  assert.deepEqual(sink.log, ["plain 10"]);
});

test("every flag byte but 0 and 1 is malformed, whole or cut", () => {
  for (let flags = 2; flags < 256; flags++) {
    for (const split of [0, 1, 4]) {
      const whole = concat([envelope(pattern(2)), Uint8Array.of(flags, 0, 0, 0, 0), envelope(pattern(1))]);
      const sink = new Record();
      assert.equal(readAll(format, [whole.subarray(0, 7 + split), whole.subarray(7 + split)], sink), undefined);
      assert.deepEqual(sink.log, ["plain 2", `malformed an envelope has the flags 0x${flags.toString(16).padStart(2, "0")}`]);
    }
  }
});

test("a sink that says stop gets no more, whole or cut", () => {
  for (let i = 0; i <= body.length; i++) {
    const sink = new Record();
    sink.stopAfter = 3;
    const first = body.subarray(0, i);
    assert.equal(i > 5 + 8 + 304, readAll(format, [first], sink) === undefined && sink.log.length === 3);
    if (sink.log.length === 3) continue;
    const again = new Record();
    again.stopAfter = 3;
    assert.equal(readAll(format, [first, body.subarray(i)], again), undefined);
    assert.deepEqual(again.log, log.slice(0, 3));
  }
});

test("an envelope with the closing flag is the last, whole or cut", () => {
  for (const flags of [0x80, 0x81]) {
    const whole = concat([envelope(pattern(1)), Uint8Array.of(flags, 0, 0, 0, 1, 9)]);
    for (let i = 0; i <= whole.length; i++) {
      const sink = new Record();
      assert.equal(readAll(envelopeFormat(0x80), [whole.subarray(0, i), whole.subarray(i)], sink), undefined);
      assert.deepEqual(sink.log, ["plain 1", flags === 0x80 ? "closing [9] 6" : "closing compressed [9] 6"], `split at ${i}`);
    }
  }
});

test("what follows the closing envelope in the same chunk is malformed, and so is any other flag", () => {
  for (let i = 1; i <= 6; i++) {
    const sink = new Record();
    const whole = Uint8Array.of(0x02, 0, 0, 0, 1, 9, 0);
    readAll(envelopeFormat(0x02), [whole.subarray(0, i - 1), whole.subarray(i - 1)], sink);
    assert.deepEqual(sink.log, ["malformed bytes came after the end of the stream"]);
  }
  for (const flags of [0x02, 0x04, 0x40, 0x82, 0xff]) {
    const sink = new Record();
    readAll(envelopeFormat(0x80), [Uint8Array.of(flags, 0, 0, 0, 0)], sink);
    assert.deepEqual(sink.log, [`malformed an envelope has the flags 0x${flags.toString(16).padStart(2, "0")}`]);
  }
});

test("messages that nobody wants take no memory and have no limit; the last envelope is read all the same", () => {
  const log: string[] = [];
  const sink: MessageSink = {
    dropsMessages: true,
    onMessage: (_bytes, _start, _end, _compressed, _owned, wireBytes) => log.push(`message ${wireBytes}`) > 0,
    onClosing: (bytes, start, end) => void log.push(`closing [${bytes.slice(start, end)}]`),
    onOversize: (length) => void log.push(`oversize ${length}`),
    onMalformed: (because) => void log.push(`malformed ${because}`),
  };
  const closable = envelopeFormat(0x80);
  const whole = concat([envelope(pattern(5_000)), Uint8Array.of(0x80, 0, 0, 0, 2, 7, 8)]);
  let rest: (PartialMessage & { readonly bytes?: Uint8Array }) | undefined;
  for (let at = 0; at < whole.length; at += 100) {
    rest = closable.read(rest, whole, at, Math.min(whole.length, at + 100), 10, sink, false);
    if (at < 5_000) assert.equal(rest?.bytes?.length, 0);
  }
  assert.deepEqual(log, ["message 5005", "closing [7,8]"]);
  assert.equal(closable.read(undefined, Uint8Array.of(0, 255, 255, 255, 255, 1, 2), 0, 7, 10, sink, false)?.held, 7);
  closable.read(undefined, Uint8Array.of(0x80, 255, 255, 255, 255), 0, 5, 10, sink, false);
  assert.deepEqual(log.slice(2), ["oversize 4294967295"]);
});

test("a body may end between messages and not within one", () => {
  const sink = new Record();
  format.finish(undefined, sink);
  assert.deepEqual(sink.log, []);
  format.finish(readAll(format, [envelope(pattern(9)).subarray(0, 7)], sink), sink);
  assert.deepEqual(sink.log, ["malformed the stream ended inside a message (7 bytes of it had come)"]);
});

test("random bodies in random chunks", () => {
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 300; round++) {
    const sent = Array.from({ length: random(8) }, () => pattern(random(3) === 0 ? random(5_000) : random(20)));
    const whole = concat(sent.map((message) => envelope(message)));
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; ) {
      const size = 1 + random(random(2) === 0 ? 4 : 3_000);
      chunks.push(whole.subarray(at, at + size));
      at += size;
    }
    const sink = new Record();
    assert.equal(readAll(format, chunks, sink), undefined);
    assert.deepEqual(sink.messages, sent);
  }
});
