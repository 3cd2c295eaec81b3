import assert from "node:assert/strict";
import { type Interceptor, RpcError } from "sluice";
import { HALF_DUPLEX } from "./carriers.js";
import { summing as echo } from "./echo.js";
import { code, guarantee, idsOf, type WorldOptions } from "./world.js";

const heard: string[] = [];

function fresh(): void {
  heard.length = 0;
}

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
    unaryOnly: true,
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
    { impl: echo, unaryOnly: true, ...options },
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
  { impl: echo, unaryOnly: true, serverInterceptors: [refusing] },
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

  const server: WorldOptions = {
    impl: {
      ...echo,
      async bidi(requests, _context, out) {
        // a handler that looks at no error of its sends
        for await (const { id } of requests) void out.send({ id });
      },
    },
    serverInterceptors: [refuseMessages],
  };

  guarantee(
    `a map of the server that throws while it ${map}s ends the call with its error, whatever the handler does`,
    server,
    async ({ client, readable }) => {
      const options = { headers: { map } };
      await assert.rejects(client.unary({ id: map === "send" ? 12 : 13 }, options), code("invalid_argument", /thirteen/));
      const talk = client.bidi(options);
      await talk.send({ id: 13 });
      await assert.rejects(readable(talk).receive(), code("invalid_argument", /thirteen/));
    },
  );

  guarantee(
    `a map of the server that throws while it ${map}s ends the call after the messages before`,
    { ...server, skip: HALF_DUPLEX },
    async ({ client }) => {
      const talk = client.bidi({ headers: { map } });
      await talk.send({ id: 1 });
      assert.equal((await talk.receive())?.id, 1);
      await talk.send({ id: 13 });
      await assert.rejects(talk.receive(), code("invalid_argument", /thirteen/));
    },
  );
}
