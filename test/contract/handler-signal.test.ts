import assert from "node:assert/strict";
import { RpcError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf } from "./world.js";

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
    assert.deepEqual(
      report.cutOff.map(({ method }) => method),
      ["/bench.v1.Bench/Server"],
    );
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
