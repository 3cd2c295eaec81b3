import assert from "node:assert/strict";
import { type Outcome, RpcError } from "sluice";
import { fresh, heard, parked } from "./parked.js";
import { guarantee, listeners, namesIn, stateOf, type World } from "./world.js";

/** Ways in which a call ends, and the code of each. */
const ENDS: Readonly<
  Record<string, [(world: World, call: { cancel(): void; close(): unknown }, abort: AbortController) => unknown, ...string[]]>
> = {
  cancel: [(_, call) => call.cancel(), "cancelled"],
  abort: [(_, __, abort) => abort.abort(), "cancelled"],
  close: [(_, call) => call.close(), "cancelled"],
  cut: [(world) => world.cut(), "unavailable"],
  channel: [(world) => world.channel.close(), "unavailable"],
  shutdown: [(world) => world.shutDown(0), "unavailable"],
};

for (const first of Object.keys(ENDS)) {
  for (const second of Object.keys(ENDS)) {
    guarantee(
      `C1: a call that ${first} and ${second} end in one turn has one outcome`,
      { impl: parked, closeTimeoutMs: 1_000 },
      async (world) => {
        fresh();
        const abort = new AbortController();
        const stream = world.client.server({ id: 1 }, { signal: abort.signal });
        let settled = 0;
        let outcome: Outcome | undefined;
        void stream.outcome.then((it) => {
          outcome = it;
          settled++;
        });
        assert.equal((await stream.receive())?.id, 1);
        const pending = stream.receive();
        const [endBy, ...codes] = ENDS[first] as (typeof ENDS)[string];
        const [endAlsoBy, ...otherCodes] = ENDS[second] as (typeof ENDS)[string];
        endBy(world, stream, abort);
        endAlsoBy(world, stream, abort);
        await world.settle();
        await world.advance(7_000);
        assert.equal(settled, 1);
        const expected = ["cancel", "abort", "channel"].includes(first) ? codes : [...codes, ...otherCodes];
        assert.ok(expected.includes(outcome?.code as string), `${outcome?.code}`);
        assert.equal(await stream.outcome, outcome);
        const state = await stateOf(pending);
        if (first === "close") assert.deepEqual(state, { value: undefined });
        else assert.notEqual(state, "pending");
        assert.ok(heard.reason instanceof RpcError, "the server has heard");
        assert.equal(listeners(abort.signal), 0);
      },
    );
  }
}

guarantee(
  "C1: the outcome of a good end has everything, for every kind",
  { impl: { unary: () => ({}), async *server() {}, client: () => ({}), async *bidi() {} } },
  async ({ client }) => {
    for (const call of [client.server({}), client.client(), client.bidi()]) {
      if ("finish" in call) void call.finish();
      const { code: ok, message, details, trailers, initiator } = await call.outcome;
      assert.deepEqual([ok, message, details.length, namesIn(trailers), initiator], ["ok", "", 0, [], "peer"]);
      assert.equal(await call.outcome, await call.outcome);
    }
  },
);

guarantee("C1: the deadline and the server's status race: one outcome", { impl: parked }, async ({ client, advance }) => {
  fresh();
  const stream = client.server({}, { timeoutMs: 50 });
  await advance(49);
  assert.equal(await stateOf(stream.outcome), "pending");
  await advance(2);
  assert.equal((await stream.outcome).code, "deadline_exceeded");
  stream.cancel();
  await stream.close();
  assert.equal((await stream.outcome).code, "deadline_exceeded");
});
