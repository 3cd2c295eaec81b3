import assert from "node:assert/strict";
import { createClient } from "sluice";
import { Bench } from "../../gen/bench_pb.js";
import { fresh, parked } from "./parked.js";
import { guarantee, stateOf, type World } from "./world.js";

/** When the call ends: not before so many ms, and at most `late` ms later. */
async function endsAfter(world: World, call: Promise<unknown>, ms: number, because: RegExp, late = 0): Promise<void> {
  call.catch(() => {});
  await world.advance(ms - 1);
  assert.equal(await stateOf(call), "pending");
  await world.advance(1 + late);
  const state = await stateOf(call);
  assert.ok(typeof state === "object" && "error" in state, "it has ended");
  assert.match(String((state.error as Error).message), because);
}

const DEADLINE = /deadline of the call/;
const IDLE = /idleTimeoutMs/;

guarantee(
  "C5: a call's own time-outs win, then its method's, then the client's, then the channel's",
  { impl: parked, channel: { timeoutMs: 400 } },
  async (world) => {
    fresh();
    const { channel, readable } = world;
    const plain = createClient(Bench, channel);
    await endsAfter(world, plain.unary({}), 400, DEADLINE);
    const methods = { server: { timeoutMs: 200 }, bidi: { timeoutMs: Number.POSITIVE_INFINITY, idleTimeoutMs: 800 } };
    const client = createClient(Bench, channel, { timeoutMs: 300, methods });
    await endsAfter(world, client.unary({}), 300, DEADLINE);
    await endsAfter(world, client.server({}).receive(), 200, DEADLINE);
    await endsAfter(world, client.server({}, { timeoutMs: 100 }).receive(), 100, DEADLINE);
    await endsAfter(world, readable(client.bidi()).receive(), 800, IDLE);
    await endsAfter(world, readable(client.bidi({ idleTimeoutMs: 2_000 })).receive(), 2_000, IDLE);
    await endsAfter(world, readable(client.bidi({ timeoutMs: 500 })).receive(), 500, DEADLINE);
  },
);

guarantee(
  "C5: on a server a method's idle time-out goes before its service's, and that before the server's",
  {
    impl: parked,
    service: { idleTimeoutMs: 400, methods: { bidi: { idleTimeoutMs: 100 }, client: { idleTimeoutMs: Number.POSITIVE_INFINITY } } },
  },
  async (world) => {
    fresh();
    const { client, readable } = world;
    await endsAfter(world, client.unary({}), 400, IDLE, 100);
    await endsAfter(world, readable(client.bidi()).receive(), 100, IDLE, 25);
    await endsAfter(world, client.client({ timeoutMs: 3_000 }).finish(), 3_000, DEADLINE);
  },
);

guarantee("C5: a time-out out of range, and a method that is not there, are mistakes", { impl: parked }, async ({ channel, client }) => {
  const usage = (message: RegExp) => ({ name: "UsageError", message });
  for (const idleTimeoutMs of [0, -1, Number.NaN, "1" as unknown as number]) {
    assert.throws(() => createClient(Bench, channel, { idleTimeoutMs }), usage(/idleTimeoutMs.*from 1 to Infinity/));
    assert.throws(() => createClient(Bench, channel, { methods: { bidi: { idleTimeoutMs } } }), usage(/idleTimeoutMs/));
    assert.throws(() => void client.bidi({ idleTimeoutMs }), usage(/idleTimeoutMs/));
  }
  assert.throws(() => createClient(Bench, channel, { timeoutMs: -1 }), usage(/timeoutMs/));
  assert.throws(() => createClient(Bench, channel, { methods: { bidi: { timeoutMs: -1 } } }), usage(/timeoutMs/));
  assert.throws(() => createClient(Bench, channel, { methods: { Bidi: {} } }), usage(/no method "Bidi"; it has .*bidi/));
});
