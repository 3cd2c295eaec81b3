import assert from "node:assert/strict";
import type { AttemptEnd, Picker } from "sluice";
import { NO_CONNECTION, NO_GOAWAY, NO_RESET_CODE, NOT_SAID } from "./carriers.js";
import { refusing } from "./refusing.js";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf, type World } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

let refusals = 0;

function fresh(): void {
  heard.length = 0;
  hold = gate();
  refusals = 0;
  ends.length = 0;
  picks = 0;
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

/** Refuses as many exchanges as `refusals` says. */
const refuses = refusing(() => {
  if (refusals-- <= 0) return false;
  heard.push("refused");
  return true;
});

guarantee(
  "an attempt that was refused is repeated once, unseen, with everything that was sent",
  { impl: echo, acceptor: refuses, skip: NO_RESET_CODE },
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
  { impl: echo, acceptor: refuses, maxReplayBytes: 10_000, skip: NO_RESET_CODE },
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
  { impl: { unary: (_, context) => ({ id: context.timeRemainingMs() }) }, acceptor: refuses, skip: NO_RESET_CODE },
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
    unaryOnly: true,
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

guarantee(
  "an attempt above the last id of a GOAWAY, and not to be repeated, ends as unavailable whatever the GOAWAY's code",
  {
    impl: echo,
    maxReplayBytes: 0,
    serverLimits: { keepaliveIntervalMs: 1_000, keepaliveTimeoutMs: 1_000 },
    skip: { ...NO_CONNECTION, ...NO_GOAWAY, memory: "has no keepalive" },
  },
  async ({ client, network, advance }) => {
    await client.unary({ id: 1 });
    network.stall("toServer");
    const call = client.unary({ id: 2 });
    await advance(3_000);
    network.resume();
    await assert.rejects(call, code("unavailable", /GOAWAY\(NO_ERROR\)/));
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

/** Every attempt has ended so, and is counted no more. */
async function done({ settle }: World, ...codes: string[]): Promise<void> {
  await settle();
  assert.deepEqual(
    ends.map(({ code: how }) => how),
    codes,
  );
  assert.equal(picks, codes.length);
  ends.length = 0;
  picks = 0;
}

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
    closeTimeoutMs: 100,
  },
  async (world) => {
    const { client, cut, settle, advance, shutDown, channel } = world;
    await done(world);
    await client.unary({});
    await done(world, "ok");
    await idsOf(client.server({}));
    await done(world, "ok");
    await idsOf(client.server({ id: 1 })).catch(() => {});
    await done(world, "internal");
    for (const leave of ["cancel", "close", "deadline", "cut", "unread", "channel"]) {
      const stream = client.server({ id: leave === "unread" ? 0 : 2 }, leave === "deadline" ? { timeoutMs: 50 } : {});
      await settle();
      if (leave === "cancel") stream.cancel();
      else if (leave === "close") void stream.close();
      else if (leave === "cut") cut();
      else if (leave === "channel") void channel.close();
      await advance(100);
      await done(world, { deadline: "deadline_exceeded", cut: "unavailable", unread: "ok", channel: "unavailable" }[leave] ?? "cancelled");
    }
    void shutDown(0);
  },
);

guarantee(
  "C2: picker.done runs once for each attempt that was refused",
  { impl: echo, channel: { picker: counting }, acceptor: refuses, skip: NO_RESET_CODE },
  async (world) => {
    const { client } = world;
    fresh();
    refusals = 1;
    await client.unary({});
    assert.equal(ends[0]?.unprocessed, true);
    await done(world, "unavailable", "ok");
    refusals = 2;
    await client.unary({}).catch(() => {});
    await done(world, "unavailable", "unavailable");
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
    skip: NO_RESET_CODE,
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

guarantee(
  "a request that was on its way when the connection was lost is repeated where it is certain that no handler saw it",
  { impl: echo, skip: { http2: NOT_SAID, fetch: NOT_SAID } },
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
    skip: NO_RESET_CODE,
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
  { impl: { ...echo, ...waiting }, skip: NO_CONNECTION },
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
