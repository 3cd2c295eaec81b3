import assert from "node:assert/strict";
import type { AttemptEnd, Picker } from "sluice";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf, stateOf } from "./world.js";

const REFUSED_STREAM = 7;

const heard: string[] = [];
let hold: Gate = gate();
let refusals = 0;

function fresh(): void {
  heard.length = 0;
  hold = gate();
  refusals = 0;
}

const echo = {
  unary: (request: { id: number; body: Uint8Array }) => ({ id: request.id + 1 }),
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) yield { id };
  },
};

const waiting = {
  async unary(request: { id: number }) {
    await hold.promise;
    return { id: request.id };
  },
};

/** What the transport calls. */
type Acceptor = ReturnType<NonNullable<Parameters<typeof guarantee>[1]["acceptor"]>>;

/** Refuses as many exchanges as `refusals` says, before any handler. */
function refuses(server: Acceptor): Acceptor {
  return {
    onExchange(exchange, head, end) {
      if (refusals-- <= 0) return server.onExchange(exchange, head, end);
      heard.push("refused");
      exchange.settled();
      exchange.reset(REFUSED_STREAM);
      const ignore = () => {};
      return { onHead: ignore, onData: ignore, onTrailers: ignore, onWritable: ignore, onDraining: ignore, onEnd: ignore };
    },
  };
}

// ------------------------------------------------------------------------------------------------ connecting

guarantee(
  "C10: a server that cannot be reached is unavailable, with the reason; the channel waits longer each time",
  { impl: echo },
  async (world) => {
    world.reachable = "refused";
    await assert.rejects(world.client.unary({}), code("unavailable", /connection refused by memory/));
    assert.equal(world.dials, 1);
    // within the back-off nobody dials, and calls fail at once
    await assert.rejects(world.client.unary({}), code("unavailable", /connection refused/));
    assert.equal(world.dials, 1);
    const patient = world.client.unary({ id: 1 }, { waitForReady: true });
    const gaps: number[] = [];
    let last = world.runtime.now();
    while (world.dials < 5) {
      const before: number = world.dials;
      await world.advance(10);
      if (world.dials === before) continue;
      gaps.push(world.runtime.now() - last);
      last = world.runtime.now();
    }
    for (const [index, gap] of gaps.entries()) {
      const expected = 1_000 * 1.6 ** index;
      assert.ok(gap > expected * 0.79 && gap < expected * 1.21 + 20, `wait ${index} is ${gap} ms`);
    }
    assert.equal(await stateOf(patient), "pending");
    world.reachable = "up";
    await world.advance(10_000);
    assert.equal((await patient).id, 2);
  },
);

guarantee("waitForReady waits for as long as its deadline, and no longer", { impl: echo }, async (world) => {
  world.reachable = "refused";
  const patient = world.client.unary({}, { waitForReady: true, timeoutMs: 5_000 });
  await world.advance(4_999);
  assert.equal(await stateOf(patient), "pending");
  await world.advance(1);
  await assert.rejects(patient, code("deadline_exceeded"));
});

guarantee(
  "messages sent before there is a connection are accepted up to the mark, and arrive in order",
  {
    impl: {
      async client(requests) {
        for await (const { id } of requests) heard.push(String(id));
        return {};
      },
    },
  },
  async ({ client }) => {
    fresh();
    const upload = client.client();
    assert.equal(upload.send({ id: 1 }), undefined);
    assert.equal(upload.send({ id: 2, body: bytes(70_000) }), undefined, "one message may overshoot");
    const third = upload.send({ id: 3 });
    assert.ok(third instanceof Promise);
    await upload.finish();
    assert.deepEqual(heard, ["1", "2", "3"]);
  },
);

guarantee(
  "after a lost connection the next call connects anew; calls that were open are unavailable",
  { impl: { ...echo, ...waiting } },
  async (world) => {
    fresh();
    const call = world.client.unary({});
    await world.settle();
    world.cut();
    await assert.rejects(call, code("unavailable", /cut/));
    hold.open();
    assert.equal((await world.client.unary({ id: 4 })).id, 4);
    assert.equal(world.dials, 2);
  },
);

guarantee(
  "one connection until its limit of streams is reached, then more, up to maxConnections; then calls wait their turn",
  { impl: waiting, memory: { maxConcurrentExchanges: 2 }, serverLimits: { maxConcurrentStreams: 2 }, channel: { maxConnections: 2 } },
  async ({ client, channel, settle }) => {
    fresh();
    const calls = [1, 2].map((id) => client.unary({ id }));
    await settle();
    assert.equal(channel.statistics().openConnections, 1);
    for (let id = 3; id <= 6; id++) calls.push(client.unary({ id }));
    await settle();
    const { openConnections, openStreams, waitingCalls } = channel.statistics();
    assert.deepEqual([openConnections, openStreams, waitingCalls], [2, 4, 2]);
    hold.open();
    assert.deepEqual(
      (await Promise.all(calls)).map(({ id }) => id),
      [1, 2, 3, 4, 5, 6],
    );
  },
);

guarantee(
  "a call that waits for a stream can be cancelled, and does not stand in the way of those behind it",
  { impl: waiting, memory: { maxConcurrentExchanges: 1 }, serverLimits: { maxConcurrentStreams: 1 }, channel: { maxConnections: 1 } },
  async ({ client, channel, settle }) => {
    fresh();
    const first = client.unary({ id: 1 });
    await settle();
    const abort = new AbortController();
    const second = client.unary({ id: 2 }, { signal: abort.signal });
    const third = client.unary({ id: 3 });
    await settle();
    assert.equal(channel.statistics().waitingCalls, 2);
    abort.abort();
    await assert.rejects(second, code("cancelled"));
    hold.open();
    assert.deepEqual([(await first).id, (await third).id], [1, 3]);
  },
);

// ------------------------------------------------------------------------------------------------ attempts

guarantee(
  "an attempt that was refused is repeated once, unseen, with everything that was sent",
  { impl: echo, acceptor: refuses },
  async ({ client }) => {
    fresh();
    refusals = 1;
    assert.equal((await client.unary({ id: 1 })).id, 2);
    refusals = 1;
    assert.deepEqual(await idsOf(client.bidi([{ id: 1 }, { id: 2 }])), [1, 2]);
    refusals = 1;
    const talk = client.bidi();
    await talk.send({ id: 1 });
    assert.equal((await talk.receive())?.id, 1);
    await talk.send({ id: 2 });
    talk.closeSend();
    assert.deepEqual(await idsOf(talk), [2]);
    assert.equal(heard.length, 3);
    refusals = 2;
    await assert.rejects(client.unary({}), code("unavailable"));
    assert.equal(heard.length, 5);
    refusals = 0;
  },
);

guarantee(
  "what is more than maxReplayBytes is not repeated",
  { impl: echo, acceptor: refuses, maxReplayBytes: 10_000 },
  async ({ client }) => {
    fresh();
    refusals = 1;
    assert.equal((await client.unary({ body: bytes(9_000) })).id, 1);
    refusals = 1;
    await assert.rejects(client.unary({ body: bytes(11_000) }), code("unavailable"));
    refusals = 1;
    const upload = client.bidi();
    await upload.send({ body: bytes(6_000) });
    await upload.send({ body: bytes(6_000) });
    await assert.rejects(upload.receive(), code("unavailable"));
  },
);

guarantee(
  "a repeated attempt has what is left of the deadline",
  { impl: { unary: (_, context) => ({ id: context.timeRemainingMs() }) }, acceptor: refuses },
  async ({ client, advance, settle }) => {
    fresh();
    refusals = 1;
    const call = client.unary({}, { timeoutMs: 1_000 });
    await settle();
    assert.equal((await call).id, 1_000);
    await advance(0);
  },
);

guarantee(
  "an attempt that the server had begun is never repeated",
  {
    impl: {
      async unary(_, context) {
        heard.push("begun");
        await aborted(context.signal);
        return {};
      },
    },
  },
  async ({ client, cut, settle }) => {
    fresh();
    const call = client.unary({});
    await settle();
    cut();
    await assert.rejects(call, code("unavailable"));
    assert.deepEqual(heard, ["begun"]);
  },
);

const ends: AttemptEnd[] = [];
let picks = 0;

/** Counts what it picks, and hears how each attempt ends. */
const counting: Picker = {
  pick(connections) {
    const connection = connections[0];
    if (connection === undefined) return undefined;
    picks++;
    return { connection, done: (end) => void ends.push(end) };
  },
};

guarantee(
  "C2: picker.done runs once for each attempt, in every ending",
  {
    impl: {
      ...echo,
      async *server(request, context) {
        yield { id: 1 };
        if (request.id === 0) return;
        if (request.id === 1) throw new Error("accident");
        await aborted(context.signal);
      },
    },
    channel: { picker: counting },
    acceptor: refuses,
    closeTimeoutMs: 100,
  },
  async ({ client, cut, settle, advance, shutDown, channel }) => {
    const done = async (...codes: string[]): Promise<void> => {
      await settle();
      assert.deepEqual(
        ends.map(({ code: how }) => how),
        codes,
      );
      assert.equal(picks, codes.length);
      ends.length = 0;
      picks = 0;
    };
    fresh();
    await done();
    await client.unary({});
    await done("ok");
    await idsOf(client.server({}));
    await done("ok");
    await idsOf(client.server({ id: 1 })).catch(() => {});
    await done("internal");
    refusals = 1;
    await client.unary({});
    assert.equal(ends[0]?.unprocessed, true);
    await done("unavailable", "ok");
    refusals = 2;
    await client.unary({}).catch(() => {});
    await done("unavailable", "unavailable");
    for (const leave of ["cancel", "close", "deadline", "cut", "unread", "channel"]) {
      const stream = client.server({ id: leave === "unread" ? 0 : 2 }, leave === "deadline" ? { timeoutMs: 50 } : {});
      await settle();
      if (leave === "cancel") stream.cancel();
      else if (leave === "close") void stream.close();
      else if (leave === "cut") cut();
      else if (leave === "channel") void channel.close();
      await advance(100);
      await done({ deadline: "deadline_exceeded", cut: "unavailable", unread: "ok", channel: "unavailable" }[leave] ?? "cancelled");
    }
    void shutDown(0);
  },
);

guarantee(
  "a picker that ends the call when an attempt ends has ended it",
  {
    impl: echo,
    acceptor: refuses,
    channel: {
      picker: {
        pick: ([connection]) => (connection === undefined ? undefined : { connection, done: () => abort.abort("by the picker") }),
      },
    },
  },
  async ({ client, server }) => {
    fresh();
    refusals = 1;
    abort = new AbortController();
    await assert.rejects(client.unary({}, { signal: abort.signal }), code("cancelled", /by the picker/));
    assert.equal(server.statistics().totalCalls, 0);
  },
);

let abort = new AbortController();

// ------------------------------------------------------------------------------------------------ the end of a channel

guarantee(
  "C12: channel.close() without grace ends every call, those that wait for a connection too, and refuses new ones",
  { impl: waiting },
  async (world) => {
    fresh();
    const call = world.client.unary({});
    await world.settle();
    const closed = world.channel.close();
    const late = world.client.unary({});
    await assert.rejects(call, code("unavailable", /channel was closed/));
    await assert.rejects(late, code("unavailable", /channel is closed/));
    await closed;
    hold.open();
    assert.equal(await world.channel.close(), undefined);
  },
);

guarantee("C12: channel.close() ends connecting and waiting", { impl: waiting }, async (world) => {
  world.reachable = "silent";
  const calls = [world.client.unary({}), world.client.unary({}, { waitForReady: true }), world.client.bidi().outcome];
  await world.settle();
  await world.channel.close();
  await assert.rejects(calls[0] as Promise<unknown>, code("unavailable"));
  await assert.rejects(calls[1] as Promise<unknown>, code("unavailable"));
  assert.equal(world.channel.statistics().openConnections, 0);
});

guarantee(
  "C12: channel.close() with grace lets calls finish; a shorter close() hastens it; the grace is a bound",
  { impl: waiting },
  async (world) => {
    fresh();
    const finishes = world.client.unary({ id: 1 });
    await world.settle();
    const closed = world.channel.close({ graceMs: 10_000 });
    await world.advance(5_000);
    assert.equal(await stateOf(closed), "pending");
    hold.open();
    assert.equal((await finishes).id, 1);
    await closed;
  },
);

for (const [name, hasten] of [
  ["hastened", 1],
  ["bounded", 0],
] as const) {
  guarantee(
    `C12: channel.close() with a parked call is ${name}`,
    { impl: { unary: () => new Promise<never>(() => {}) }, strays: 1 },
    async (world) => {
      const call = world.client.unary({});
      await world.settle();
      const closed = world.channel.close({ graceMs: 10_000 });
      await world.advance(1_000);
      if (hasten === 1) void world.channel.close({ graceMs: 500 });
      await world.advance(499);
      assert.equal(await stateOf(call), "pending");
      await world.advance(hasten === 1 ? 1 : 8_501);
      await assert.rejects(call, code("unavailable", /channel was closed/));
      await world.advance(5_000);
      await closed;
    },
  );
}

guarantee(
  "a request that was on its way when the connection was lost is repeated where it is certain that no handler saw it",
  { impl: echo, skip: { http2: "a lost connection does not say what its peer has read" } },
  async (world) => {
    fresh();
    assert.equal((await world.client.unary({ id: 1 })).id, 2);
    const before = world.server.statistics().totalCalls;
    const call = world.client.unary({ id: 2 });
    world.cut();
    assert.equal((await call).id, 3);
    assert.equal(world.server.statistics().totalCalls, before + 1);
    assert.equal(world.dials, 2);
  },
);

guarantee(
  "a repeated upload goes on with the sends that waited",
  {
    impl: {
      async client(requests) {
        let id = 0;
        for await (const request of requests) id = id * 10 + request.id;
        return { id };
      },
    },
    acceptor: refuses,
  },
  async ({ client, settle }) => {
    fresh();
    refusals = 1;
    const upload = client.client();
    const sends = [1, 2, 3, 4].map((id) => upload.send({ id, body: bytes(50_000) }));
    await settle();
    const reply = upload.finish();
    await Promise.all(sends);
    assert.equal((await reply).id, 1_234);
    assert.deepEqual(heard, ["refused"]);
  },
);

guarantee(
  "a server that drains is left for another connection; what it has begun is finished on the old one",
  { impl: { ...echo, ...waiting } },
  async (world) => {
    fresh();
    const old = world.client.unary({ id: 1 });
    await world.settle();
    world.server.drain();
    await world.settle();
    const other = world.client.unary({ id: 2 });
    await world.settle();
    assert.equal(world.dials, 2);
    assert.equal(world.channel.statistics().openConnections, 2);
    hold.open();
    assert.deepEqual([(await old).id, (await other).id], [1, 2]);
    await world.settle();
    assert.equal(world.channel.statistics().openConnections, 1);
  },
);
