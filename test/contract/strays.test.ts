import assert from "node:assert/strict";
import type { LogEvent } from "sluice";
import { RpcError } from "sluice";
import { NO_CONNECTION, ONE_AT_A_TIME } from "./carriers.js";
import { echo } from "./echo.js";
import { fresh, parked } from "./parked.js";
import { gate, guarantee, type World } from "./world.js";

/** Holds every handler of this file, whatever its call does. */
let held = gate();

const deaf = {
  async unary() {
    await held.promise;
    return {};
  },
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) {
      yield { id };
      // parked in an await of its own: return() does not reach it
      await held.promise;
    }
  },
};

function strayLogs({ logs }: World): LogEvent[] {
  return logs.filter(({ event }) => event === "stray-handler");
}

function counted({ server }: World): number[] {
  const { runningHandlers, strayHandlers, strayHandlersTotal, settledHandlers } = server.statistics();
  return [runningHandlers, strayHandlers, strayHandlersTotal, settledHandlers];
}

guarantee(
  "C11: a handler that runs on 5 s after its call ended is counted, named once, and listed until it comes to rest",
  { impl: deaf },
  async (world) => {
    const { client, server, settle, advance, readable, fullDuplex } = world;
    held = gate();
    const stream = client.bidi();
    await stream.send({ id: 1 });
    await readable(stream).receive();
    await advance(300);
    const { timers } = server.statistics();
    stream.cancel();
    await settle();
    await advance(4_999);
    assert.deepEqual([counted(world), strayLogs(world)], [[1, 0, 0, 0], []]);
    const [listed, ...others] = server.calls();
    assert.deepEqual(
      [listed?.method, listed?.ended, listed?.handlerRuns, listed?.waitingFor],
      ["/bench.v1.Bench/Bidi", true, true, "handler"],
    );
    assert.equal(others.length, 0);
    await advance(1);
    assert.deepEqual(counted(world), [1, 1, 1, 0]);
    const [log, ...more] = strayLogs(world);
    assert.deepEqual([log?.level, log?.method, log?.peer, more.length], ["warning", "/bench.v1.Bench/Bidi", server.calls()[0]?.peer, 0]);
    assert.match(log?.message ?? "", /5000 ms after its call ended/);
    assert.match(String(log?.timeline), /^\+0 ms opened; \+0 ms handler started; .*; \+300 ms (peer reset CANCEL|connection lost)$/);
    if (fullDuplex) assert.match(String(log?.timeline), /CANCEL$/, "who leaves has a code for it");
    await advance(60_000);
    assert.equal(strayLogs(world).length, 1, "named once");
    assert.equal(server.statistics().timers, timers, "nothing waits for it any more");
    assert.equal(server.calls().length, 1);
    held.open();
    await settle();
    assert.deepEqual([counted(world), server.calls()], [[0, 0, 1, 1], []]);
  },
);

guarantee("C11: a closed server keeps no timer for handlers that outlive it: its report has named them", { impl: deaf }, async (world) => {
  const { client, server, settle, advance, shutDown, readable } = world;
  held = gate();
  const stream = client.bidi();
  await stream.send({ id: 1 });
  await readable(stream).receive();
  const down = shutDown(0);
  await advance(1_000);
  const { cutOff } = await down;
  assert.deepEqual(
    cutOff.map(({ method, handlerRunning }) => [method, handlerRunning]),
    [["/bench.v1.Bench/Bidi", true]],
  );
  await assert.rejects(stream.receive(), { code: "unavailable" });
  assert.equal(server.statistics().timers, 0);
  await advance(60_000);
  assert.deepEqual([counted(world), strayLogs(world)], [[1, 0, 0, 0], []]);
  held.open();
  await settle();
  assert.deepEqual(counted(world), [0, 0, 0, 1]);
});

guarantee(
  "C11: a handler that comes to rest within 5 s of the end is no stray, and no timer is left",
  { impl: deaf, unaryOnly: true },
  async (world) => {
    held = gate();
    const reply = world.client.unary({}, { timeoutMs: 10 });
    await world.advance(11);
    await assert.rejects(reply);
    await world.settle();
    await world.advance(4_000);
    const { timers } = world.server.statistics();
    held.open();
    await world.settle();
    assert.equal(world.server.statistics().timers, timers - 1);
    await world.advance(10_000);
    assert.deepEqual([counted(world), strayLogs(world)], [[0, 0, 0, 1], []]);
  },
);

guarantee("C11: each stray is found at its own time, by one timer", { impl: deaf }, async (world) => {
  const { client, settle, advance, server, readable } = world;
  held = gate();
  for (let i = 0; i < 3; i++) {
    const stream = client.bidi();
    await stream.send({ id: i });
    await readable(stream).receive();
    stream.cancel();
    await settle();
    await advance(1_000);
  }
  const { timers } = server.statistics();
  const found: number[] = [];
  for (let second = 0; second < 4; second++) {
    await advance(1_000);
    found.push(server.statistics().strayHandlers);
  }
  assert.deepEqual(found, [0, 1, 2, 3]);
  assert.equal(server.statistics().timers, timers - 1);
  assert.deepEqual(
    server.calls().map(({ ageMs }) => ageMs),
    [7_000, 6_000, 5_000],
  );
  held.open();
  await settle();
  assert.deepEqual(counted(world), [0, 0, 3, 3]);
});

guarantee(
  "C11: the slot of a stray stays taken until it comes to rest",
  {
    impl: deaf,
    serverLimits: { maxConcurrentStreams: 1 },
    memory: { maxConcurrentExchanges: 1 },
    channel: { maxConnections: 1 },
    skip: { ...NO_CONNECTION, ...ONE_AT_A_TIME },
  },
  async (world) => {
    const { client, settle, advance, server } = world;
    held = gate();
    const first = client.unary({}, { timeoutMs: 10 });
    await advance(11);
    await assert.rejects(first);
    await advance(6_000);
    assert.equal(server.statistics().strayHandlers, 1);
    await assert.rejects(client.unary({}), (error: RpcError) => {
      assert.match(
        String(error.timeline),
        /; \+0 ms peer reset REFUSED_STREAM; \+0 ms not processed; \+0 ms request sent, attempt 2; \+0 ms peer reset /,
      );
      return true;
    });
    assert.equal(server.statistics().totalCalls, 1);
    held.open();
    await settle();
    await client.unary({});
  },
);

guarantee(
  "C11: calls that end badly are logged with their timelines where that was asked for",
  { impl: { ...parked, unary: () => Promise.reject(new RpcError("not_found", "no such thing")) }, logFailedCalls: true },
  async ({ carrier, client, settle, advance, logs }) => {
    fresh();
    await assert.rejects(client.unary({}));
    const stream = client.bidi();
    await settle();
    await advance(5);
    stream.cancel();
    await settle();
    assert.deepEqual(
      logs.map(({ level, event, method, message }) => [level, event, method, message.replace(/:.*/, "")]),
      ["Unary not_found", "Unary not_found", "Bidi cancelled", "Bidi cancelled"].map((text) => {
        const [method, code] = text.split(" ");
        return ["info", "call-failed", `/bench.v1.Bench/${method}`, `the call ended with ${code}`];
      }),
    );
    for (const { timeline, error } of logs) assert.equal(String(timeline), String((error as RpcError).timeline));
    const told = String(logs.at(-1)?.timeline);
    assert.match(told, carrier === "http1" ? /\+5 ms connection lost/ : /\+5 ms (cancelled|peer reset CANCEL)/);
  },
);

guarantee("C11: calls that end badly are not logged by default", { impl: echo }, async ({ client, settle, logs }) => {
  client.bidi().cancel();
  await settle();
  assert.deepEqual(logs, []);
});
