import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, RpcError, UsageError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { type InMemory, type InMemoryOptions, inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { echo } from "../contract/echo.js";

const routes: InMemoryOptions["routes"] = (router) => router.service(Bench, echo);

test("a client is made in one line, and settle gives what a call comes to", async () => {
  const world = inMemory({ routes });
  assert.equal((await world.settle(world.client(Bench).unary({ id: 7 }))).id, 7);
  assert.equal(world.now, 0);
  await world.close();
});

test("time passes only as long as settle needs, and as far as advance says", async () => {
  const world: InMemory = inMemory({
    routes: (router) =>
      router.service(Bench, {
        async unary(request, context) {
          await world.sleep(250, context.signal);
          return request;
        },
      }),
  });
  assert.equal((await world.settle(world.client(Bench).unary({ id: 1 }))).id, 1);
  assert.equal(world.now, 250);
  let code: unknown;
  const late = world
    .client(Bench)
    .unary({}, { timeoutMs: 100 })
    .catch((error: RpcError) => {
      code = error.code;
    });
  await world.advance(99);
  assert.equal(code, undefined);
  await world.advance(1);
  assert.equal(code, "deadline_exceeded");
  await late;
  await world.close();
  assert.equal(world.runtime.timers.size, 0);
});

test("settle says so when a promise waits for ever, and rejects as the promise does", async () => {
  const world = inMemory({ routes: (router) => router.service(Bench, { unary: () => new Promise(() => {}) }) });
  const parked = world.client(Bench).unary({});
  await assert.rejects(world.settle(parked), (error) => error instanceof UsageError && /waits for ever/.test(error.message));
  const timed = world.client(Bench).unary({}, { timeoutMs: 7_200_000 });
  await assert.rejects(world.settle(timed, { withinMs: 1_000 }), UsageError);
  await assert.rejects(world.settle(timed, { withinMs: 7_200_000 }), { code: "deadline_exceeded" });
  await assert.rejects(world.close(), /left over: runningHandlers is 2/);
});

test("sleep rejects with the reason of its signal, and leaves no timer", async () => {
  const { runtime } = inMemory({ routes });
  const abort = new AbortController();
  const sleeping = runtime.sleep(10, abort.signal);
  abort.abort("enough");
  await assert.rejects(sleeping, (reason) => reason === "enough");
  await assert.rejects(runtime.sleep(10, abort.signal), (reason) => reason === "enough");
  assert.equal(runtime.timers.size, 0);
  await assert.rejects(async () => runtime.sleep(-1), UsageError);
});

test("latency: a call takes the way there and back, each with its own", async () => {
  const world = inMemory({ routes, network: { latencyMs: 20 } });
  const client = world.client(Bench);
  await world.settle(client.unary({ id: 1 }));
  const before = world.now;
  await world.settle(client.unary({ id: 1 }));
  assert.equal(world.now - before, 40);
  world.network.set({ latencyMs: 100 }, "toClient");
  const between = world.now;
  await world.settle(client.unary({ id: 1 }));
  assert.equal(world.now - between, 120);
  await world.close();
});

test("bandwidth: bytes arrive as fast as the line carries them, in order, and connections share it", async () => {
  const slow = inMemory({ routes, network: { bytesPerSecond: 100_000 } });
  const body = new Uint8Array(50_000).fill(3);
  const client = slow.client(Bench);
  const call = client.bidi();
  void call.send({ id: 1, body });
  void call.send({ id: 2, body });
  call.closeSend();
  const ids: number[] = [];
  await slow.settle(
    (async () => {
      for await (const { id } of call) ids.push(id);
    })(),
  );
  assert.deepEqual(ids, [1, 2]);
  assert.ok(slow.now >= 1_000, `100,000 bytes took ${slow.now} ms`);
  const other = createClient(Bench, slow.connect());
  const before = slow.now;
  await slow.settle(Promise.all([client.unary({ body }), other.unary({ body })]));
  assert.ok(slow.now - before >= 1_000, `twice 50,000 bytes took ${slow.now - before} ms`);
  await slow.close();
});

test("a stalled direction holds what is sent that way, and nothing is lost", async () => {
  const world = inMemory({ routes, transport: "http2" });
  const client = world.client(Bench);
  await world.settle(client.unary({}));
  world.network.stall("toClient");
  let id: number | undefined;
  const reply = client.unary({ id: 5 }, { timeoutMs: 10_000 }).then((message) => {
    id = message.id;
  });
  await world.advance(1_000);
  assert.equal(world.server.statistics().settledHandlers, 2);
  assert.equal(id, undefined);
  world.network.resume();
  await world.idle();
  assert.equal(id, 5);
  await reply;
  world.network.stall();
  await assert.rejects(world.settle(client.unary({}, { timeoutMs: 500 })), { code: "deadline_exceeded" });
  world.network.resume("toServer");
  world.network.resume("toClient");
  await world.close();
});

test("the same seed cuts reads at the same places, another elsewhere; messages arrive whole", async () => {
  const run = async (seed: number) => {
    const world = inMemory({ routes, seed, network: { maxPieceBytes: 5 } });
    const reply = await world.settle(world.client(Bench).unary({ id: 4, body: new Uint8Array(300).fill(1) }));
    assert.equal(reply.id, 4);
    const next = world.runtime.random();
    await world.close();
    return next;
  };
  assert.equal(await run(1), await run(1));
  assert.notEqual(await run(1), await run(2));
});

test("several channels are several clients: one is cut, the other lives", async () => {
  const world = inMemory({ routes });
  const second = world.connect();
  const [first, other] = [world.client(Bench).bidi(), createClient(Bench, second).bidi()];
  await world.idle();
  assert.equal(world.dials, 2);
  world.cut(second);
  assert.equal((await world.settle(other.outcome)).code, "unavailable");
  void first.send({ id: 3 });
  assert.equal((await world.settle(first.receive()))?.id, 3);
  first.closeSend();
  assert.equal((await world.settle(first.outcome)).code, "ok");
  await world.close();
});

test("shutDown tells handlers, waits for its grace, and refuses who dials then", async () => {
  let draining = false;
  const world = inMemory({
    routes: (router) =>
      router.service(Bench, {
        async *bidi(_requests, context: HandlerContext) {
          const { draining: signal } = context;
          await new Promise((resolve) => (signal as AbortSignal).addEventListener("abort", resolve));
          draining = true;
          yield { id: 9 };
        },
      }),
  });
  const call = world.client(Bench).bidi();
  await world.idle();
  const report = world.shutDown(1_000);
  assert.equal((await world.settle(call.receive()))?.id, 9);
  assert.ok(draining);
  assert.deepEqual(await world.settle(report), { cutOff: [] });
  await assert.rejects(world.settle(world.client(Bench).unary({})), { code: "unavailable" });
  await world.close();
});

test("close rejects and names what is left over; a bad option is a UsageError that names it", async () => {
  const world = inMemory({ routes: (router) => router.service(Bench, { unary: () => new Promise(() => {}) }) });
  world
    .client(Bench)
    .unary({})
    .catch((error: unknown) => assert.ok(error instanceof RpcError));
  await world.idle();
  assert.deepEqual(world.leaks().sort(), [
    "openCalls is 1",
    "openCalls is 1",
    "openConnections is 1",
    "openConnections is 1",
    "openStreams is 1",
    "openStreams is 1",
    "runningHandlers is 1",
  ]);
  await assert.rejects(world.close(), /runningHandlers is 1/);

  const bad: [object, RegExp][] = [
    [{}, /"routes"/],
    [{ routes, transport: "tcp" }, /"transport" is "tcp"/],
    [{ routes, transport: "memory", network: {} }, /"network"/],
    [{ routes, network: { latencyMs: -1 } }, /"latencyMs" is -1/],
    [{ routes, network: { bytesPerSecond: 0 } }, /"bytesPerSecond" is 0/],
    [{ routes, network: { maxPieceBytes: 0.5 } }, /"maxPieceBytes" is 0.5/],
    [{ routes, seed: -1 }, /"seed" is -1/],
    [{ routes, maxReceiveBytes: -1 }, /"maxReceiveBytes"/],
  ];
  for (const [options, message] of bad) assert.throws(() => inMemory(options as InMemoryOptions), message);
  const plain = inMemory({ routes });
  assert.throws(() => plain.network.stall(), /"http2"/);
  assert.throws(() => plain.network.set({ latencyMs: 1 }), UsageError);
  assert.throws(() => (plain.reachable = "gone" as never), /"reachable"/);
  assert.throws(() => inMemory({ routes, network: {} }).network.stall("up" as never), /"direction"/);
});
