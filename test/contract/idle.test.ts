import assert from "node:assert/strict";
import type { Interceptor, RpcError } from "sluice";
import { echo } from "./echo.js";
import { fresh, heard, parked } from "./parked.js";
import { bytes, code, type Gate, gate, guarantee, idsOf, stateOf, type World } from "./world.js";

const IDLE = { idleTimeoutMs: 1_000 };

/** One call of each kind that stands still, as promises that settle with its end. */
function oneOfEachKind({ client, readable }: World): Promise<unknown>[] {
  return [client.unary({}), client.server({}).receive(), client.client().finish(), readable(client.bidi()).receive()];
}

guarantee(
  "C5: a client ends a call of any kind on which nothing moves, and the server hears it",
  { impl: parked, client: IDLE },
  async (world) => {
    fresh();
    const calls = oneOfEachKind(world);
    await world.advance(999);
    for (const call of calls) assert.equal(await stateOf(call), "pending");
    await world.advance(251);
    for (const call of calls) {
      await assert.rejects(call, (error: RpcError) => code("deadline_exceeded", /idleTimeoutMs/)(error) && error.initiator === "engine");
    }
    await world.settle();
    assert.equal(heard.reason?.code, "cancelled");
    assert.equal(heard.reason?.initiator, "peer");
    assert.equal(world.channel.statistics().idleTimeouts, 4);
    assert.equal(world.server.statistics().idleTimeouts, 0);
  },
);

guarantee("C5: a server does so too, and says it in trailers", { impl: parked, service: IDLE }, async (world) => {
  fresh();
  const calls = oneOfEachKind(world);
  await world.advance(999);
  for (const call of calls) assert.equal(await stateOf(call), "pending");
  await world.advance(251);
  for (const call of calls) {
    await assert.rejects(call, (error: RpcError) => code("deadline_exceeded", /idleTimeoutMs/)(error) && error.initiator === "peer");
  }
  assert.equal(heard.reason?.code, "deadline_exceeded");
  assert.equal(heard.reason?.initiator, "engine");
  assert.equal(world.server.statistics().idleTimeouts, 4);
  assert.equal(world.channel.statistics().idleTimeouts, 0);
});

guarantee(
  "C5: nothing that moved within the idle time ends a call, and it ends at most a quarter late",
  { impl: parked, client: IDLE },
  async (world) => {
    for (const at of [1, 249, 250, 251, 500, 777, 999]) {
      fresh();
      const talk = world.client.bidi();
      await world.advance(at);
      await talk.send({ id: 1 });
      assert.equal((await world.readable(talk).receive())?.id, 1);
      const end = talk.outcome;
      await world.advance(999);
      assert.equal(await stateOf(end), "pending", `a message at ${at} ms`);
      await world.advance(251);
      assert.equal((await end).code, "deadline_exceeded");
    }
  },
);

let hold: Gate = gate();

/** Messages every 700 ms. */
async function everyNow(world: World, times: number, what: (time: number) => unknown): Promise<void> {
  for (let time = 1; time <= times; time++) {
    await world.advance(700);
    await what(time);
  }
}

for (const side of ["client", "service"] as const) {
  const where = side === "client" ? "client" : "server";
  guarantee(
    `C5: requests alone keep a stream alive (${where})`,
    {
      impl: {
        ...echo,
        async client(requests) {
          for await (const _ of requests) received++;
          return {};
        },
      },
      [side]: IDLE,
    },
    async (world) => {
      received = 0;
      const upload = world.client.client();
      await everyNow(world, 10, (id) => upload.send({ id }));
      await upload.finish();
      assert.equal(received, 10);
    },
  );

  guarantee(
    `C5: responses alone keep a stream alive (${where})`,
    {
      impl: {
        async *server() {
          for (let id = 1; id <= 10; id++) {
            await hold.promise;
            hold = gate();
            yield { id };
          }
        },
      },
      [side]: IDLE,
    },
    async (world) => {
      hold = gate();
      const ids = idsOf(world.client.server({}));
      await everyNow(world, 10, () => hold.open());
      assert.equal((await ids).length, 10);
    },
  );
}

let received = 0;

guarantee(
  "C5: a consumer that takes what waits keeps its stream alive; one that takes nothing does not",
  {
    impl: {
      async *server(request, context) {
        for (let id = 1; id <= 10; id++) yield { id };
        yield* parked.server({ id: request.id }, context);
      },
    },
    client: IDLE,
  },
  async (world) => {
    fresh();
    const reading = world.client.server({});
    const ids: number[] = [];
    await everyNow(world, 10, async () => ids.push((await reading.receive())?.id ?? -1));
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const left = world.client.server({});
    await world.advance(1_250);
    assert.equal((await left.outcome).code, "deadline_exceeded", "ten messages wait, and nobody takes them");
    await assert.rejects(left.receive(), code("deadline_exceeded"), "as after any end from this side");
    await world.advance(1_250);
    assert.equal((await reading.outcome).code, "deadline_exceeded");
  },
);

guarantee("C5: a call that waits for a connection, or for an interceptor, stands still", { impl: parked, client: IDLE }, async (world) => {
  world.reachable = "silent";
  const call = world.client.unary({}, { waitForReady: true });
  const stream = world.client.bidi({ waitForReady: true });
  await world.advance(1_250);
  await assert.rejects(call, code("deadline_exceeded", /idleTimeoutMs/));
  await assert.rejects(stream.receive(), code("deadline_exceeded", /idleTimeoutMs/));
});

const never: Interceptor = async (_call, next) => {
  await hold.promise;
  await next();
};

guarantee(
  "C5: … also one that an interceptor holds",
  { impl: parked, unaryOnly: true, client: { ...IDLE, interceptors: [never] } },
  async (world) => {
    hold = gate();
    const call = world.client.unary({});
    await world.advance(1_250);
    await assert.rejects(call, code("deadline_exceeded", /idleTimeoutMs/));
    hold.open();
  },
);

guarantee(
  "C5: one timer serves the deadline, the idle time and close(), and the first of them counts",
  { impl: parked, client: IDLE },
  async (world) => {
    const { client, runtime, advance, settle } = world;
    fresh();
    const first = client.bidi();
    await settle();
    const timers = runtime.timers.size;
    const second = client.bidi({ timeoutMs: 600 });
    await settle();
    assert.equal(runtime.timers.size, timers + 2, "one on the client, and one on the server for the deadline it was told");
    await advance(600);
    const outcome = await second.outcome;
    assert.equal(outcome.code, "deadline_exceeded");
    assert.doesNotMatch(outcome.message, /idle/);
    const third = client.bidi({ timeoutMs: 5_000 });
    await advance(1_250);
    assert.match((await third.outcome).message, /idle/);
    assert.match((await first.outcome).message, /idle/);
    const closing = client.bidi({ closeTimeoutMs: 3_000 });
    await settle();
    const closed = closing.close();
    await advance(2_999);
    assert.equal(await stateOf(closed), "pending", "close() has its own time");
    await advance(1);
    assert.match((await closed).message, /3000 ms/);
    const patient = client.bidi({ closeTimeoutMs: Number.POSITIVE_INFINITY, timeoutMs: 60_000 });
    const idleNoMore = client.bidi({ closeTimeoutMs: Number.POSITIVE_INFINITY });
    await settle();
    void patient.close();
    void idleNoMore.close();
    await advance(59_999);
    assert.equal(await stateOf(patient.outcome), "pending");
    await advance(1);
    assert.equal((await patient.outcome).code, "deadline_exceeded");
    assert.equal(await stateOf(idleNoMore.outcome), "pending", "no time-out was left");
    idleNoMore.cancel();
  },
);

guarantee(
  "C5: a server gives up a stream that nobody reads",
  {
    impl: {
      async *server() {
        for (let id = 0; id < 10; id++) yield { id, body: bytes(60_000) };
      },
    },
    service: IDLE,
  },
  async (world) => {
    const stream = world.client.server({});
    await world.advance(1_250);
    // over HTTP/1.1 and fetch nothing overtakes what has been written: its connection is given up when it was not read for long
    const overtakes = world.fullDuplex;
    if (!overtakes) await world.advance(30_000);
    const outcome = await stream.outcome;
    if (!overtakes) assert.deepEqual([outcome.code, outcome.initiator], ["unavailable", "network"]);
    else assert.deepEqual([outcome.code, outcome.initiator], [world.statusInBody ? "cancelled" : "deadline_exceeded", "peer"]);
  },
);
