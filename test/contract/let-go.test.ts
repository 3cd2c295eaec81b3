import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Outcome } from "sluice";
import { NO_RESET_CODE, ONE_AT_A_TIME, RESTING } from "./carriers.js";
import { collectUntil } from "./collect.js";
import { parked } from "./parked.js";
import { bytes, guarantee, turn } from "./world.js";

/* What a call lets go of at its end, and what it says of a handle that was let go of. */

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Memory outside of the heap, where messages are. */
async function buffers(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    await turn();
    gc();
  }
  return process.memoryUsage().arrayBuffers;
}

guarantee("C2: a call that has ended holds its handle's requests no more, though the handle is kept", { impl: parked }, async (world) => {
  world.reachable = "silent";
  const before = await buffers();
  const kept = Array.from({ length: 20 }, () => world.client.client({ waitForReady: true }));
  for (const upload of kept) {
    void upload.send({ body: bytes(300_000) });
    void upload.send({ body: bytes(300_000) });
  }
  assert.ok((await buffers()) - before > 4_000_000, "they wait for a connection");
  for (const upload of kept) upload.cancel();
  assert.ok((await buffers()) - before < 1_000_000);
  assert.equal(kept.length, 20);
});

for (const callSites of ["always", "never"] as const) {
  const where = callSites === "always" ? "where it was opened" : "no place where none was noted";
  guarantee(
    `C3: the outcome of a stream whose handle was collected names ${where}, and its timeline says cancelled`,
    { impl: parked, channel: { callSites } },
    async ({ client, advance }) => {
      let outcome: Outcome | undefined;
      const open = (): void => {
        void client.bidi().outcome.then((value) => {
          outcome = value;
        });
      };
      open();
      await advance(1_000);
      assert.ok(await collectUntil(() => outcome !== undefined));
      const opened =
        callSites === "always" ? /^the handle of the stream, which was opened at .*let-go\.test\.js:\d+:\d+.*, was collected: / : "";
      assert.match(outcome?.message ?? "", opened || /^the handle of the stream was collected: /);
      assert.match(String(outcome?.timeline), /; \+1000 ms cancelled$/);
    },
  );
}

guarantee(
  "C5: a call that has ended starts no timer, and one that closes without a time keeps none",
  { impl: parked, skip: RESTING },
  async (world) => {
    const { client, runtime, settle } = world;
    await client.unary({}, { timeoutMs: 0 }).catch(() => {});
    const timers = runtime.timers.size;
    await client.unary({}, { timeoutMs: 0, idleTimeoutMs: 1_000 }).catch(() => {});
    await client.unary({}, { signal: AbortSignal.abort(), idleTimeoutMs: 1_000, timeoutMs: 1_000 }).catch(() => {});
    assert.equal(runtime.timers.size, timers);
    const first = client.client();
    await settle();
    const connected = runtime.timers.size;
    const stream = client.bidi({ idleTimeoutMs: 1_000, closeTimeoutMs: Number.POSITIVE_INFINITY });
    await settle();
    assert.equal(runtime.timers.size, connected + 1);
    void stream.close();
    assert.equal(runtime.timers.size, connected);
    stream.cancel();
    first.cancel();
  },
);

guarantee(
  "C2: a call lets go of what it has sent when its response begins",
  {
    impl: {
      async client(requests, context) {
        for await (const { id } of requests) if (id === 2) context.sendHeaders();
        return {};
      },
    },
    channel: { maxConnections: 1 },
    skip: ONE_AT_A_TIME,
  },
  async ({ client, settle }) => {
    await client.client([]);
    const before = await buffers();
    const uploads = Array.from({ length: 50 }, () => client.client());
    for (const upload of uploads) await upload.send({ id: 1, body: bytes(200_000) });
    await settle();
    assert.ok((await buffers()) - before > 3_000_000, "they may have to be sent again");
    for (const upload of uploads) await upload.send({ id: 2 });
    await settle();
    assert.ok((await buffers()) - before < 1_500_000);
    for (const upload of uploads) await upload.finish();
  },
);

guarantee(
  "C11: who asked for calls that end badly is told of no other, with the peer and the place where they are known",
  {
    impl: { ...parked, unary: (request) => ({ id: request.id }) },
    logFailedCalls: true,
    channel: { callSites: "always" },
    skip: NO_RESET_CODE,
  },
  async ({ client, settle, logs, channel, server }) => {
    await client.unary({});
    const stream = client.bidi();
    await settle();
    const peers = [channel.calls()[0]?.peer, server.calls()[0]?.peer];
    stream.cancel();
    await settle();
    const [first, second] = logs;
    assert.deepEqual([logs.length, first?.method, second?.method], [2, "/bench.v1.Bench/Bidi", "/bench.v1.Bench/Bidi"]);
    const ours = logs.find(({ openedAt }) => openedAt !== undefined);
    const theirs = logs.find((log) => log !== ours);
    assert.match(ours?.openedAt ?? "", /let-go\.test\.js/);
    assert.equal(theirs?.peer, peers[1]);
    assert.deepEqual([Object.hasOwn(theirs ?? {}, "openedAt"), Object.hasOwn(ours ?? {}, "peer")], [false, false]);
    assert.equal(peers[0], "memory");
  },
);
