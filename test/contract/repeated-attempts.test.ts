import assert from "node:assert/strict";
import type { Picker } from "sluice";
import { NO_CONNECTION, NO_RESET_CODE, NOT_SAID } from "./carriers.js";
import { echo } from "./echo.js";
import { type RawAnswer, raw } from "./raw-server.js";
import { refusing } from "./refusing.js";
import { bytes, code, guarantee, stateOf, type World } from "./world.js";

/* When an attempt is repeated, and what a call does between two of them. More: attempts.test.ts. */

const UNKNOWN_WHAT_WAS_READ = { ...NO_CONNECTION, http1: NOT_SAID, http2: NOT_SAID };

/** Sends until nothing more is accepted; returns how many were. */
function fill(writer: { trySend(message: { body: Uint8Array }): boolean }): number {
  let accepted = 0;
  while (writer.trySend({ body: bytes(20_000) })) assert.ok(++accepted < 100, "nothing stops the writer");
  return accepted;
}

guarantee(
  "C8: a call that waits for its next connection accepts no more than one that waits for its first",
  { impl: echo, skip: UNKNOWN_WHAT_WAS_READ },
  async (world) => {
    const { client, settle } = world;
    await client.unary({});
    world.reachable = "silent";
    const upload = client.client({ waitForReady: true });
    assert.equal(upload.send({ id: 1 }), undefined);
    world.cut();
    await settle();
    assert.equal(await stateOf(upload.outcome), "pending");
    assert.equal(fill(upload), 4);
    const room = upload.whenWritable();
    await settle();
    assert.equal(await stateOf(room), "pending");
    upload.cancel();
  },
);

let world: World;
let cuts = 0;

/** Cuts each connection before what was sent on it arrives. */
const cutting: Picker = {
  pick([connection]) {
    if (connection === undefined) return undefined;
    if (cuts-- > 0) world.runtime.soon(() => world.cut());
    return { connection, done: () => {} };
  },
};

guarantee(
  "an attempt that no handler saw since its connection was lost is repeated however often, unlike one that was refused",
  { impl: echo, channel: { picker: cutting }, skip: UNKNOWN_WHAT_WAS_READ },
  async (given) => {
    world = given;
    cuts = 3;
    assert.equal((await world.client.unary({ id: 7 })).id, 7);
    assert.equal(world.server.statistics().totalCalls, 1);
    assert.equal(world.dials, 4);
  },
);

let answer: RawAnswer;
const silent = raw((given) => {
  answer = given;
});

guarantee(
  "C5: a reset with CANCEL up to 5 ms before the deadline is the deadline; with another code, or before, it is what it says",
  { acceptor: silent, skip: NO_RESET_CODE },
  async ({ client, settle, advance }) => {
    for (const [after, reset, expected] of [
      [95, 8, "deadline_exceeded"],
      [94, 8, "cancelled"],
      [99, 2, "internal"],
    ] as const) {
      const call = client.bidi({ timeoutMs: 100 });
      await settle();
      await advance(after);
      answer.exchange.reset(reset);
      await settle();
      const { code: ended, timeline } = await call.outcome;
      assert.equal(ended, expected);
      const text = String(timeline);
      if (expected === "deadline_exceeded") assert.ok(text.endsWith("; +95 ms peer reset CANCEL; +95 ms deadline passed"), text);
      else assert.match(text, /peer reset (CANCEL|INTERNAL_ERROR)$/);
    }
  },
);

guarantee(
  "an attempt that was refused twice ends the call, and its timeline with the refusal",
  { acceptor: raw((given) => given.exchange.reset(7)), skip: NO_RESET_CODE },
  async ({ client }) => {
    const outcome = await client.bidi().outcome;
    assert.equal(outcome.code, "unavailable");
    assert.match(String(outcome.timeline), /; \+0 ms request sent, attempt 2; \+0 ms peer reset REFUSED_STREAM$/);
  },
);

guarantee(
  "C3: a stream that has ended when its handle is made has nothing watched for it",
  { impl: echo },
  async ({ client, runtime, settle }) => {
    await client.unary({});
    await settle();
    const timers = runtime.timers.size;
    const stream = client.server({}, { signal: AbortSignal.abort() });
    assert.equal(runtime.timers.size, timers);
    await assert.rejects(stream.receive(), code("cancelled"));
  },
);

let refusals = 0;

guarantee(
  "what takes maxReplayBytes and no more is repeated, whether the first attempt began before it was sent or after",
  {
    impl: {
      async client(requests) {
        let id = 0;
        for await (const request of requests) id += request.body.length;
        return { id };
      },
    },
    acceptor: refusing(() => refusals-- > 0),
    maxReplayBytes: 10_000,
    skip: NO_RESET_CODE,
  },
  async ({ client, cut, settle }) => {
    // a body of 9,992 bytes makes a message of 10,000, with its prefix
    for (const [length, repeated] of [
      [9_992, true],
      [9_993, false],
    ] as const) {
      for (const first of ["waits", "goes at once"]) {
        if (first === "waits") {
          cut();
          await settle();
        } else await client.client([]);
        refusals = 1;
        const upload = client.client();
        void upload.send({ body: bytes(length) });
        const reply = upload.finish();
        if (repeated) assert.equal((await reply).id, length);
        else await assert.rejects(reply, code("unavailable"));
        refusals = 0;
      }
    }
  },
);

guarantee(
  "C8: a call without a connection accepts a message that ends at the mark, and the next one waits",
  { impl: echo },
  async (world) => {
    world.reachable = "silent";
    for (const [length, more] of [
      [65_526, true],
      [65_527, false],
    ] as const) {
      const upload = world.client.client();
      // an encoded message of four bytes more, and a prefix of five
      assert.equal(upload.trySend({ body: bytes(length) }), true);
      assert.equal(upload.trySend({ id: 1 }), more);
      upload.cancel();
    }
  },
);

const ends: string[] = [];

guarantee(
  "a request that was given up to its end is not cut off by a response that comes before it has arrived",
  {
    acceptor: raw(
      (given) => void given.head().message().end(),
      (end) => void ends.push(end.kind),
    ),
    skip: NO_RESET_CODE,
  },
  async ({ client, settle }) => {
    ends.length = 0;
    await client.unary({ id: 1 });
    await settle();
    ends.length = 0;
    assert.equal((await client.client([{ body: bytes(300_000) }])).id, 1);
    await settle();
    assert.deepEqual(ends, ["complete"]);
  },
);
