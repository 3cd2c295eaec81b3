import assert from "node:assert/strict";
import { type BidiCall, type Outcome, RpcError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { aborted, bytes, code, gate, guarantee, idsOf, listeners, stateOf, type World } from "./world.js";

/** What the server heard of the last call. */
let reason: RpcError | undefined;
let finished = 0;

async function untilCutOff(context: HandlerContext): Promise<never> {
  reason = (await aborted(context.signal)) as RpcError;
  throw reason;
}

const parked = {
  unary: (_: unknown, context: HandlerContext) => untilCutOff(context),
  async *server(request: { id: number }, context: HandlerContext) {
    try {
      for (let id = 1; id <= request.id; id++) yield { id };
      await untilCutOff(context);
    } finally {
      finished++;
    }
  },
  client: (_: unknown, context: HandlerContext) => untilCutOff(context),
  async *bidi(requests: AsyncIterable<{ id: number }>, context: HandlerContext) {
    try {
      for await (const { id } of requests) yield { id };
      await untilCutOff(context);
    } finally {
      finished++;
    }
  },
};

/** Yields for ever. */
const endless = {
  async *server(request: { body: Uint8Array }) {
    try {
      for (let id = 0; ; id++) yield { id, body: request.body };
    } finally {
      finished++;
    }
  },
};

function fresh(): void {
  reason = undefined;
  finished = 0;
}

// ------------------------------------------------------------------------------------------------ C1

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
        assert.ok(reason instanceof RpcError, "the server has heard");
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
      assert.deepEqual([ok, message, details.length, trailers.size, initiator], ["ok", "", 0, 0, "peer"]);
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

// ------------------------------------------------------------------------------------------------ C2

guarantee(
  "C2: a stream whose messages nobody reads is released when its transport ends, and the messages stay readable",
  {
    impl: {
      async *server() {
        for (let id = 1; id <= 3; id++) yield { id };
      },
    },
  },
  async ({ client, settle, server, channel }) => {
    const abort = new AbortController();
    const stream = client.server({}, { signal: abort.signal, timeoutMs: 1_000 });
    await settle();
    assert.equal(server.statistics().openCalls, 0);
    assert.equal(channel.statistics().openCalls, 0);
    assert.equal(channel.statistics().openStreams, 0);
    assert.equal(listeners(abort.signal), 0);
    abort.abort();
    assert.deepEqual(await idsOf(stream), [1, 2, 3]);
    assert.equal((await stream.outcome).code, "ok");
  },
);

guarantee(
  "C2: after the server's error, and after a lost connection, what came before stays readable; then the error, every time",
  {
    impl: {
      async *server(request, context) {
        yield { id: 1 };
        yield { id: 2 };
        if (request.id === 1) throw new RpcError("data_loss", "no more");
        await untilCutOff(context);
      },
    },
  },
  async ({ client, settle, cut }) => {
    const failed = client.server({ id: 1 });
    const lost = client.server({ id: 2 });
    await settle();
    cut();
    await settle();
    for (const [stream, expected] of [
      [failed, "data_loss"],
      [lost, "unavailable"],
    ] as const) {
      assert.equal((await stream.receive())?.id, 1);
      assert.equal((await stream.receive())?.id, 2);
      await assert.rejects(stream.receive(), code(expected));
      await assert.rejects(stream.receive(), code(expected));
      await assert.rejects(idsOf(stream), code(expected));
      assert.equal((await stream.outcome).code, expected);
    }
  },
);

guarantee(
  "C2: after a local cancel or deadline the inbox is dropped, and receive rejects at once",
  { impl: parked },
  async ({ client, settle, advance }) => {
    fresh();
    const cancelled = client.server({ id: 3 });
    const expired = client.server({ id: 3 }, { timeoutMs: 10 });
    await settle();
    cancelled.cancel(new Error("enough"));
    await assert.rejects(
      cancelled.receive(),
      (error: RpcError) => code("cancelled", /enough/)(error) && (error.cause as Error).message === "enough",
    );
    await advance(11);
    await assert.rejects(expired.receive(), code("deadline_exceeded"));
  },
);

// ------------------------------------------------------------------------------------------------ C3

guarantee(
  "C3: leaving a loop by break, return or throw cancels the call, and the server hears it",
  { impl: parked },
  async ({ client, settle }) => {
    const ways: ((stream: AsyncIterable<unknown>) => Promise<void>)[] = [
      async (stream) => {
        for await (const _ of stream) break;
      },
      async (stream) => {
        for await (const _ of stream) return;
      },
      async (stream) => {
        for await (const _ of stream) throw new Error("mine");
      },
    ];
    for (const leave of ways) {
      fresh();
      const stream = client.server({ id: 2 });
      await leave(stream).catch((error: Error) => assert.equal(error.message, "mine"));
      assert.equal((await stream.outcome).code, "cancelled");
      await settle();
      assert.equal(reason?.code ?? "cancelled", "cancelled");
      assert.equal(finished, 1);
      await assert.rejects(stream.receive(), code("cancelled"));
    }
  },
);

guarantee(
  "C3: the end of an `await using` block cancels every kind of stream, at once",
  { impl: parked },
  async ({ client, settle, server }) => {
    for (const open of [() => client.server({ id: 1 }), () => client.client(), () => client.bidi()]) {
      const stream = open();
      await settle();
      assert.equal(server.statistics().runningHandlers, 1);
      await stream[Symbol.asyncDispose]();
      assert.equal((await stream.outcome).code, "cancelled");
      await settle();
      assert.equal(server.statistics().runningHandlers, 0);
      await stream[Symbol.asyncDispose]();
    }
  },
);

guarantee(
  "C3: leaving the loop over a bidi call returns the request iterator, also one that is parked",
  { impl: parked },
  async ({ client, settle }) => {
    fresh();
    let returned = 0;
    const never = {
      [Symbol.asyncIterator]() {
        let sent = 0;
        return {
          next: () => (sent++ === 0 ? Promise.resolve({ value: { id: 1 }, done: false as const }) : new Promise<never>(() => {})),
          return() {
            returned++;
            return new Promise<never>(() => {});
          },
        };
      },
    };
    for await (const { id } of client.bidi(never)) {
      assert.equal(id, 1);
      break;
    }
    await settle();
    assert.equal(returned, 1);
    assert.equal(finished, 1);
  },
);

// ------------------------------------------------------------------------------------------------ C4

guarantee(
  "C4: close() before headers ends in time with a silent server",
  { impl: parked, service: { earlyHeaders: false } },
  async ({ client, advance, runtime }) => {
    fresh();
    const stream = client.bidi();
    const before = runtime.now();
    const closed = stream.close();
    await advance(29_999);
    assert.equal(await stateOf(closed), "pending");
    await advance(1);
    assert.equal((await closed).code, "cancelled");
    assert.equal(runtime.now() - before, 30_000);
    await advance(0);
    assert.equal(reason?.code, "cancelled");
  },
);

guarantee(
  "C4: close() is idempotent: a later one does not put the end off",
  { impl: parked, closeTimeoutMs: 1_000 },
  async ({ client, advance }) => {
    fresh();
    const stream = client.server({ id: 1 });
    const closed = stream.close();
    for (let i = 0; i < 3; i++) {
      await advance(300);
      void stream.close();
    }
    await advance(100);
    assert.notEqual(await stateOf(closed), "pending");
    assert.equal(await stream.close(), await closed);
  },
);

guarantee(
  "C4: close() wakes a receive that waits, and later ones, with the end",
  { impl: parked, closeTimeoutMs: 1_000 },
  async ({ client, settle, advance }) => {
    fresh();
    const stream = client.server({ id: 0 });
    const waiting = stream.receive();
    await settle();
    const closed = stream.close();
    assert.equal(await waiting, undefined);
    assert.equal(await stream.receive(), undefined);
    await advance(1_001);
    assert.equal((await closed).code, "cancelled");
    assert.equal(await stream.receive(), undefined, "also after it has cancelled");
  },
);

guarantee(
  "C4: closeMaxBytes 0 and closeTimeoutMs 0 cancel at once, and wake a receive with the end",
  { impl: parked },
  async ({ client, settle }) => {
    for (const limit of [{ closeMaxBytes: 0 }, { closeTimeoutMs: 0 }]) {
      fresh();
      const stream = client.server({ id: 0 }, limit);
      const waiting = stream.receive();
      await settle();
      const closed = stream.close();
      assert.equal((await closed).code, "cancelled");
      assert.equal(await waiting, undefined);
      assert.equal(await stream.receive(), undefined);
      await settle();
      assert.equal(reason?.code, "cancelled");
    }
  },
);

guarantee(
  "C4: close() of an endless stream discards closeMaxBytes and no more",
  { impl: endless, closeMaxBytes: 200_000 },
  async ({ client, settle, pipes }) => {
    fresh();
    const stream = client.server({ body: bytes(1_000) });
    await stream.receive();
    const before = pipes[0]?.statistics.toClient ?? 0;
    const outcome = await stream.close();
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /200000 bytes/);
    await settle();
    assert.equal(finished, 1);
    assert.ok((pipes[0]?.statistics.toClient ?? 0) - before < 1_000_000);
  },
);

guarantee(
  "C4: close() half-closes and takes the server's own end when it comes in time, with its trailers and late headers",
  {
    impl: {
      async *bidi(requests, context) {
        context.responseTrailers.set("sum", "3");
        context.responseHeaders.set("late", "header");
        let sum = 0;
        for await (const { id } of requests) sum += id;
        for (let i = 0; i < sum; i++) yield { id: i };
      },
    },
  },
  async ({ client }) => {
    const talk = client.bidi();
    const { headers } = talk;
    await talk.send({ id: 1 });
    await talk.send({ id: 2 });
    const outcome = await talk.close();
    assert.equal(outcome.code, "ok");
    assert.equal(outcome.trailers.get("sum"), "3");
    assert.equal((await headers).get("late"), "header");
    assert.equal(await talk.receive(), undefined);
    assert.equal(await talk.close(), outcome);
  },
);

guarantee(
  "C4: close() in the middle of a large message gives its bytes back and ends",
  {
    impl: {
      async *server() {
        yield { body: bytes(500_000) };
        yield { body: bytes(300_000) };
      },
    },
  },
  async ({ client, settle }) => {
    const stream = client.server({});
    await settle();
    const outcome = await stream.close();
    assert.equal(outcome.code, "ok");
  },
);

guarantee("C4: close() without a connection ends in time", { impl: parked, closeTimeoutMs: 2_000 }, async (world) => {
  world.reachable = "silent";
  const stream = world.client.server({});
  await world.settle();
  const closed = stream.close();
  await world.advance(2_000);
  assert.equal((await closed).code, "cancelled");
  assert.equal(world.channel.statistics().waitingCalls, 0);
});

guarantee("C4: a deadline before the end of closing still counts", { impl: parked }, async ({ client, advance }) => {
  fresh();
  const stream = client.server({}, { timeoutMs: 100 });
  const closed = stream.close();
  await advance(100);
  assert.equal((await closed).code, "deadline_exceeded");
});

guarantee(
  "C4: a closed stream of an infinite close time still has its deadline",
  { impl: parked, closeTimeoutMs: Number.POSITIVE_INFINITY },
  async ({ client, advance }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 100_000 });
    const closed = stream.close();
    await advance(99_999);
    assert.equal(await stateOf(closed), "pending");
    await advance(1);
    assert.equal((await closed).code, "deadline_exceeded");
  },
);

guarantee(
  "C4: close() after the end gives the outcome, and nothing to receive",
  {
    impl: {
      async *server(request) {
        yield { id: 1 };
        if (request.id === 1) throw new RpcError("data_loss", "");
      },
    },
  },
  async ({ client, settle }) => {
    for (const [id, expected] of [
      [0, "ok"],
      [1, "data_loss"],
    ] as const) {
      const stream = client.server({ id });
      await settle();
      assert.equal((await stream.close()).code, expected);
      assert.equal(await stream.receive(), undefined);
    }
  },
);

// ------------------------------------------------------------------------------------------------ cancel

guarantee(
  "cancel() is immediate in every state: before connection, before headers, between messages, after half-close",
  { impl: parked },
  async (world) => {
    const { client, settle } = world;
    const moments: ((call: BidiCall<{ id?: number }, unknown>) => Promise<void> | void)[] = [
      () => {},
      () => settle(),
      async (call) => {
        await call.send({ id: 1 });
        await call.receive();
      },
      async (call) => {
        await call.send({ id: 1 });
        call.closeSend();
        await settle();
      },
    ];
    for (const moment of moments) {
      fresh();
      const call = client.bidi();
      await moment(call);
      let outcome: Outcome | undefined;
      void call.outcome.then((it) => {
        outcome = it;
      });
      call.cancel("now");
      call.cancel("again");
      await null;
      assert.equal(outcome?.code, "cancelled");
      assert.equal(outcome?.initiator, "application");
      assert.equal(outcome?.message, "cancelled by the caller: now");
      await settle();
    }
  },
);

guarantee("cancel() works inside onHeaders, onTrailers and the continuation of a receive", { impl: parked }, async ({ client, settle }) => {
  fresh();
  const inHeaders: ReturnType<typeof client.server> = client.server({ id: 3 }, { onHeaders: () => inHeaders.cancel("in headers") });
  await assert.rejects(inHeaders.receive(), code("cancelled", /in headers/));
  const inReceive = client.server({ id: 3 });
  await inReceive.receive().then(() => inReceive.cancel("in receive"));
  await assert.rejects(inReceive.receive(), code("cancelled", /in receive/));
  await settle();
});

guarantee(
  "a callback that throws cancels the call, with what it threw as the cause",
  {
    impl: {
      unary: () => ({}),
      async *server() {
        yield {};
      },
    },
  },
  async ({ client }) => {
    const mine = new Error("mine");
    const fail = () => {
      throw mine;
    };
    await assert.rejects(
      client.unary({}, { onHeaders: fail }),
      (error: RpcError) => code("cancelled", /onHeaders/)(error) && error.cause === mine,
    );
    await assert.rejects(
      client.unary({}, { onTrailers: fail }),
      (error: RpcError) => code("cancelled", /onTrailers/)(error) && error.cause === mine,
    );
    await assert.rejects(idsOf(client.server({}, { onTrailers: fail })), code("cancelled", /onTrailers/));
  },
);

guarantee(
  "a signal that has aborted begins nothing; one that aborts later cancels; after the response it does nothing",
  {
    impl: { ...parked, unary: (request, context) => (request.id === 1 ? { id: 1 } : untilCutOff(context)) },
  },
  async ({ client, settle, server }) => {
    fresh();
    const early = AbortSignal.abort("early");
    await assert.rejects(
      client.unary({}, { signal: early }),
      (error: RpcError) => code("cancelled", /early/)(error) && error.cause === "early",
    );
    await assert.rejects(client.server({}, { signal: early }).receive(), code("cancelled"));
    await assert.rejects(client.client({ signal: early }).finish(), code("cancelled"));
    await assert.rejects(Promise.resolve(client.bidi({ signal: early }).send({})), code("cancelled"));
    await settle();
    assert.equal(server.statistics().totalCalls, 0);
    const abort = new AbortController();
    const call = client.unary({}, { signal: abort.signal });
    await settle();
    assert.equal(listeners(abort.signal), 1);
    abort.abort(new Error("changed my mind"));
    await assert.rejects(call, code("cancelled", /changed my mind/));
    const late = new AbortController();
    assert.equal((await client.unary({ id: 1 }, { signal: late.signal })).id, 1);
    assert.equal(listeners(late.signal), 0);
    late.abort();
  },
);

// ------------------------------------------------------------------------------------------------ C5

guarantee("C5: the deadline covers connecting, and waiting for a connection", { impl: parked }, async (world) => {
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
    assert.ok(reason?.code === "deadline_exceeded" || reason?.code === "cancelled", `${reason}`);
  },
);

let left = 0;

guarantee(
  "C5: a server whose deadline passes first says deadline_exceeded in trailers",
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
      onExchange: (exchange, head, end) =>
        server.onExchange(
          exchange,
          head.map((field) => (field.name === "grpc-timeout" ? { ...field, value: "100m" } : field)),
          end,
        ),
    }),
  },
  async ({ client, advance, settle }) => {
    fresh();
    const trailers: string[] = [];
    const stream = client.server({}, { timeoutMs: 5_000, onTrailers: () => trailers.push("came") });
    const call = client.unary({}, { timeoutMs: 5_000 });
    await settle();
    await advance(100);
    assert.equal(reason?.code, "deadline_exceeded");
    assert.equal(reason?.initiator, "engine");
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

// ------------------------------------------------------------------------------------------------ C6

guarantee(
  "C6: an aborted receive loses nothing and leaves no listener",
  {
    impl: {
      async *bidi(requests) {
        for await (const request of requests) yield request;
      },
    },
  },
  async ({ client, settle }) => {
    const talk = client.bidi();
    const abort = new AbortController();
    const waiting = talk.receive({ signal: abort.signal });
    assert.equal(listeners(abort.signal), 1);
    abort.abort("no time");
    await assert.rejects(waiting, (error: RpcError) => code("cancelled", /stream goes on/)(error) && error.cause === "no time");
    assert.equal(listeners(abort.signal), 0);
    await talk.send({ id: 5 });
    await settle();
    assert.equal((await talk.receive({ signal: abort.signal }))?.id, 5, "a message that is there is given");
    await assert.rejects(talk.receive({ signal: abort.signal }), code("cancelled"));
    const other = new AbortController();
    const next = talk.receive({ signal: other.signal });
    await talk.send({ id: 6 });
    assert.equal((await next)?.id, 6);
    assert.equal(listeners(other.signal), 0);
    talk.closeSend();
    assert.equal(await talk.receive({ signal: other.signal }), undefined);
  },
);

guarantee(
  "C6: an aborted send that waits was not sent; one that was accepted cannot be recalled",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        let id = 0;
        for await (const request of requests) id = id * 10 + request.id;
        return { id };
      },
    },
  },
  async ({ client, settle }) => {
    hold = gate();
    const upload = client.client();
    const body = bytes(100_000);
    let accepted = 0;
    let waiting: Promise<void> | undefined;
    const abort = new AbortController();
    for (let i = 0; i < 20; i++) {
      await settle();
      waiting = upload.send({ id: 1, body }, { signal: abort.signal });
      if (waiting !== undefined && (await stateOf(waiting)) === "pending") break;
      accepted++;
    }
    assert.ok(accepted >= 1 && accepted < 20);
    const behind = upload.send({ id: 2 });
    abort.abort();
    await assert.rejects(waiting as Promise<void>, code("cancelled", /was not sent/));
    assert.equal(listeners(abort.signal), 0);
    await assert.rejects(Promise.resolve(upload.send({ id: 3 }, { signal: abort.signal })), code("cancelled", /was not sent/));
    hold.open();
    await behind;
    assert.equal((await upload.finish()).id, Number(`${"1".repeat(accepted)}2`));
  },
);

let hold = gate();
