import assert from "node:assert/strict";
import { test } from "node:test";
import type { Router } from "sluice/server";
import { createHealth, Health, mountHealth, type ServerHealth, type ServingStatus, watchHealth } from "sluice/services";
import { type InMemory, inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { NO_CONNECTION } from "../contract/carriers.js";
import { guarantee, listeners, stateOf } from "../contract/world.js";

/** Of the world that runs. */
let health: ServerHealth = createHealth();

const routes = (router: Router): void => {
  router.service(Bench, {});
  health = createHealth();
  mountHealth(router, health);
};

/** Collects what a watch says, as it says it. */
function collect(watch: AsyncIterable<ServingStatus>): { readonly said: ServingStatus[]; readonly over: Promise<void> } {
  const said: ServingStatus[] = [];
  const over = (async () => {
    for await (const status of watch) said.push(status);
  })();
  return { said, over };
}

guarantee(
  "watchHealth says how the service stands, and each change; aborting its signal ends it and its call",
  { routes },
  async (world) => {
    const abort = new AbortController();
    const { said, over } = collect(watchHealth(world.channel, { service: Bench, signal: abort.signal }));
    await world.settle();
    health.set("", "NOT_SERVING");
    health.set(Bench, "NOT_SERVING");
    await world.settle();
    health.clear(Bench);
    await world.settle();
    assert.deepEqual(said, ["SERVING", "NOT_SERVING", "SERVING"]);
    assert.equal(world.server.statistics().openCalls, 1);
    abort.abort();
    await over;
    await world.settle();
    assert.equal(world.server.statistics().openCalls, 0);
    assert.equal(listeners(abort.signal), 0);
  },
);

guarantee("leaving the loop of watchHealth cancels its call", { routes }, async (world) => {
  for await (const status of watchHealth(world.channel)) {
    assert.equal(status, "SERVING");
    break;
  }
  await world.settle();
  assert.equal(world.server.statistics().openCalls, 0);
});

guarantee(
  "watchHealth hears of a shutdown before its connection ends, and asks again until it is told to stop",
  { routes },
  async (world) => {
    const abort = new AbortController();
    const { said, over } = collect(watchHealth(world.channel, { signal: abort.signal }));
    await world.settle();
    const down = world.shutDown(10_000);
    await world.settle();
    assert.deepEqual(said, ["SERVING", "NOT_SERVING"]);
    await world.advance(10_000);
    assert.deepEqual((await down).cutOff, []);
    assert.deepEqual(said, ["SERVING", "NOT_SERVING", "UNKNOWN"]);
    abort.abort();
    await over;
  },
);

guarantee("a connection that goes away by itself does not change what watchHealth says", { routes, skip: NO_CONNECTION }, async (world) => {
  const abort = new AbortController();
  const { said, over } = collect(watchHealth(world.channel, { signal: abort.signal }));
  await world.advance(60_000);
  world.goAway();
  await world.settle();
  assert.deepEqual(said, ["SERVING"]);
  assert.equal(world.server.statistics().openCalls, 1, "a watch of the next connection");
  abort.abort();
  await over;
});

guarantee("watchHealth does not hold the graceful close of its channel, and ends with it", { routes }, async (world) => {
  const { said, over } = collect(watchHealth(world.channel));
  await world.settle();
  const closed = world.channel.close({ graceMs: 600_000 });
  await over;
  await world.advance(5_000);
  assert.deepEqual((await closed).cutOff, []);
  assert.deepEqual(said, ["SERVING"]);
  const late = collect(watchHealth(world.channel));
  await late.over;
  assert.deepEqual(late.said, []);
});

function healthyWorld(): InMemory {
  return inMemory({ transport: "http2", routes });
}

test("a lost connection is UNKNOWN until the server answers again; the waits between the attempts grow", async () => {
  await using world = healthyWorld();
  const abort = new AbortController();
  const { said, over } = collect(watchHealth(world.channel, { signal: abort.signal }));
  await world.advance(10_000);
  world.reachable = "refused";
  world.cut();
  await world.idle();
  assert.deepEqual(said, ["SERVING", "UNKNOWN"]);
  const dials = world.dials;
  await world.advance(3_600_000);
  // at most two minutes and a fifth from one to the next
  assert.ok(world.dials - dials < 60, `${world.dials - dials} attempts in an hour`);
  assert.ok(world.dials - dials > 20, `${world.dials - dials} attempts in an hour`);
  assert.deepEqual(said, ["SERVING", "UNKNOWN"]);
  world.reachable = "up";
  await world.advance(150_000);
  assert.deepEqual(said, ["SERVING", "UNKNOWN", "SERVING"]);
  abort.abort();
  await world.settle(over);
});

test("a server whose watches end as soon as they begin is not asked more than once a second", async () => {
  let calls = 0;
  await using world = inMemory({
    routes: (router) =>
      router.service(Health, {
        async *watch() {
          calls++;
          yield { status: 1 };
        },
      }),
  });
  const abort = new AbortController();
  const { said, over } = collect(watchHealth(world.channel, { signal: abort.signal }));
  await world.advance(60_000);
  assert.ok(calls > 30 && calls <= 76, `${calls} watches in a minute`);
  assert.deepEqual(said, ["SERVING"]);
  abort.abort();
  await world.settle(over);
});

test("a server without health counts as SERVING, and the iteration ends", async () => {
  await using world = inMemory({ routes: (router) => router.service(Bench, {}) });
  const { said, over } = collect(watchHealth(world.channel));
  await world.settle(over);
  assert.deepEqual(said, ["SERVING"]);
});

test("while it waits to ask again, a signal and the end of the channel end the iteration at once", async () => {
  await using world = healthyWorld();
  world.reachable = "refused";
  const abort = new AbortController();
  const one = collect(watchHealth(world.channel, { signal: abort.signal }));
  const other = collect(watchHealth(world.channel));
  await world.advance(1_000_000);
  assert.deepEqual([one.said, other.said], [["UNKNOWN"], ["UNKNOWN"]]);
  assert.equal(await stateOf(one.over), "pending");
  abort.abort();
  await world.settle(one.over, { withinMs: 0 });
  void world.channel.close();
  await world.settle(other.over, { withinMs: 0 });
  assert.equal(listeners(abort.signal), 0);
});

test("a bad option throws at the call, and a signal that has aborted asks nobody", async () => {
  await using world = healthyWorld();
  assert.throws(() => watchHealth(world.channel, { backoff: { initialMs: -1 } }), { name: "UsageError" });
  const { said, over } = collect(watchHealth(world.channel, { signal: AbortSignal.abort() }));
  await world.settle(over);
  assert.deepEqual(said, []);
  assert.equal(world.dials, 0);
});
