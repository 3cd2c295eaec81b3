import assert from "node:assert/strict";
import { NO_CONNECTION, ONE_AT_A_TIME } from "./carriers.js";
import { bytes, code, type Gate, gate, guarantee, stateOf } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
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

guarantee(
  "C10: a server that cannot be reached is unavailable, with the reason; the channel waits longer each time",
  { impl: echo, unaryOnly: true },
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

guarantee("waitForReady waits for as long as its deadline, and no longer", { impl: echo, unaryOnly: true }, async (world) => {
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
  "calls of a connection that is lost are unavailable, and the next call is answered",
  { impl: { ...echo, ...waiting }, unaryOnly: true },
  async (world) => {
    fresh();
    const call = world.client.unary({});
    await world.settle();
    world.cut();
    await assert.rejects(call, code("unavailable", /cut/));
    hold.open();
    assert.equal((await world.client.unary({ id: 4 })).id, 4);
  },
);

guarantee("after a lost connection the next call connects anew", { impl: echo, skip: NO_CONNECTION }, async (world) => {
  await world.client.unary({});
  world.cut();
  await world.settle();
  await world.client.unary({});
  assert.equal(world.dials, 2);
});

guarantee(
  "one connection until its limit of streams is reached, then more, up to maxConnections; then calls wait their turn",
  {
    impl: waiting,
    memory: { maxConcurrentExchanges: 2 },
    serverLimits: { maxConcurrentStreams: 2 },
    channel: { maxConnections: 2 },
    skip: { ...NO_CONNECTION, ...ONE_AT_A_TIME },
  },
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
  {
    impl: waiting,
    memory: { maxConcurrentExchanges: 1 },
    serverLimits: { maxConcurrentStreams: 1 },
    channel: { maxConnections: 1 },
    skip: NO_CONNECTION,
  },
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
