import assert from "node:assert/strict";
import { type Broadcast, createBroadcast, encode, type SlowReader } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { EmptySchema } from "../../gen/grpc-testing_pb.js";
import { bytes, code, guarantee, idsOf, listeners, stateOf, type World } from "./world.js";

type Hub = Broadcast<typeof PayloadSchema>;

let hub: Hub;

/** Joins every call to `hub`, until the call or the broadcast ends. */
const joining = {
  async server(_request: unknown, _context: unknown, out: Parameters<Hub["join"]>[0]) {
    await hub.join(out);
  },
};

const MESSAGES = 80;
const WAITING = 4;
const body = bytes(10_000);

/** Both streams have joined. */
async function begin(world: World, slowReader: SlowReader) {
  hub = createBroadcast(PayloadSchema, { slowReader, ...(slowReader === "latest" ? {} : { maxWaiting: WAITING }) });
  const slow = world.client.server({});
  const fast = world.client.server({});
  const fastIds = idsOf(fast);
  await world.settle();
  assert.equal(hub.size, 2);
  return { slow, fast, fastIds };
}

function upTo(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, id) => from + id);
}

/** Sends all messages, one after the other; the fast reader is done with each before the next. */
async function sendAll(world: World): Promise<void> {
  for (let id = 0; id < MESSAGES; id++) {
    assert.equal(hub.send({ id, body }), undefined);
    await world.settle();
  }
}

/** What each policy leaves for the reader that stopped, when so many messages were on their way and `WAITING` more have a place. */
const LEFT: Partial<Record<SlowReader, (accepted: number) => number[]>> = {
  "drop-oldest": (accepted) => [...upTo(accepted), ...upTo(WAITING, MESSAGES - WAITING)],
  "drop-newest": (accepted) => upTo(accepted + WAITING),
  latest: (accepted) => [...upTo(accepted), MESSAGES - 1],
};

for (const [slowReader, left] of Object.entries(LEFT) as [SlowReader, (accepted: number) => number[]][]) {
  guarantee(
    `C8: a broadcast with "${slowReader}" keeps little for a reader that stopped, and its neighbour gets all`,
    { impl: joining },
    async (world) => {
      const { slow, fastIds } = await begin(world, slowReader);
      await sendAll(world);
      hub.close();
      assert.deepEqual(await fastIds, upTo(MESSAGES));
      assert.equal(hub.size, 1, "the slow stream stays for what waits");
      const ids = await idsOf(slow);
      const places = slowReader === "latest" ? 1 : WAITING;
      const accepted = ids.length - places;
      assert.ok(accepted > 0 && accepted * 10_000 < 400_000, `${accepted} messages of 10,000 bytes were on their way`);
      assert.deepEqual(ids, left(accepted));
      await world.settle();
      assert.deepEqual(hub.statistics(), { streams: 0, sent: MESSAGES, dropped: MESSAGES - ids.length, ended: 0 });
    },
  );
}

guarantee(
  'C8: a broadcast with "end" ends the call of a reader that stopped, and its neighbour gets all',
  { impl: joining },
  async (world) => {
    const { slow, fastIds } = await begin(world, "end");
    await sendAll(world);
    assert.equal(hub.size, 1);
    let got = 0;
    const reading = (async () => {
      for await (const { id } of slow) assert.equal(id, got++);
    })();
    // HTTP/1.1 and fetch take a message whole: a status can follow it
    const byReset = world.statusInBody && world.fullDuplex;
    const because = /did not keep up with a broadcast: 4 messages waited/;
    await assert.rejects(reading, code("resource_exhausted", byReset ? /ENHANCE_YOUR_CALM/ : because));
    assert.ok(got > 0 && got < MESSAGES);
    hub.close();
    assert.deepEqual(await fastIds, upTo(MESSAGES));
    await world.settle();
    assert.deepEqual(hub.statistics(), { streams: 0, sent: MESSAGES, dropped: 0, ended: 1 });
  },
);

guarantee('C8: a broadcast with "wait" goes at the pace of its slowest reader, and loses nothing', { impl: joining }, async (world) => {
  const { slow, fastIds } = await begin(world, "wait");
  let id = 0;
  let room: Promise<void> | undefined;
  for (; room === undefined; id++) {
    room = hub.send({ id, body });
    await world.settle();
    assert.ok(id < MESSAGES, "nothing waits");
  }
  assert.equal(await stateOf(room), "pending");
  assert.throws(() => hub.send({ id }), { name: "UsageError", message: /await what the last send/ });
  const slowIds = idsOf(slow);
  await room;
  for (; id < MESSAGES; id++) await hub.send({ id, body });
  hub.close();
  assert.deepEqual(await slowIds, upTo(MESSAGES));
  assert.deepEqual(await fastIds, upTo(MESSAGES));
  await world.settle();
  assert.deepEqual(hub.statistics(), { streams: 0, sent: MESSAGES, dropped: 0, ended: 0 });
});

guarantee('C8: a broadcast with "wait" does not wait for a reader that is gone', { impl: joining }, async (world) => {
  const { slow, fastIds } = await begin(world, "wait");
  let room: Promise<void> | undefined;
  for (let id = 0; room === undefined; id++) {
    room = hub.send({ id, body });
    await world.settle();
  }
  assert.equal(await stateOf(room), "pending");
  slow.cancel();
  await room;
  assert.equal(hub.size, 1);
  hub.close();
  await fastIds;
});

/** How each `join` was settled, in order. */
const joins: string[] = [];

function noted(joined: Promise<void>): Promise<void> {
  joined.then(
    () => joins.push("resolved"),
    (error) => joins.push(error.code),
  );
  return joined;
}

let leave = new AbortController();

guarantee(
  "C8: join() settles with the end of the call, of its own signal, or of the broadcast; a stream that ended has left",
  {
    impl: {
      async server(request, _context, out) {
        if (request.id !== 3) return noted(hub.join(out));
        await assert.rejects(noted(hub.join(out, { signal: leave.signal })), {
          code: "cancelled",
          message: /left the broadcast/,
          cause: "why",
        });
        await out.send({ id: 1000 });
      },
    },
  },
  async ({ client, settle, advance }) => {
    joins.length = 0;
    leave = new AbortController();
    hub = createBroadcast(PayloadSchema, { slowReader: "drop-oldest" });
    const cancelled = client.server({ id: 1 });
    const late = client.server({ id: 2 }, { timeoutMs: 1_000 });
    const left = client.server({ id: 3 });
    const closed = client.server({ id: 4 });
    await settle();
    assert.equal(hub.size, 4);
    hub.send({ id: 0 });
    cancelled.cancel();
    await settle();
    assert.equal(hub.size, 3);
    leave.abort("why");
    assert.equal(hub.size, 2, "at once");
    assert.equal(listeners(leave.signal), 0);
    hub.send({ id: 1 });
    await advance(1_100);
    await assert.rejects(late.receive(), code("deadline_exceeded"));
    assert.equal(hub.size, 1);
    hub.close();
    hub.close();
    assert.equal(hub.size, 0);
    assert.deepEqual(await idsOf(left), [0, 1000]);
    assert.deepEqual(await idsOf(closed), [0, 1]);
    assert.deepEqual(joins, ["cancelled", "cancelled", "deadline_exceeded", "resolved"]);
    assert.throws(() => hub.send({ id: 2 }), { name: "UsageError", message: /after close/ });
    assert.deepEqual(await idsOf(client.server({ id: 5 })), [], "a stream that joins a closed broadcast has nothing to wait for");
  },
);

guarantee(
  "C8: a generator joins a broadcast by its third argument, and yields before and after",
  {
    impl: {
      async *server(_request, _context, out) {
        yield { id: 1 };
        await hub.join(out);
        yield { id: 99 };
      },
    },
  },
  async ({ client, settle }) => {
    hub = createBroadcast(PayloadSchema, { slowReader: "wait" });
    const streams = [client.server({}), client.server({})];
    await settle();
    for (const id of [2, 3]) await hub.send({ id });
    hub.close();
    for (const stream of streams) assert.deepEqual(await idsOf(stream), [1, 2, 3, 99]);
  },
);

guarantee(
  "C8: a client broadcasts over calls of both kinds that send, beside what it sends to each",
  {
    impl: {
      async client(requests) {
        let name = "";
        for await (const { id } of requests) name += `${id} `;
        return { name };
      },
      async *bidi(requests) {
        for await (const request of requests) yield request;
      },
    },
  },
  async ({ client, settle }) => {
    hub = createBroadcast(PayloadSchema, { slowReader: "wait" });
    const upload = client.client();
    const talk = client.bidi();
    const joined = [hub.join(upload), hub.join(talk)];
    await hub.send({ id: 1 });
    await talk.send({ id: 10 });
    await hub.send({ id: 2 });
    assert.equal(hub.size, 2);
    assert.equal((await upload.finish()).name, "1 2 ");
    await joined[0];
    assert.equal(hub.size, 1);
    talk.closeSend();
    await joined[1];
    assert.equal(hub.size, 0);
    assert.deepEqual(await idsOf(talk), [1, 10, 2]);

    const lost = client.bidi();
    const rejected = hub.join(lost);
    await settle();
    lost.cancel("enough");
    await assert.rejects(rejected, code("cancelled", /enough/));
    await assert.rejects(hub.join(lost), code("cancelled", /enough/));
  },
);

guarantee(
  "C8: what a message brings about may send the next one: every stream gets them in the same order",
  {
    impl: {
      async server(request, context, out) {
        (context.signal as AbortSignal).addEventListener("abort", () => void hub.send({ id: 1_000 + request.id }));
        await hub.join(out);
      },
    },
  },
  async (world) => {
    hub = createBroadcast(PayloadSchema, { slowReader: "end", maxWaiting: WAITING });
    const first = idsOf(world.client.server({ id: 1 }));
    const slow = world.client.server({ id: 2 });
    const last = idsOf(world.client.server({ id: 3 }));
    await world.settle();
    let sent = 0;
    for (; hub.size === 3; sent++) {
      hub.send({ id: sent, body });
      await world.settle();
      assert.ok(sent < MESSAGES);
    }
    await assert.rejects(idsOf(slow), code("resource_exhausted"));
    hub.close();
    assert.deepEqual(await first, [...upTo(sent), 1_002]);
    assert.deepEqual(await last, [...upTo(sent), 1_002]);
  },
);

guarantee("C8: misuse of a broadcast is told at the call", { impl: { ...joining, bidi: async () => {} } }, async ({ client }) => {
  hub = createBroadcast(PayloadSchema, { slowReader: "wait" });
  const talk = client.bidi();
  void hub.join(talk);
  assert.throws(() => void hub.join(talk), { name: "UsageError", message: /twice/ });
  const readOnly = client.server({});
  assert.throws(() => void hub.join(readOnly as never), { name: "UsageError", message: /join\(\) takes a call that sends/ });
  assert.throws(() => void hub.join({} as never), { name: "UsageError", message: /join\(\) takes a call that sends/ });
  const others = createBroadcast(EmptySchema, { slowReader: "wait" });
  assert.throws(() => void others.join(talk as never), {
    name: "UsageError",
    message: /sends grpc\.testing\.Empty; .* sends bench\.v1\.Payload/,
  });
  assert.throws(() => hub.send(encode(EmptySchema, {}) as never), { name: "UsageError", message: /is of type grpc\.testing\.Empty/ });
  assert.throws(() => hub.send({ id: "x" as never }), { name: "UsageError", message: /no message of type bench\.v1\.Payload/ });
  const make = (options: object) => () => createBroadcast(PayloadSchema, options as never);
  assert.throws(make({}), { name: "UsageError", message: /"slowReader" is undefined; it must be one of wait, drop-oldest/ });
  assert.throws(make({ slowReader: "wait", maxWaiting: 0 }), { name: "UsageError", message: /"maxWaiting" is 0/ });
  assert.throws(make({ slowReader: "latest", maxWaiting: 2 }), { name: "UsageError", message: /"maxWaiting" is 2; .* from 1 to 1/ });
  readOnly.cancel();
  talk.cancel();
});
