import assert from "node:assert/strict";
import { type Interceptor, RpcError } from "sluice";
import { code, type Gate, gate, guarantee, idsOf, listeners, stateOf } from "./world.js";

const heard: string[] = [];
let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

const echo = {
  unary: (request: { id: number }) => ({ id: request.id + 1 }),
  async *server(request: { id: number }) {
    for (let id = 0; id < request.id; id++) yield { id };
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    let id = 0;
    for await (const request of requests) id += request.id;
    return { id };
  },
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) yield { id };
  },
};

function ran(request: { id: number }): { id: number } {
  heard.push("handler");
  return request;
}

function tell(name: string): Interceptor {
  return async (call, next) => {
    heard.push(`${name} > ${call.method.kind}`);
    call.mapSend((message) => {
      heard.push(`${name} sends ${(message as { id?: number }).id ?? 0}`);
      return message;
    });
    call.mapReceive((message) => {
      heard.push(`${name} receives ${(message as { id: number }).id}`);
      return message;
    });
    const outcome = await next();
    heard.push(`${name} < ${outcome.code}`);
  };
}

/** Runs the four kinds, one after the other. */
guarantee(
  "interceptors of both sides see every kind as one shape and every message, the first outermost",
  {
    impl: echo,
    serverInterceptors: [tell("s1")],
    service: { interceptors: [tell("s2")] },
    channel: { interceptors: [tell("c1")] },
    client: { interceptors: [tell("c2")] },
  },
  async ({ client, settle }) => {
    fresh();
    await client.unary({ id: 1 });
    await settle();
    const request = ["c1 > unary", "c2 > unary", "c1 sends 1", "c2 sends 1", "s1 > unary", "s2 > unary", "s2 receives 1", "s1 receives 1"];
    assert.deepEqual(heard.slice(0, 12), [...request, "s1 sends 2", "s2 sends 2", ...heard.slice(10, 12)]);
    assert.deepEqual(heard.slice(10).sort(), ["c1 < ok", "c1 receives 2", "c2 < ok", "c2 receives 2", "s1 < ok", "s2 < ok"]);
    for (const run of [
      () => idsOf(client.server({ id: 2 })),
      () => client.client([{ id: 1 }, { id: 2 }]),
      () => idsOf(client.bidi([{ id: 5 }])),
    ]) {
      fresh();
      await run();
      await settle();
      for (const name of ["s1", "s2", "c1", "c2"]) {
        const own = heard.filter((line) => line.startsWith(name));
        assert.match(own[0] as string, / > (server-stream|client-stream|bidi)$/);
        assert.equal(own.at(-1), `${name} < ok`);
        assert.equal(
          own.filter((line) => line.includes("sends")).length + own.filter((line) => line.includes("receives")).length,
          own.length - 2,
        );
        assert.ok(own.length >= 4);
      }
    }
  },
);

guarantee(
  "interceptors may replace messages, metadata and values",
  {
    impl: { unary: (request, context) => ({ id: request.id, name: context.requestHeaders.get("added") ?? "" }) },
    client: {
      interceptors: [
        async (call, next) => {
          await null;
          call.requestHeaders.set("added", "yes");
          call.mapSend((message) => ({ ...(message as object), id: 10 }));
          call.mapReceive((message) => ({ ...(message as object), id: (message as { id: number }).id + 1 }));
          assert.equal(call.timeRemainingMs(), 500);
          await next();
        },
      ],
    },
  },
  async ({ client }) => {
    const reply = await client.unary({ id: 1 }, { timeoutMs: 500 });
    assert.deepEqual([reply.id, reply.name], [11, "yes"]);
  },
);

/** An interceptor that refuses what is asked for in the headers. */
const refusing: Interceptor = async (call, next) => {
  const how = call.requestHeaders.get("how");
  if (how === "late") await null;
  if (how === "late" || how === "now") throw new RpcError("unauthenticated", "who are you");
  if (how === "accident") throw new Error("secret");
  if (how === "never") return;
  const outcome = next();
  if (how === "twice") {
    assert.throws(() => void next(), { name: "UsageError", message: /twice/ });
    await next();
  }
  await outcome;
  if (how === "after") throw new Error("after");
};

for (const [side, options] of [
  ["client", { client: { interceptors: [refusing] } }],
  ["server", { serverInterceptors: [refusing] }],
] as const) {
  guarantee(
    `an interceptor of the ${side} that throws before next() ends the call, with its error, and no handler runs`,
    { impl: { ...echo, unary: ran }, ...options },
    async ({ client, server, settle }) => {
      fresh();
      for (const how of ["now", "late"]) {
        const calls = { headers: { how } };
        await assert.rejects(client.unary({}, calls), code("unauthenticated", /who are you/));
        await assert.rejects(idsOf(client.server({}, calls)), code("unauthenticated"));
        await assert.rejects(client.client([{}, {}], calls), code("unauthenticated"));
        await assert.rejects(idsOf(client.bidi([{}, {}], calls)), code("unauthenticated"));
        const talk = client.bidi(calls);
        await assert.rejects(
          (async () => {
            for (;;) await talk.send({});
          })(),
          code("unauthenticated"),
        );
      }
      await assert.rejects(client.unary({}, { headers: { how: "never" } }), code("internal", /next\(\)/));
      await settle();
      assert.deepEqual(heard, []);
      if (side === "client") assert.equal(server.statistics().totalCalls, 0);
    },
  );

  guarantee(
    `an interceptor of the ${side} that throws after next(), or calls it twice, changes nothing and is logged`,
    { impl: echo, ...options },
    async ({ client, logs, settle }) => {
      for (const how of ["after", "twice"]) assert.equal((await client.unary({ id: 1 }, { headers: { how } })).id, 2);
      await settle();
      assert.deepEqual(
        logs.map(({ event, method }) => `${event} ${method}`),
        ["interceptor-failed /bench.v1.Bench/Unary", "interceptor-failed /bench.v1.Bench/Unary"],
      );
    },
  );
}

guarantee(
  "what an interceptor of the server throws by accident is logged, and not told to the client",
  { impl: echo, serverInterceptors: [refusing] },
  async ({ client, logs }) => {
    await assert.rejects(client.unary({}, { headers: { how: "accident" } }), (error: RpcError) => {
      assert.equal(error.code, "internal");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.equal(logs.length, 1);
  },
);

const refuseMessages: Interceptor = (call, next) => {
  const refuse = (message: unknown): unknown => {
    const { id } = message as { id?: number };
    if (id === 13) throw new RpcError("invalid_argument", "thirteen");
    if (id === 14) throw new Error("secret");
    return message;
  };
  if (call.requestHeaders.get("map") === "send") call.mapSend(refuse);
  else call.mapReceive(refuse);
  return next();
};

for (const map of ["send", "receive"]) {
  guarantee(
    `a map of the client that throws while it ${map}s ends the call with its error`,
    { impl: echo, client: { interceptors: [refuseMessages] } },
    async ({ client, settle }) => {
      const options = { headers: { map } };
      await assert.rejects(client.unary({ id: map === "send" ? 13 : 12 }, options), code("invalid_argument", /thirteen/));
      await assert.rejects(idsOf(client.bidi([{ id: 1 }, { id: 13 }, { id: 3 }], options)), code("invalid_argument"));
      const unread = client.bidi([{ id: 14 }, { id: 14 }], options);
      await settle();
      await assert.rejects(unread.receive(), code("internal", /secret/));
      await assert.rejects(unread.receive(), code("internal", /secret/));
      assert.equal((await unread.outcome).code, map === "send" ? "internal" : (await unread.outcome).code);
    },
  );

  guarantee(
    `a map of the server that throws while it ${map}s ends the call with its error, whatever the handler does`,
    {
      impl: {
        ...echo,
        async bidi(requests, _context, out) {
          // a handler that looks at no error of its sends
          for await (const { id } of requests) void out.send({ id });
        },
      },
      serverInterceptors: [refuseMessages],
    },
    async ({ client }) => {
      const options = { headers: { map } };
      await assert.rejects(client.unary({ id: map === "send" ? 12 : 13 }, options), code("invalid_argument", /thirteen/));
      const talk = client.bidi(options);
      await talk.send({ id: 1 });
      assert.equal((await talk.receive())?.id, 1);
      await talk.send({ id: 13 });
      await assert.rejects(talk.receive(), code("invalid_argument", /thirteen/));
    },
  );
}

const waits: Interceptor = async (_call, next) => {
  await hold.promise;
  await next();
};

guarantee(
  "sends and half-closes before an async interceptor is through wait for it, in order, and see it",
  {
    impl: {
      ...echo,
      async client(requests) {
        for await (const { id } of requests) heard.push(String(id));
        return {};
      },
    },
    client: { interceptors: [waits] },
  },
  async ({ client, settle, server }) => {
    fresh();
    const upload = client.client();
    const sends = [1, 2, 3].map((id) => upload.send({ id }));
    const done = upload.finish();
    await settle();
    assert.equal(server.statistics().totalCalls, 0);
    assert.equal(await stateOf(Promise.resolve(sends[0])), "pending");
    hold.open();
    await done;
    await Promise.all(sends);
    assert.deepEqual(heard, ["1", "2", "3"]);
  },
);

guarantee(
  "a send in the very turn in which the interceptor is through does not overtake the sends before it",
  {
    impl: {
      ...echo,
      async client(requests) {
        for await (const { id } of requests) heard.push(String(id));
        return {};
      },
    },
    client: {
      interceptors: [
        async (_call, next) => {
          await hold.promise;
          const outcome = next();
          afterNext();
          await outcome;
        },
      ],
    },
  },
  async ({ client, settle }) => {
    fresh();
    const upload = client.client();
    void upload.send({ id: 1 });
    void upload.send({ id: 2 });
    afterNext = () => {
      void upload.send({ id: 3 });
      void upload.finish();
    };
    hold.open();
    await settle();
    await upload.outcome;
    assert.deepEqual(heard, ["1", "2", "3"]);
  },
);

let afterNext: () => void = () => {};

guarantee(
  "a call that ends while an interceptor holds it lets every send go, and reaches no server",
  { impl: echo, client: { interceptors: [waits] } },
  async ({ client, server, settle, advance }) => {
    fresh();
    const signal = AbortSignal.abort();
    const ended = client.bidi({ signal });
    await assert.rejects(Promise.resolve(ended.send({})), code("cancelled"));
    await assert.rejects(Promise.resolve(client.client({ timeoutMs: 0 }).send({})), code("deadline_exceeded"));
    const cancelled = client.bidi();
    const sent = cancelled.send({});
    void cancelled.send({});
    cancelled.closeSend();
    cancelled.cancel();
    await assert.rejects(Promise.resolve(sent), code("cancelled"));
    const expired = client.unary({}, { timeoutMs: 20 });
    const closed = client.server({}, { closeTimeoutMs: 10 }).close();
    await advance(20);
    await assert.rejects(expired, code("deadline_exceeded"));
    assert.equal((await closed).code, "cancelled");
    hold.open();
    await settle();
    assert.equal(server.statistics().totalCalls, 0);
  },
);

guarantee(
  "sends that an interceptor holds are bounded as those that wait for room",
  { impl: echo, client: { interceptors: [waits] } },
  async ({ client }) => {
    fresh();
    const upload = client.client();
    for (let i = 0; i < 128; i++) void upload.send({ id: 1 });
    assert.throws(() => void upload.send({}), { name: "UsageError", message: /128/ });
    hold.open();
    assert.equal((await upload.finish()).id, 128);
  },
);

guarantee(
  "a handler whose interceptor waits is not begun when the client leaves before",
  { impl: { ...echo, unary: ran }, serverInterceptors: [waits] },
  async ({ client, settle, server }) => {
    fresh();
    const abort = new AbortController();
    const call = client.unary({}, { signal: abort.signal });
    const stream = client.server({ id: 1 });
    await settle();
    assert.equal(server.statistics().runningHandlers, 2);
    abort.abort();
    stream.cancel();
    await assert.rejects(call, code("cancelled"));
    await settle();
    assert.equal(server.statistics().runningHandlers, 0);
    hold.open();
    await settle();
    assert.deepEqual(heard, []);
  },
);

guarantee(
  "an interceptor of the client can cancel, and its signal aborts when the call ends badly",
  {
    impl: { ...echo, unary: () => new Promise<never>(() => {}) },
    strays: 1,
    client: {
      interceptors: [
        (call, next) => {
          call.signal.addEventListener("abort", () => heard.push(`aborted ${(call.signal.reason as RpcError).code}`));
          void hold.promise.then(() => call.cancel("by the interceptor"));
          return next();
        },
      ],
    },
  },
  async ({ client, settle }) => {
    fresh();
    const call = client.unary({});
    await settle();
    hold.open();
    await assert.rejects(call, code("cancelled", /by the interceptor/));
    await settle();
    assert.deepEqual(heard, ["aborted cancelled"]);
  },
);

guarantee(
  "C6: an aborted send that an interceptor holds was not sent, and leaves no listener; the others are",
  {
    impl: echo,
    client: { interceptors: [waits] },
  },
  async ({ client, settle }) => {
    fresh();
    const abort = new AbortController();
    const upload = client.client();
    void upload.send({ id: 1 });
    const aborts = upload.send({ id: 10 }, { signal: abort.signal });
    const late = upload.send({ id: 20 }, { signal: AbortSignal.abort() });
    void upload.send({ id: 2 }, { signal: new AbortController().signal });
    await settle();
    assert.equal(listeners(abort.signal), 1);
    abort.abort();
    await assert.rejects(aborts as Promise<void>, code("cancelled", /was not sent/));
    const reply = upload.finish();
    hold.open();
    await assert.rejects(late as Promise<void>, code("cancelled", /was not sent/));
    assert.equal((await reply).id, 3);
    assert.equal(listeners(abort.signal), 0);
  },
);
