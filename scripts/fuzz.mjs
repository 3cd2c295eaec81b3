// Fuzzes the frame decoder, the HPACK decoder and the whole engine: `npm run fuzz -- --seconds 60 [--seed N] [--target frames|hpack|engine]`.
// Inputs are mutations of test/corpus/<target>/*.bin, which is replayed first. An input that fails is kept there as failure-<seed>.bin,
// where every later run finds it. What is checked: nothing is thrown but what the interface names, frames are the same wherever the
// bytes are cut, a header list never exceeds its limits, and an engine that is lost holds nothing.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Decoded, FrameDecoder } from "../dist/http2/frame/frame-decoder.js";
import { HpackDecoder, HpackError } from "../dist/http2/hpack/index.js";
import { Field, Http2Connection, NO_FIELDS, OutputPool, resolveLimits, WindowBudget } from "../dist/http2/index.js";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string" }, target: { type: "string" } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error("--seconds must be a number above 0");
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const corpus = new URL("../test/corpus/", import.meta.url);

/** Random numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function decodeFrames(reads) {
  const decoder = new FrameDecoder(16_384);
  const found = [];
  let body = "";
  for (const read of reads) {
    decoder.feed(read, 0);
    for (let what = decoder.next(); what !== Decoded.nothing; what = decoder.next()) {
      if (what === Decoded.fault) return [...found, `fault ${decoder.fault.code}`];
      assert.ok(decoder.start <= decoder.end && decoder.end <= decoder.bytes.length, "a payload outside of its bytes");
      const text = Buffer.from(decoder.bytes.subarray(decoder.start, decoder.end)).toString("latin1");
      if (what === Decoded.frame) {
        found.push(`${decoder.type} ${decoder.flags} ${decoder.streamId} ${text}`);
      } else {
        body += text;
        if (!decoder.last) continue;
        found.push(`0 ${decoder.flags} ${decoder.streamId} ${decoder.length} ${decoder.padding} ${body}`);
        body = "";
      }
    }
  }
  return found;
}

function cut(bytes, random) {
  const reads = [];
  for (let at = 0; at < bytes.length; ) {
    const count = 1 + Math.floor(random() ** 3 * 80);
    reads.push(bytes.slice(at, at + count));
    at += count;
  }
  return reads;
}

const head = [new Field(":status", "200")];
const trailers = [new Field("grpc-status", "0")];
const noBytes = new Uint8Array(0);

const targets = {
  frames(bytes, random) {
    assert.deepEqual(decodeFrames(cut(bytes, random)), decodeFrames([bytes]));
  },

  hpack(bytes, random) {
    const limits = { maxListBytes: 1_000, maxFields: 20 };
    const [one, other] = [new HpackDecoder(limits), new HpackDecoder(limits)];
    // the input is one or more blocks, each behind a byte with its length
    for (let at = 0; at < bytes.length; ) {
      const length = bytes[at] ?? 0;
      const block = bytes.slice(at + 1, at + 1 + length);
      at += 1 + length;
      const padded = new Uint8Array(block.length + 20).fill(Math.floor(random() * 256));
      padded.set(block, 10);
      const results = [
        [one, block, 0, block.length],
        [other, padded, 10, 10 + block.length],
      ].map(([decoder, input, start, end]) => {
        try {
          const fields = decoder.decode(input, start, end);
          const size = fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
          assert.ok(size <= limits.maxListBytes && fields.length <= limits.maxFields, "a list over its limits");
          return `${decoder.tooLarge} ${fields.map(({ name, value, sensitive }) => `${name}=${value} ${sensitive}`).join("\n")}`;
        } catch (error) {
          if (!(error instanceof HpackError)) throw error;
          return error.message;
        }
      });
      assert.equal(results[0], results[1]);
    }
  },

  engine(bytes, random) {
    let now = 1;
    let streams = 0;
    const budget = new WindowBudget();
    let closed = 0;
    const user = (stream) => ({
      onHead() {},
      onData(_chunk, start, end, fin) {
        if (random() < 0.8) stream.consume(end - start);
        if (fin || random() < 0.05)
          stream.respond(head, NO_FIELDS, noBytes, new Uint8Array(Math.floor(random() ** 4 * 200_000)), trailers, NO_FIELDS);
        if (random() < 0.02) stream.reset(8);
      },
      onTrailers() {},
      onWritable() {},
      onDraining() {},
      onEnd() {
        streams--;
        stream.settled();
      },
    });
    const connection = new Http2Connection(
      {
        role: "server",
        peer: { address: "fuzz", encrypted: false },
        limits: resolveLimits("server"),
        outputPool: new OutputPool(),
        windowBudget: budget,
        random: () => 0.5,
      },
      {
        onStream(stream, _head, end) {
          streams++;
          if (end && random() < 0.5) stream.respond(head, NO_FIELDS, noBytes, noBytes, trailers, NO_FIELDS);
          return user(stream);
        },
        onOutput() {},
        onTurnWanted() {},
        onPause() {},
        onReady() {},
        onCapacity() {},
        onDraining() {},
        onClosed() {
          closed++;
        },
      },
      now,
    );
    for (const read of cut(bytes, random)) {
      now += random() * 200;
      connection.receive(read, now);
      if (random() < 0.3) connection.beginTurn(now);
      if (random() < 0.3) {
        for (let piece = connection.takeOutput(now); piece !== undefined; piece = connection.takeOutput(now))
          connection.releaseOutput(piece);
      }
    }
    connection.lost("the end", now);
    assert.deepEqual([closed, streams, connection.openStreams, connection.slots, budget.used], [1, 0, 0, 0, 0]);
  },
};

function mutate(bytes, others, random) {
  let result = Uint8Array.from(bytes);
  for (let rounds = 1 + Math.floor(random() ** 2 * 12); rounds > 0; rounds--) {
    const at = Math.floor(random() * (result.length + 1));
    const kind = random();
    if (kind < 0.35) result[at] = Math.floor(random() * 256);
    else if (kind < 0.55) result[at] ^= 1 << Math.floor(random() * 8);
    else if (kind < 0.65) result[at] = [0, 1, 0x3f, 0x7f, 0x80, 0xff][Math.floor(random() * 6)];
    else if (kind < 0.75) result = Uint8Array.from([...result.subarray(0, at), ...result.subarray(at + 1 + Math.floor(random() * 9))]);
    else if (kind < 0.85) result = Uint8Array.from([...result.subarray(0, at), Math.floor(random() * 256), ...result.subarray(at)]);
    else {
      const other = others[Math.floor(random() * others.length)];
      const from = Math.floor(random() * other.length);
      const part = other.subarray(from, from + Math.floor(random() * 60));
      result = Uint8Array.from([...result.subarray(0, at), ...part, ...result.subarray(at)]);
    }
  }
  return result;
}

function attempt(name, bytes, seed, label) {
  try {
    targets[name](bytes, seeded(seed));
  } catch (error) {
    const file = new URL(`${name}/failure-${seed}.bin`, corpus);
    if (label === undefined) writeFileSync(file, bytes);
    console.error(`${name}: ${label ?? `seed ${seed}`} failed; the input is ${label ?? file.pathname}`);
    console.error(error);
    process.exit(1);
  }
}

const names = values.target === undefined ? Object.keys(targets) : [values.target];
for (const name of names) {
  if (!(name in targets)) throw new Error(`--target must be one of ${Object.keys(targets).join(", ")}`);
  const folder = new URL(`${name}/`, corpus);
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(folder).filter((file) => file.endsWith(".bin"));
  const inputs = files.map((file) => Uint8Array.from(readFileSync(new URL(file, folder))));
  for (const [i, bytes] of inputs.entries()) for (let seed = 1; seed <= 20; seed++) attempt(name, bytes, seed, files[i]);
  const until = performance.now() + (seconds * 1_000) / names.length;
  let seed = firstSeed;
  while (performance.now() < until) {
    seed++;
    const random = seeded(seed);
    const bytes = mutate(inputs[Math.floor(random() * inputs.length)], inputs, random);
    attempt(name, bytes, seed);
  }
  console.log(
    `${name}: ${inputs.length} inputs of the corpus and ${seed - firstSeed} mutations of them (from seed ${firstSeed}), none failed`,
  );
}
console.log(`${names.length} passed, 0 failed`);
