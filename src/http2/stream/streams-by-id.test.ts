import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../testing/engine/engine-pair.js";
import type { Http2Stream } from "./stream.js";
import { StreamsById } from "./streams-by-id.js";

function streamOf(id: number): Http2Stream {
  return { id } as Http2Stream;
}

function ids(streams: StreamsById): number[] {
  return streams.all().map(({ id }) => id);
}

test("an empty one finds nothing, and has nothing to take out", () => {
  const streams = new StreamsById();
  assert.equal(streams.get(1), undefined);
  streams.delete(1);
  assert.equal(streams.size, 0);
  assert.deepEqual(streams.all(), []);
});

test("what it holds is what a Map holds, under any order of adding and taking out", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const streams = new StreamsById();
    const reference = new Map<number, Http2Stream>();
    let next = 1;
    for (let step = 0; step < 3_000; step++) {
      // waves, so that it grows and shrinks
      const grows = random() < (step % 1_000 < 500 ? 0.7 : 0.3);
      if (grows) {
        const stream = streamOf(next);
        streams.add(stream);
        reference.set(next, stream);
        // a client may leave ids out
        next += 2 * (1 + Math.floor(random() * (seed % 3) * 500));
      } else {
        const known = [...reference.keys()];
        const id = known.length > 0 && random() < 0.9 ? (known[Math.floor(random() * known.length)] as number) : next;
        streams.delete(id);
        reference.delete(id);
      }
      assert.equal(streams.size, reference.size);
    }
    for (let id = 1; id < Math.min(next, 20_000); id += 2) assert.equal(streams.get(id), reference.get(id), `seed ${seed}: ${id}`);
    assert.deepEqual(ids(streams), [...reference.keys()], `seed ${seed}`);
  }
});

test("ids that want the same place are told apart", () => {
  // times 0x9e3779b1 these are small numbers: their highest bits, which are the place, are 0
  const inverse = 0xe8b2f51;
  const same = Array.from({ length: 400 }, (_, i) => Math.imul(i + 1, inverse) >>> 0).filter((id) => id < 2 ** 31 && id % 2 === 1);
  assert.equal(Math.imul(0x9e3779b1, inverse), 1);
  assert.ok(same.length > 80);
  const streams = new StreamsById();
  for (const id of same) streams.add(streamOf(id));
  for (const id of same) assert.equal(streams.get(id)?.id, id);
  for (const [i, id] of same.entries()) {
    streams.delete(id);
    assert.equal(streams.get(id), undefined);
    assert.deepEqual(
      ids(streams),
      same.slice(i + 1).sort((one, other) => one - other),
    );
  }
});
