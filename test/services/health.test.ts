import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, createClient } from "sluice";
import type { Router } from "sluice/server";
import { createHealth, Health, mountHealth, type ServerHealth } from "sluice/services";
import { inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { NO_CONNECTION, NO_GOAWAY } from "../contract/carriers.js";
import { RawClient } from "../contract/raw-client.js";
import { aborted, code, guarantee, stateOf, type World } from "../contract/world.js";

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const BENCH = "bench.v1.Bench";

/** Of the world that runs. */
let health: ServerHealth = createHealth();

const routes = (router: Router): void => {
  router.service(Bench, { server: cutOff });
  health = createHealth();
  mountHealth(router, health);
};

function client(world: World): Client<typeof Health> {
  return createClient(Health, world.channel);
}

/** A handler that heeds nothing but the end of its call. */
async function cutOff(_request: unknown, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  throw await aborted(signal);
}

/** The statuses that a watch gives until it ends. */
async function statuses(watch: AsyncIterable<{ status: number }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { status } of watch) all.push(status);
  return all;
}

guarantee(
  "health: the server and what is mounted on it serve unless something else is said; others are not known",
  { routes },
  async (world) => {
    const { check, list } = client(world);
    assert.equal((await check({})).status, SERVING);
    assert.equal((await check({ service: BENCH })).status, SERVING);
    await assert.rejects(check({ service: "bench.v1.Nothing" }), code("not_found", /knows no service bench\.v1\.Nothing/));
    health.set(Bench, "NOT_SERVING");
    health.set("jobs", "UNKNOWN");
    assert.equal((await check({ service: BENCH })).status, NOT_SERVING);
    assert.equal((await check({})).status, SERVING);
    const { statuses: all } = await list({});
    assert.deepEqual(Object.fromEntries(Object.entries(all).map(([name, { status }]) => [name, status])), {
      "": SERVING,
      [BENCH]: NOT_SERVING,
      "grpc.health.v1.Health": SERVING,
      jobs: 0,
    });
    health.clear(BENCH);
    health.clear("jobs");
    assert.equal((await check({ service: BENCH })).status, SERVING);
    await assert.rejects(check({ service: "jobs" }), code("not_found"));
  },
);

guarantee("health: a name that no service has is asked for at most 4 KiB long, and not said back whole", { routes }, async (world) => {
  const { check, watch } = client(world);
  await assert.rejects(check({ service: "%".repeat(4_000) }), code("not_found", /^this server knows no service %{200}…$/));
  await assert.rejects(check({ service: "a".repeat(4_100) }), code("resource_exhausted"));
  await assert.rejects(watch({ service: "a".repeat(4_100) }).receive(), code("resource_exhausted"));
});

guarantee("health: a list of more than 100 services is resource_exhausted", { routes }, async (world) => {
  // the server, the two services that are mounted, and these
  for (let i = 0; i < 97; i++) health.set(`job ${i}`, "SERVING");
  assert.equal(Object.keys((await client(world).list({})).statuses).length, 100);
  health.set("one more", "SERVING");
  await assert.rejects(client(world).list({}), code("resource_exhausted", /100/));
});

guarantee("health: a watch says the status at once and again with every change, and only then", { routes }, async (world) => {
  const watch = client(world).watch({ service: BENCH });
  assert.equal((await watch.receive())?.status, SERVING);
  health.set("", "NOT_SERVING");
  health.set(Bench, "SERVING");
  const next = watch.receive();
  await world.settle();
  assert.equal(await stateOf(next), "pending");
  health.set(Bench, "NOT_SERVING");
  assert.equal((await next)?.status, NOT_SERVING);
  watch.cancel();
});

guarantee("health: a watch of a service that is not known says so, stays open, and tells when it is known", { routes }, async (world) => {
  const watch = client(world).watch({ service: "jobs" });
  assert.equal((await watch.receive())?.status, SERVICE_UNKNOWN);
  const next = watch.receive();
  await world.advance(3_600_000);
  assert.equal(await stateOf(next), "pending");
  health.set("jobs", "SERVING");
  assert.equal((await next)?.status, SERVING);
  health.clear("jobs");
  assert.equal((await watch.receive())?.status, SERVICE_UNKNOWN);
  watch.cancel();
});

guarantee(
  "health: the idle time-out of a server does not end a watch on which nothing changes",
  { routes, idleTimeoutMs: 1_000 },
  async (world) => {
    const watch = client(world).watch({}, { idleTimeoutMs: Number.POSITIVE_INFINITY });
    assert.equal((await watch.receive())?.status, SERVING);
    await world.advance(60_000);
    health.set("", "NOT_SERVING");
    assert.equal((await watch.receive())?.status, NOT_SERVING);
    watch.cancel();
  },
);

guarantee("health: a watcher that does not read gets a bounded number of statuses, and then the latest", { routes }, async (world) => {
  const watch = client(world).watch({});
  await world.settle();
  let changes = 0;
  for (; changes < 100_000; changes++) health.set("", changes % 2 === 0 ? "NOT_SERVING" : "SERVING");
  health.set("", "UNKNOWN");
  await world.settle();
  let received = 0;
  let last: number | undefined;
  for (let pending = watch.receive(); (last = (await pending)?.status) !== 0; pending = watch.receive()) received++;
  assert.equal(last, 0);
  assert.ok(received < 60_000, `${received} statuses of ${changes} were kept`);
  watch.cancel();
});

guarantee("health: a watch that is left is forgotten", { routes }, async (world) => {
  const calls = Array.from({ length: 10 }, () => client(world).watch({ service: "jobs" }));
  for (const call of calls) assert.equal((await call.receive())?.status, SERVICE_UNKNOWN);
  for (const call of calls) call.cancel();
  await world.settle();
  assert.equal(world.server.statistics().runningHandlers, 0);
  health.set("jobs", "SERVING");
  assert.deepEqual(world.logs, []);
});

guarantee(
  "C12: a shutdown tells every watcher NOT_SERVING, of whatever service, and ends its stream well, at once",
  { routes },
  async (world) => {
    const watches = ["", BENCH, "group/iface:1.0"].map((service) => client(world).watch({ service }));
    const first = await Promise.all(watches.map((watch) => watch.receive()));
    assert.deepEqual(
      first.map((message) => message?.status),
      [SERVING, SERVING, SERVICE_UNKNOWN],
    );
    const down = world.shutDown(600_000);
    for (const watch of watches) assert.deepEqual(await statuses(watch), [NOT_SERVING]);
    for (const watch of watches) assert.equal((await watch.outcome).code, "ok");
    // no time has passed but what a connection has to hear of its end
    await world.advance(5_000);
    assert.deepEqual((await down).cutOff, []);
  },
);

guarantee("C12: after a shutdown has begun nothing brings SERVING back", { routes }, async (world) => {
  const held = world.client.server({});
  await world.settle();
  const watch = client(world).watch({});
  assert.equal((await watch.receive())?.status, SERVING);
  const down = world.shutDown(10_000);
  health.set("", "SERVING");
  health.clear("");
  assert.deepEqual(await statuses(watch), [NOT_SERVING]);
  held.cancel();
  await world.advance(5_000);
  assert.deepEqual((await down).cutOff, []);
});

guarantee(
  "C12: NOT_SERVING reaches a watcher before the connection says that it drains",
  { routes, skip: { ...NO_CONNECTION, ...NO_GOAWAY } },
  async (world) => {
    const raw = new RawClient(world);
    await world.settle();
    const call = raw.request("/grpc.health.v1.Health/Watch");
    const events: string[] = [];
    const { onData, onTrailers, onDraining, onEnd } = call;
    Object.assign(call, {
      onData(...args: Parameters<typeof onData>) {
        events.push("data");
        onData.apply(call, args);
      },
      onTrailers(...args: Parameters<typeof onTrailers>) {
        events.push("trailers");
        onTrailers.apply(call, args);
      },
      onDraining() {
        events.push("draining");
        onDraining.apply(call);
      },
      onEnd(...args: Parameters<typeof onEnd>) {
        events.push("end");
        onEnd.apply(call, args);
      },
    });
    call.message(new Uint8Array(0)).end();
    await world.settle();
    assert.deepEqual(new Set(events), new Set(["data"]));
    events.length = 0;
    const down = world.shutDown(10_000);
    await world.settle();
    assert.deepEqual(call.status, { code: 0, message: "" });
    assert.ok(events.indexOf("data") < events.indexOf("draining"), events.join());
    assert.ok(events.indexOf("draining") < events.lastIndexOf("end"), events.join());
    assert.ok(call.response.includes(NOT_SERVING));
    await world.advance(5_000);
    assert.deepEqual((await down).cutOff, []);
    raw.close();
  },
);

guarantee(
  "health: a connection that drains ends its watches, and says nothing of the server",
  { routes, skip: NO_CONNECTION },
  async (world) => {
    const watch = client(world).watch({});
    assert.equal((await watch.receive())?.status, SERVING);
    world.goAway();
    assert.deepEqual(await statuses(watch), []);
    assert.equal((await watch.outcome).code, "ok");
    const again = client(world).watch({});
    assert.equal((await again.receive())?.status, SERVING);
    again.cancel();
  },
);

test("health.shutdown() says NOT_SERVING of everything at once, and what is set later counts for nothing", async () => {
  const down = createHealth();
  await using world = inMemory({ routes: (router) => mountHealth(router, down) });
  const { check, watch } = world.client(Health);
  const call = watch({});
  assert.equal((await world.settle(call.receive()))?.status, SERVING);
  down.shutdown();
  down.set("", "SERVING");
  down.clear("");
  assert.equal((await world.settle(call.receive()))?.status, NOT_SERVING);
  assert.equal((await world.settle(check({}))).status, NOT_SERVING);
  assert.equal((await world.settle(check({ service: "grpc.health.v1.Health" }))).status, NOT_SERVING);
  const next = call.receive();
  await world.idle();
  assert.equal(await stateOf(next), "pending");
  call.cancel();
});

test("one health on two servers: the end of one says nothing of the other", async () => {
  const both = createHealth();
  const mount = (router: Router) => mountHealth(router, both);
  await using one = inMemory({ routes: mount });
  await using other = inMemory({ routes: mount });
  const watch = other.client(Health).watch({});
  assert.equal((await other.settle(watch.receive()))?.status, SERVING);
  void one.shutDown(0);
  await one.idle();
  both.set("", "NOT_SERVING");
  assert.equal((await other.settle(watch.receive()))?.status, NOT_SERVING);
  both.set("", "SERVING");
  assert.equal((await other.settle(watch.receive()))?.status, SERVING);
  watch.cancel();
});

test("misuse of health throws at the call", () => {
  assert.throws(() => createHealth().set("", "SERVICE_UNKNOWN" as "UNKNOWN"), {
    name: "UsageError",
    message: /"status" is "SERVICE_UNKNOWN"/,
  });
  assert.throws(
    () =>
      inMemory({
        routes(router) {
          mountHealth(router);
          mountHealth(router);
        },
      }),
    { name: "UsageError", message: /grpc\.health\.v1\.Health is registered already/ },
  );
});

test("a listener of the shutdown that throws is logged, and holds nothing up", async () => {
  const told: string[] = [];
  await using world = inMemory({
    routes: (router) =>
      router
        .service(TestService, {})
        .onShutdown(() => {
          told.push("first");
          throw new Error("no");
        })
        .onShutdown(() => void told.push("second")),
  });
  const down = world.shutDown(1_000);
  void world.shutDown(0);
  await world.idle();
  assert.deepEqual((await world.settle(down)).cutOff, []);
  assert.deepEqual(told, ["first", "second"]);
  assert.deepEqual(
    world.logs.map(({ event, error }) => [event, (error as Error).message]),
    [["shutdown-listener-failed", "no"]],
  );
});
