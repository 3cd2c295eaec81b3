import assert from "node:assert/strict";
import { code, type Gate, gate, guarantee, stateOf } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

const waiting = {
  async unary(request: { id: number }) {
    await hold.promise;
    return { id: request.id };
  },
};

guarantee(
  "C12: channel.close() without grace ends every call, those that wait for a connection too, and refuses new ones",
  { impl: waiting, unaryOnly: true },
  async (world) => {
    fresh();
    const call = world.client.unary({});
    await world.settle();
    const closed = world.channel.close();
    const late = world.client.unary({});
    await assert.rejects(call, code("unavailable", /channel was closed/));
    await assert.rejects(late, code("unavailable", /channel is closed/));
    const { cutOff } = await closed;
    assert.deepEqual(
      cutOff.map(({ method, handlerRunning }) => ({ method, handlerRunning })),
      [{ method: "/bench.v1.Bench/Unary", handlerRunning: false }],
    );
    hold.open();
    assert.deepEqual((await world.channel.close()).cutOff, cutOff);
  },
);

guarantee("C12: channel.close() ends connecting and waiting", { impl: waiting }, async (world) => {
  world.reachable = "silent";
  const calls = [world.client.unary({}), world.client.unary({}, { waitForReady: true }), world.client.bidi().outcome];
  await world.settle();
  const { cutOff } = await world.channel.close();
  assert.deepEqual(
    cutOff.map(({ method, peer }) => [method, peer]),
    [
      ["/bench.v1.Bench/Unary", undefined],
      ["/bench.v1.Bench/Unary", undefined],
      ["/bench.v1.Bench/Bidi", undefined],
    ],
  );
  await assert.rejects(calls[0] as Promise<unknown>, code("unavailable"));
  await assert.rejects(calls[1] as Promise<unknown>, code("unavailable"));
  assert.equal(world.channel.statistics().openConnections, 0);
});

guarantee(
  "C12: channel.close() with grace lets calls finish; a shorter close() hastens it; the grace is a bound",
  { impl: waiting, unaryOnly: true },
  async (world) => {
    fresh();
    const finishes = world.client.unary({ id: 1 });
    await world.settle();
    const closed = world.channel.close({ graceMs: 10_000 });
    await world.advance(5_000);
    assert.equal(await stateOf(closed), "pending");
    hold.open();
    assert.equal((await finishes).id, 1);
    assert.deepEqual(await closed, { cutOff: [] });
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
  "C12: channel.close() while it dials waits for no grace, and reports the calls that waited as cut off, without a peer",
  { impl: waiting, unaryOnly: true },
  async (world) => {
    world.reachable = "silent";
    const dialled = world.dials;
    const call = world.client.unary({}, { waitForReady: true });
    await world.settle();
    await world.advance(1_500);
    assert.equal(world.dials, dialled + 1);
    const closed = world.channel.close({ graceMs: 3_600_000 });
    await assert.rejects(call, code("unavailable", /channel is closed/));
    const report = await closed;
    assert.deepEqual(report, {
      cutOff: [{ method: "/bench.v1.Bench/Unary", peer: undefined, ageMs: 1_500, handlerRunning: false }],
    });
    assert.equal(await world.channel.close(), report, "a later close() gives the same");
    assert.equal(world.channel.statistics().openConnections, 0);
    assert.deepEqual(world.logs, []);
  },
);
