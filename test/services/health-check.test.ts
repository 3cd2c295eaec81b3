import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { connect, serve } from "sluice/node";
import type { Router } from "sluice/server";
import { createHealth, Health, healthCheck, mountHealth, type ServerHealth } from "sluice/services";
import { type InMemory, inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { ONE_AT_A_TIME } from "../contract/carriers.js";
import { code, type Gate, gate, guarantee, stateOf } from "../contract/world.js";
import { ROOT } from "../documents/project.js";

/** Of the world that runs. */
let health: ServerHealth = createHealth();
let hold: Gate = gate();

const impl = {
  unary: (request: { readonly id: number }) => request,
  async *server() {
    yield { id: 1 };
    await hold.promise;
    yield { id: 2 };
  },
};

const options = {
  routes(router: Router) {
    router.service(Bench, impl);
    health = createHealth();
    hold = gate();
    mountHealth(router, health);
  },
  healthCheck: healthCheck({ service: Bench }),
  skip: ONE_AT_A_TIME,
};

guarantee(
  "a connection whose server says SERVING is used, and its watch counts nowhere",
  options,
  async ({ client, channel, server, settle }) => {
    assert.equal((await client.unary({ id: 1 })).id, 1);
    await settle();
    assert.deepEqual(
      server.calls().map(({ method }) => method),
      ["/grpc.health.v1.Health/Watch"],
    );
    assert.deepEqual(channel.calls(), []);
    const { openCalls, openStreams, totalCalls, openConnections } = channel.statistics();
    assert.deepEqual(
      { openCalls, openStreams, totalCalls, openConnections },
      { openCalls: 0, openStreams: 0, totalCalls: 1, openConnections: 1 },
    );
    await channel.close();
  },
);

guarantee(
  "a connection whose server does not serve has failed to connect; who waits for one gets it when the server serves",
  options,
  async (world) => {
    const { client, advance, settle, channel } = world;
    health.set(Bench, "NOT_SERVING");
    await assert.rejects(client.unary({ id: 1 }), code("unavailable", /the server says NOT_SERVING of bench\.v1\.Bench/));
    const waits = client.unary({ id: 2 }, { waitForReady: true });
    await advance(60_000);
    assert.equal(await stateOf(waits), "pending");
    assert.equal(world.server.statistics().openConnections, 0);
    await assert.rejects(client.unary({ id: 3 }), code("unavailable", /NOT_SERVING/));
    health.set(Bench, "SERVING");
    await advance(60_000);
    assert.equal((await waits).id, 2);
    await settle();
    await channel.close();
  },
);

guarantee("a connection whose server serves no more gets no new calls; those on it go on", options, async (world) => {
  const { client, settle, advance, channel } = world;
  const stream = client.server({});
  assert.equal((await stream.receive())?.id, 1);
  assert.equal(world.dials, 1);
  health.set(Bench, "NOT_SERVING");
  await settle();
  await assert.rejects(client.unary({ id: 1 }), code("unavailable", /NOT_SERVING/));
  assert.equal(world.dials, 2, "the call would have had a connection of its own");
  health.clear(Bench);
  await advance(2_000);
  assert.equal((await client.unary({ id: 2 })).id, 2);
  hold.open();
  assert.equal((await stream.receive())?.id, 2);
  assert.equal(await stream.receive(), undefined);
  await settle();
  assert.equal(channel.statistics().openConnections, 1, "the first has closed after its last call");
  await channel.close();
});

guarantee(
  "C12: a channel that checks health leaves a server that shuts down before it is told to, and is not held by the check itself",
  options,
  async (world) => {
    const { client, channel, shutDown, advance } = world;
    assert.equal((await client.unary({ id: 1 })).id, 1);
    const down = shutDown(600_000);
    await advance(5_000);
    assert.deepEqual((await down).cutOff, []);
    await assert.rejects(client.unary({ id: 2 }), code("unavailable"));
    const closed = channel.close({ graceMs: 600_000 });
    await advance(5_000);
    assert.deepEqual((await closed).cutOff, []);
  },
);

guarantee("a server without health is taken as it is", { impl, healthCheck: healthCheck() }, async ({ client, channel, server }) => {
  assert.equal((await client.unary({ id: 1 })).id, 1);
  assert.equal((await client.unary({ id: 2 })).id, 2);
  assert.equal(server.statistics().totalCalls, 2);
  await channel.close();
});

guarantee("C10: a graceful close of the channel does not wait for the check", options, async ({ client, channel, advance }) => {
  assert.equal((await client.unary({ id: 1 })).id, 1);
  const closed = channel.close({ graceMs: 600_000 });
  await advance(5_000);
  assert.deepEqual((await closed).cutOff, []);
});

/** A server whose watches do what the test says. */
function scriptedHealth(watch: (signal: AbortSignal) => AsyncIterable<{ status: number }>): InMemory {
  return inMemory({
    transport: "http2",
    healthCheck: healthCheck(),
    routes: (router) => router.service(Bench, impl).service(Health, { watch: (_request, { signal }) => watch(signal) }),
  });
}

test("C10: a server that does not say how it stands has failed to connect after 20 s", async () => {
  await using world = scriptedHealth(async function* (signal) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield { status: 1 };
  });
  const call = world.client(Bench).unary({ id: 1 });
  await world.advance(19_999);
  assert.equal(await stateOf(call), "pending");
  await world.advance(1);
  await assert.rejects(call, code("unavailable", /did not say within 20000 ms whether it serves/));
});

test("a server that stops to say how it stands gets no new calls on that connection", async () => {
  const end = gate();
  await using world = scriptedHealth(async function* () {
    yield { status: 1 };
    await end.promise;
  });
  const { unary } = world.client(Bench);
  assert.equal((await world.settle(unary({ id: 1 }))).id, 1);
  end.open();
  await world.idle();
  assert.equal((await world.settle(unary({ id: 2 }))).id, 2);
  assert.equal(world.dials, 2);
});

test("a watch that fails, and a status that nobody knows, say that the server does not serve", async () => {
  for (const [script, message] of [
    [
      async function* () {
        yield { status: 77 };
      },
      /the server says UNKNOWN/,
    ],
    [
      async function* () {
        await Promise.reject(new Error("no"));
        yield { status: 1 };
      },
      /cannot be asked whether it serves: the handler failed/,
    ],
  ] as const) {
    await using world = scriptedHealth(script);
    await assert.rejects(world.settle(world.client(Bench).unary({ id: 1 })), code("unavailable", message));
  }
});

test("interceptors of the channel do not run around the check, which has headers of its own", async () => {
  let seen: string | null | undefined;
  await using world = inMemory({
    serverInterceptors: [
      async (call, next) => {
        if (call.method.service === Health.typeName) seen = call.requestHeaders.get("token");
        await next();
      },
    ],
    healthCheck: healthCheck({ headers: { token: "42" } }),
    channel: {
      interceptors: [
        async (call, next) => {
          assert.equal(call.method.path, "/bench.v1.Bench/Unary");
          await next();
        },
      ],
    },
    routes(router) {
      router.service(Bench, impl);
      mountHealth(router);
    },
  });
  assert.equal((await world.settle(world.client(Bench).unary({ id: 1 }))).id, 1);
  assert.equal(seen, "42");
});

test("misuse of the check throws at the call", () => {
  assert.throws(() => healthCheck({ timeoutMs: 0 }), { name: "UsageError", message: /"timeoutMs" is 0/ });
  const check = healthCheck();
  assert.throws(() => connect("http://127.0.0.1:1", { httpVersion: "1.1", protocol: "connect", healthCheck: check }), {
    name: "UsageError",
    message: /"healthCheck"/,
  });
});

const PROGRAM = `
  import { createClient } from "sluice";
  import { connect } from "sluice/node";
  import { Health, healthCheck } from "sluice/services";
  const channel = connect(process.argv[1], { healthCheck: healthCheck() });
  const { check } = createClient(Health, channel);
  console.log((await check({})).status);
`;

test("an open channel that checks health keeps no process alive", async () => {
  const server = await serve({ routes: (router) => mountHealth(router) });
  try {
    const args = ["--input-type=module", "--eval", PROGRAM, server.url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 20_000 });
    assert.equal(stdout, "1\n");
  } finally {
    await server.close({ graceMs: 0 });
  }
});
