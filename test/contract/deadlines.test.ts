import assert from "node:assert/strict";
import { NO_RESET_CODE } from "./carriers.js";
import { type RawExchange, withTimeout } from "./dialect.js";
import { fresh, heard, parked, untilCutOff } from "./parked.js";
import { raw } from "./raw-server.js";
import { code, guarantee, idsOf, stateOf } from "./world.js";

guarantee("C5: the deadline covers connecting, and waiting for a connection", { impl: parked, unaryOnly: true }, async (world) => {
  world.reachable = "silent";
  const calls = [world.client.unary({}, { timeoutMs: 700 }), world.client.unary({}, { timeoutMs: 700, waitForReady: true })];
  await world.advance(699);
  assert.equal(await stateOf(calls[0] as Promise<unknown>), "pending");
  await world.advance(1);
  for (const call of calls) await assert.rejects(call, code("deadline_exceeded"));
});

guarantee("C5: a time-out of 0 is over at once, for every kind", { impl: parked }, async ({ client, server, settle }) => {
  const options = { timeoutMs: 0 };
  await assert.rejects(client.unary({}, options), code("deadline_exceeded"));
  await assert.rejects(idsOf(client.server({}, options)), code("deadline_exceeded"));
  await assert.rejects(client.client([{}], options), code("deadline_exceeded"));
  await assert.rejects(idsOf(client.bidi([{}], options)), code("deadline_exceeded"));
  await settle();
  assert.equal(server.statistics().totalCalls, 0);
  assert.throws(() => void client.unary({}, { timeoutMs: -1 }), { name: "UsageError" });
  assert.throws(() => void client.unary({}, { timeoutMs: Number.NaN }), { name: "UsageError" });
});

guarantee(
  "C5: the server is told the deadline, and its handler's signal says so when it passes",
  {
    impl: {
      async *server(_request, context) {
        left = context.timeRemainingMs();
        yield { id: 1 };
        await untilCutOff(context);
      },
    },
  },
  async ({ client, advance }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 1_500 });
    assert.equal((await stream.receive())?.id, 1);
    assert.equal(left, 1_500);
    await advance(1_500);
    await assert.rejects(stream.receive(), code("deadline_exceeded"));
    assert.equal((await stream.outcome).initiator, "engine");
    await advance(0);
    assert.ok(heard.reason?.code === "deadline_exceeded" || heard.reason?.code === "cancelled", `${heard.reason}`);
  },
);

let left = 0;

guarantee(
  "C5: a server whose deadline passes first says deadline_exceeded",
  {
    impl: {
      async *server(_request, context) {
        yield { id: 1 };
        await untilCutOff(context);
      },
      unary: (_request, context) => untilCutOff(context),
    },
    acceptor: (server) => ({
      // the client's clock is behind: the server has less time than the client
      onExchange: (exchange, head, end) => server.onExchange(exchange, withTimeout(head, 100), end),
    }),
  },
  async ({ client, advance, settle }) => {
    fresh();
    const trailers: string[] = [];
    const stream = client.server({}, { timeoutMs: 5_000, onTrailers: () => trailers.push("came") });
    const call = client.unary({}, { timeoutMs: 5_000 });
    await settle();
    await advance(100);
    assert.equal(heard.reason?.code, "deadline_exceeded");
    assert.equal(heard.reason?.initiator, "engine");
    assert.equal((await stream.receive())?.id, 1);
    await assert.rejects(stream.receive(), code("deadline_exceeded"));
    await assert.rejects(call, code("deadline_exceeded"));
    assert.equal((await stream.outcome).initiator, "peer");
    assert.deepEqual(trailers, ["came"]);
  },
);

guarantee(
  "C5: the local deadline wins against what the network says at the same time",
  { impl: parked },
  async ({ client, runtime, cut, settle }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 100 });
    const call = client.unary({}, { timeoutMs: 100 });
    await settle();
    // the clock has passed the deadline, and the connection goes before the timer is looked at
    (runtime as { now(): number }).now = () => 100;
    cut();
    await settle();
    await assert.rejects(stream.receive(), code("deadline_exceeded"));
    await assert.rejects(call, code("deadline_exceeded"));
    Reflect.deleteProperty(runtime, "now");
  },
);

let exchange: RawExchange | undefined;

guarantee(
  "C5: a peer that resets shortly before the deadline has seen it pass: its clock began a little earlier",
  { acceptor: raw((answer) => void ({ exchange } = answer)), skip: NO_RESET_CODE },
  async ({ client, settle, advance }) => {
    for (const [after, expected] of [
      [96, "deadline_exceeded"],
      [90, "cancelled"],
    ] as const) {
      const call = client.unary({}, { timeoutMs: 100 });
      await settle();
      await advance(after);
      exchange?.reset(8);
      await settle();
      await assert.rejects(call, code(expected));
    }
  },
);
