import assert from "node:assert/strict";
import { RpcError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf, stateOf } from "./world.js";

/** What happened on the server, in order. */
const heard: string[] = [];
let reasons: RpcError[] = [];
let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  reasons = [];
  hold = gate();
}

async function park(context: HandlerContext): Promise<never> {
  const reason = (await aborted(context.signal)) as RpcError;
  reasons.push(reason);
  throw reason;
}

const parked = {
  unary: (_: unknown, context: HandlerContext) => park(context),
  async *server(_: unknown, context: HandlerContext) {
    yield { id: 1 };
    await park(context);
  },
  client: (_: unknown, context: HandlerContext) => park(context),
  async bidi(_: unknown, context: HandlerContext) {
    await park(context);
  },
};

// ------------------------------------------------------------------------------------------------ C7: ctx.signal

guarantee(
  "C7: ctx.signal says that the client cancelled, for every kind; nothing is logged",
  { impl: parked },
  async ({ client, settle, logs }) => {
    fresh();
    const abort = new AbortController();
    void client.unary({}, { signal: abort.signal });
    const others = [client.server({}), client.client(), client.bidi()];
    await settle();
    abort.abort();
    for (const call of others) call.cancel();
    await settle();
    assert.deepEqual(
      reasons.map((reason) => [reason instanceof RpcError, reason.code, reason.initiator]),
      Array.from({ length: 4 }, () => [true, "cancelled", "peer"]),
    );
    assert.deepEqual(logs, []);
  },
);

guarantee("C7: ctx.signal says that the connection was lost", { impl: parked }, async ({ client, settle, cut, logs }) => {
  fresh();
  const calls = [client.unary({}), client.server({}).outcome, client.client().finish(), client.bidi().outcome];
  await settle();
  cut();
  await settle();
  assert.deepEqual(
    reasons.map((reason) => reason.code),
    ["cancelled", "cancelled", "cancelled", "cancelled"],
  );
  await assert.rejects(calls[0] as Promise<unknown>, code("unavailable", /cut/));
  assert.deepEqual(logs, []);
});

guarantee(
  "C7: ctx.signal says that a shutdown cut the call off: unavailable",
  { impl: parked },
  async ({ client, settle, shutDown, logs }) => {
    fresh();
    const stream = client.server({});
    assert.equal((await stream.receive())?.id, 1);
    const report = await shutDown(0);
    assert.deepEqual(report.cutOff, ["/bench.v1.Bench/Server"]);
    await settle();
    assert.equal(reasons[0]?.code, "unavailable");
    assert.equal(reasons[0]?.initiator, "engine");
    await assert.rejects(stream.receive(), code("unavailable", /shutting down/));
    assert.deepEqual(logs, []);
  },
);

guarantee(
  "C7: ctx.signal does not abort on success; ctx.done settles",
  {
    impl: {
      unary(_request, context) {
        contexts.push(context);
        void context.signal;
        return {};
      },
      async *server(_request, context) {
        contexts.push(context);
        void context.signal;
        yield {};
        if (contexts.length === 2) throw new RpcError("not_found", "mine");
      },
    },
  },
  async ({ client, settle }) => {
    contexts.length = 0;
    await client.unary({});
    await assert.rejects(idsOf(client.server({})), code("not_found"));
    await idsOf(client.server({}));
    await settle();
    assert.deepEqual(
      contexts.map(({ signal }) => signal.aborted),
      [false, false, false],
    );
    const outcomes = await Promise.all(contexts.map(({ done }) => done));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.code),
      ["ok", "not_found", "ok"],
    );
  },
);

const contexts: HandlerContext[] = [];

guarantee(
  "C7: a signal made after the end has aborted already, with the reason",
  {
    impl: {
      async client(_requests, context) {
        contexts.push(context);
        await hold.promise;
        return {};
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    contexts.length = 0;
    const upload = client.client();
    await settle();
    upload.cancel();
    await settle();
    assert.equal(contexts[0]?.signal.aborted, true);
    assert.equal(code("cancelled")(contexts[0]?.signal.reason), true);
    assert.equal((await contexts[0]?.done)?.code, "cancelled");
    hold.open();
  },
);

guarantee(
  "C7: pending requests.next() and send() reject with the reason; what came before a cancel is still given",
  {
    impl: {
      async bidi(requests, _context, out) {
        const first = await requests.receive();
        heard.push(`got ${first?.id}`);
        const receiving = requests.receive().catch((error: RpcError) => void heard.push(`receive ${error.code}`));
        const sends = Array.from({ length: 6 }, () => out.send({ body: bytes(200_000) }));
        const sending = Promise.resolve(sends.at(-1)).catch((error: RpcError) => void heard.push(`send ${error.code}`));
        await Promise.all([receiving, sending]);
        await Promise.resolve(out.send({})).catch((error: RpcError) => void heard.push(`later send ${error.code}`));
        await requests.receive().catch((error: RpcError) => void heard.push(`later receive ${error.code}`));
      },
    },
  },
  async ({ client, settle, logs }) => {
    fresh();
    const talk = client.bidi();
    await talk.send({ id: 4 });
    await settle();
    talk.cancel();
    await settle();
    assert.deepEqual(heard.sort(), ["got 4", "later receive cancelled", "later send cancelled", "receive cancelled", "send cancelled"]);
    assert.deepEqual(logs, []);
  },
);

guarantee(
  "C7: a generator runs its finally blocks when the client leaves: parked in a yield, in an await of the signal, in its requests",
  {
    impl: {
      async *server(request, context) {
        try {
          if (request.id === 1) for (;;) yield { body: bytes(50_000) };
          yield {};
          await park(context);
        } finally {
          heard.push(`finally ${request.id}`);
          await null;
          heard.push(`after ${request.id}`);
        }
      },
      async *bidi(requests) {
        try {
          for await (const request of requests) yield request;
        } finally {
          heard.push("finally bidi");
        }
      },
    },
  },
  async ({ client, settle, logs }) => {
    fresh();
    const calls = [client.server({ id: 1 }), client.server({ id: 2 }), client.bidi()];
    await settle();
    for (const call of calls) call.cancel();
    await settle();
    assert.deepEqual(heard.sort(), ["after 1", "after 2", "finally 1", "finally 2", "finally bidi"]);
    assert.deepEqual(logs, []);
  },
);

guarantee(
  "C7: a handler that does not rethrow the reason but fails by itself after it was cut off is logged, once",
  {
    impl: {
      async unary(_request, context) {
        await aborted(context.signal);
        throw new TypeError("a bug in the cleanup");
      },
      async *server(_request, context) {
        try {
          yield {};
          await aborted(context.signal);
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: what a bug does
          throw new TypeError("a bug in the cleanup");
        }
      },
    },
  },
  async ({ client, settle, logs }) => {
    const abort = new AbortController();
    void client.unary({}, { signal: abort.signal });
    const stream = client.server({});
    await settle();
    abort.abort();
    stream.cancel();
    await settle();
    assert.deepEqual(
      logs.map(({ event, method }) => `${event} ${method}`),
      ["handler-failed /bench.v1.Bench/Unary", "handler-failed /bench.v1.Bench/Server"],
    );
  },
);

// ------------------------------------------------------------------------------------------------ requests and responses of a handler

guarantee(
  "break out of requests drops the rest and does not end the call; the client's sends go on",
  {
    impl: {
      async *bidi(requests) {
        for await (const { id } of requests) {
          yield { id };
          break;
        }
        yield { id: 100 };
        await hold.promise;
        yield { id: 101 };
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const talk = client.bidi();
    await talk.send({ id: 1 });
    assert.equal((await talk.receive())?.id, 1);
    assert.equal((await talk.receive())?.id, 100);
    for (let i = 0; i < 10; i++) await talk.send({ body: bytes(100_000) });
    await settle();
    hold.open();
    assert.equal((await talk.receive())?.id, 101);
    assert.equal(await talk.receive(), undefined);
    assert.equal((await talk.outcome).code, "ok");
  },
);

guarantee(
  "returning with unread requests ends the call well, and tells the client to send no more",
  {
    impl: {
      async client(requests) {
        for await (const { id } of requests) return { id };
        return {};
      },
      async bidi(_requests, _context, out) {
        await out.send({ id: 9 });
      },
    },
  },
  async ({ client, settle }) => {
    const upload = client.client();
    await upload.send({ id: 3 });
    await upload.send({ body: bytes(60_000) });
    await settle();
    assert.equal((await upload.outcome).code, "ok");
    await assert.rejects(Promise.resolve(upload.send({})), code("failed_precondition"));
    assert.equal((await upload.finish()).id, 3);
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled++;
        yield { body: bytes(30_000) };
      }
    }
    assert.deepEqual(await idsOf(client.bidi(endless())), [9]);
    await settle();
    const before = pulled;
    await settle();
    assert.equal(pulled, before);
    assert.equal((await client.client(endless())).id, 0);
  },
);

guarantee(
  "push: send after the handler has returned rejects, also while earlier sends still wait",
  {
    impl: {
      async server(_request, _context, out) {
        while (out.send({ body: bytes(100_000) }) === undefined);
        void Promise.resolve(out.send({ id: 7 }));
        void hold.promise.then(() =>
          Promise.resolve(out.send({ id: 8 })).then(
            () => void heard.push("accepted"),
            (error: RpcError) => void heard.push(error.code as string),
          ),
        );
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stream = client.server({});
    await settle();
    hold.open();
    await settle();
    assert.deepEqual(heard, ["failed_precondition"]);
    const ids = await idsOf(stream);
    assert.equal(ids.at(-1), 7, "what waited was sent before the end");
  },
);

guarantee(
  "a handler that throws while sends wait ends the call with its error",
  {
    impl: {
      async server(_request, _context, out) {
        while (out.send({ body: bytes(100_000) }) === undefined);
        throw new RpcError("resource_exhausted", "mine");
      },
    },
  },
  async ({ client }) => {
    await assert.rejects(idsOf(client.server({})), code("resource_exhausted", /mine/));
  },
);

guarantee(
  "iterables of a handler that fail in any way end the call, and never break the server",
  {
    impl: {
      server(request): AsyncIterable<{ id: number }> {
        const broken = new Error("broken");
        const fail = (): never => {
          throw broken;
        };
        if (request.id === 0) return { [Symbol.asyncIterator]: fail };
        if (request.id === 1) return { [Symbol.asyncIterator]: () => ({ next: fail }) };
        if (request.id === 2) return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }) };
        let given = 0;
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => (given++ < 1 ? Promise.resolve({ value: { id: 3 }, done: false }) : new Promise(() => {})),
            return: fail,
          }),
        };
      },
    },
  },
  async ({ client, settle, logs }) => {
    for (const id of [0, 1, 2]) await assert.rejects(idsOf(client.server({ id })), code("internal"));
    for await (const { id } of client.server({ id: 3 })) {
      assert.equal(id, 3);
      break;
    }
    await settle();
    assert.equal(logs.length, 4);
  },
);

// ------------------------------------------------------------------------------------------------ C8

guarantee(
  "C8: a consumer that stops costs a bounded number of bytes, and its neighbours go on",
  {
    impl: {
      async server(request, context, out) {
        try {
          for (;;) {
            await out.send({ body: bytes(10_000) });
            if (request.id === 1) heard.push("sent");
          }
        } finally {
          void context;
        }
      },
      unary: (request) => ({ id: request.id + 1 }),
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stopped = client.server({ id: 1 });
    await stopped.receive();
    await settle();
    const bound = heard.length;
    assert.ok(bound * 10_000 < 400_000, `${bound} messages of 10,000 bytes`);
    let bytesRead = 0;
    for await (const { body } of client.server({ id: 2 })) {
      bytesRead += body.length;
      if (bytesRead > 2_000_000) break;
    }
    for (let id = 0; id < 20; id++) assert.equal((await client.unary({ id })).id, id + 1);
    await settle();
    assert.equal(heard.length, bound);
    assert.equal((await stopped.receive())?.body.length, 10_000);
    stopped.cancel();
  },
);

guarantee(
  "C8: a handler that does not read stops the client, and its neighbours go on",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        let id = 0;
        for await (const _ of requests) id++;
        return { id };
      },
      unary: (request) => request,
    },
  },
  async ({ client, settle }) => {
    fresh();
    const upload = client.client();
    let accepted = 0;
    const body = bytes(10_000);
    for (;;) {
      const waiting = upload.send({ body });
      accepted++;
      await settle();
      if (waiting !== undefined && (await stateOf(waiting)) === "pending") break;
      assert.ok(accepted < 60, "no back-pressure");
    }
    assert.equal((await client.unary({ body: bytes(1_000_000) })).body.length, 1_000_000);
    hold.open();
    assert.equal((await upload.finish()).id, accepted);
  },
);

guarantee(
  "C8: 128 sends may wait that nobody awaits, in order; one more is a mistake",
  {
    impl: {
      async client(requests) {
        const ids: number[] = [];
        for await (const { id } of requests) ids.push(id);
        heard.push(ids.join());
        return {};
      },
    },
  },
  async ({ client }) => {
    fresh();
    const upload = client.client();
    const body = bytes(70_000);
    assert.equal(upload.send({ id: 0, body }), undefined);
    for (let id = 1; id <= 128; id++) void upload.send({ id });
    assert.throws(() => void upload.send({ id: 129 }), { name: "UsageError", message: /128/ });
    await upload.finish();
    assert.equal(heard[0], Array.from({ length: 129 }, (_, id) => id).join());
  },
);

// ------------------------------------------------------------------------------------------------ C12

guarantee(
  "C12: shutdown tells handlers, lets them finish within the grace, and takes no new calls",
  {
    impl: {
      async *server(_request, context) {
        yield { id: 1 };
        heard.push(`draining ${context.draining.aborted}`);
        await aborted(context.draining);
        heard.push("told");
        yield { id: 2 };
      },
    },
  },
  async ({ client, shutDown, settle, advance }) => {
    fresh();
    const stream = client.server({});
    assert.equal((await stream.receive())?.id, 1);
    await settle();
    const down = shutDown(10_000);
    assert.equal((await stream.receive())?.id, 2);
    assert.equal(await stream.receive(), undefined);
    await advance(5_000);
    assert.deepEqual((await down).cutOff, []);
    assert.deepEqual(heard, ["draining false", "told"]);
    await assert.rejects(client.server({}).receive(), code("unavailable"));
  },
);

guarantee(
  "C12: a handler that is parked for ever cannot hold a shutdown beyond its grace",
  { impl: { unary: () => new Promise<never>(() => {}) }, strays: 1 },
  async ({ client, shutDown, settle, advance, server }) => {
    const call = client.unary({});
    await settle();
    const down = shutDown(3_000);
    await advance(2_999);
    assert.equal(await stateOf(down), "pending");
    assert.equal(await stateOf(call), "pending");
    await advance(1);
    await assert.rejects(call, code("unavailable", /shutting down/));
    await advance(5_000);
    assert.deepEqual((await down).cutOff, ["/bench.v1.Bench/Unary"]);
    assert.equal(server.statistics().openConnections, 0);
    assert.equal(server.statistics().runningHandlers, 1);
  },
);

// ------------------------------------------------------------------------------------------------ C11

guarantee(
  "C11: the slot of a handler that goes on after its call has ended stays taken until it settles",
  {
    impl: {
      async unary(request) {
        if (request.id === 1) await hold.promise;
        return request;
      },
    },
    memory: { maxConcurrentExchanges: 1 },
    serverLimits: { maxConcurrentStreams: 1 },
    channel: { maxConnections: 1 },
  },
  async ({ client, settle, server }) => {
    fresh();
    const abort = new AbortController();
    const stray = client.unary({ id: 1 }, { signal: abort.signal });
    await settle();
    abort.abort();
    await assert.rejects(stray, code("cancelled"));
    await settle();
    assert.equal(server.statistics().openCalls, 0);
    assert.equal(server.statistics().runningHandlers, 1);
    await assert.rejects(client.unary({ id: 2 }), code("unavailable"));
    hold.open();
    await settle();
    assert.equal((await client.unary({ id: 3 })).id, 3);
  },
);

guarantee(
  "C7: a call that was cut off by the server's deadline tells the client at once, though its handler goes on",
  {
    impl: {
      async *server() {
        yield { id: 1 };
        await hold.promise;
        heard.push("handler is through");
      },
    },
    acceptor: shortened,
  },
  async ({ client, settle, advance, logs }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 60_000 });
    await settle();
    await advance(100);
    assert.equal((await stream.receive())?.id, 1);
    await assert.rejects(stream.receive(), code("deadline_exceeded"));
    assert.deepEqual(heard, []);
    hold.open();
    await settle();
    assert.deepEqual(heard, ["handler is through"]);
    assert.deepEqual(logs, []);
  },
);

type Acceptor = ReturnType<NonNullable<Parameters<typeof guarantee>[1]["acceptor"]>>;

/** The server's clock runs ahead: it has 100 ms, whatever the client says. */
function shortened(server: Acceptor): Acceptor {
  return {
    onExchange: (exchange, head, end) =>
      server.onExchange(
        exchange,
        head.map((field) => (field.name === "grpc-timeout" ? { ...field, value: "100m" } : field)),
        end,
      ),
  };
}
