import assert from "node:assert/strict";
import { type Outcome, RpcError } from "sluice";
import { NO_ORDER } from "./carriers.js";
import { echo } from "./echo.js";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf, stateOf, turn, type World } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

/** Handlers that say that they have begun. */
const beginning = {
  unary() {
    heard.push("unary");
    return {};
  },
  async server() {
    heard.push("server");
  },
  async client() {
    heard.push("client");
    return {};
  },
  async bidi() {
    heard.push("bidi");
  },
};

function oneOfEachKind({ client }: World): void {
  void client.unary({});
  client.server({});
  client.client();
  client.bidi();
}

guarantee("§1.1: a call starts when it is made, whether or not anyone looks at it", { impl: beginning }, async (world) => {
  fresh();
  oneOfEachKind(world);
  await world.settle();
  assert.deepEqual(heard.sort(), ["bidi", "client", "server", "unary"]);
});

guarantee("§1.1: calls start in the order in which they are made", { impl: beginning, skip: NO_ORDER }, async (world) => {
  fresh();
  oneOfEachKind(world);
  await world.settle();
  assert.deepEqual(heard, ["unary", "server", "client", "bidi"]);
});

guarantee(
  "C9: nothing that the user forgets to await is an unhandled rejection",
  {
    impl: {
      unary: () => {
        throw new RpcError("aborted", "");
      },
      async *server() {
        yield {};
        throw new RpcError("aborted", "");
      },
      async client() {
        throw new RpcError("aborted", "");
      },
      async bidi(_requests, context) {
        await aborted(context.signal);
      },
    },
  },
  async ({ client, settle, cut }) => {
    void client.unary({});
    const stream = client.server({});
    void stream.headers;
    void stream.receive();
    await settle();
    void stream.receive();
    void stream[Symbol.asyncIterator]().next();
    const upload = client.client();
    void upload.headers;
    for (let i = 0; i < 5; i++) void upload.send({ body: bytes(60_000) });
    void upload.finish();
    await settle();
    void upload.send({});
    const talk = client.bidi();
    void talk.headers;
    void talk.receive();
    for (let i = 0; i < 5; i++) void talk.send({ body: bytes(60_000) });
    void talk.send({}, { signal: AbortSignal.abort() });
    await settle();
    cut();
    await settle();
    void talk.send({});
    void talk.receive();
    void talk.headers;
    void client.bidi(
      (async function* () {
        yield {};
        throw new Error("the iterable fails");
      })(),
    );
    void client.client(
      (function* () {
        yield {};
        throw new Error("the iterable fails");
      })(),
    );
    await settle();
    await turn();
  },
);

guarantee("§1.1: receive() after close() gives undefined, before and after the outcome", { impl: echo }, async ({ client }) => {
  const stream = client.server({ id: 3 });
  assert.equal((await stream.receive())?.id, 1);
  const closed = stream.close();
  assert.equal(await stream.receive(), undefined);
  await closed;
  assert.equal(await stream.receive(), undefined);
  assert.deepEqual(await idsOf(stream), []);
});

guarantee(
  "§1.1: a message that cannot be taken after a good end rejects that receive; the outcome stands and the next is given",
  {
    impl: echo,
    client: {
      interceptors: [
        (call, next) => {
          call.mapReceive((message) => {
            if ((message as { id: number }).id === 2) throw new Error("unreadable");
            return message;
          });
          return next();
        },
      ],
    },
  },
  async ({ client, settle }) => {
    const stream = client.server({ id: 3 });
    await settle();
    assert.equal((await stream.outcome).code, "ok");
    assert.equal((await stream.receive())?.id, 1);
    await assert.rejects(stream.receive(), code("internal", /unreadable/));
    assert.equal((await stream.receive())?.id, 3);
    assert.equal(await stream.receive(), undefined);
    assert.equal((await stream.outcome).code, "ok");
  },
);

guarantee("§1.1: a second iterator of a call is the same one", { impl: echo }, async ({ client }) => {
  const stream = client.server({ id: 3 });
  const first = stream[Symbol.asyncIterator]();
  assert.equal(((await first.next()).value as { id: number }).id, 1);
  assert.equal(stream[Symbol.asyncIterator](), first);
  assert.deepEqual(await idsOf(stream), [2, 3]);
  assert.deepEqual(await first.next(), { value: undefined, done: true });
});

guarantee(
  "two receives at once are a mistake, on both sides",
  {
    impl: {
      async client(requests) {
        const first = requests.receive();
        assert.throws(() => void requests.receive(), { name: "UsageError" });
        await first;
        return { id: 1 };
      },
      async *bidi(requests) {
        yield* requests;
      },
    },
  },
  async ({ client, settle, readable }) => {
    const upload = client.client();
    await settle();
    assert.equal((await upload.finish()).id, 1);
    const talk = client.bidi();
    void talk.send({ id: 1 });
    const first = readable(talk).receive();
    assert.throws(() => void talk.receive(), { name: "UsageError", message: /await the first/ });
    assert.throws(() => void talk[Symbol.asyncIterator]().next(), { name: "UsageError" });
    assert.equal((await first)?.id, 1);
    assert.equal((await talk.close()).code, "ok");
  },
);

guarantee(
  "§1.1: send() after the end rejects with the outcome's error; after a good end with failed_precondition that carries the outcome",
  {
    impl: {
      async bidi(requests) {
        const first = await requests.receive();
        if (first?.id === 1) throw new RpcError("out_of_range", "one");
      },
      async client() {
        return {};
      },
    },
  },
  async ({ client, settle }) => {
    const bad = client.bidi();
    await bad.send({ id: 1 });
    await settle();
    await assert.rejects(Promise.resolve(bad.send({})), code("out_of_range", /one/));
    const good = client.bidi();
    await good.send({ id: 2 });
    await settle();
    await assert.rejects(Promise.resolve(good.send({})), (error: RpcError) => {
      assert.equal(error.code, "failed_precondition");
      assert.equal((error.cause as Outcome).code, "ok");
      return true;
    });
    const cancelled = client.bidi();
    cancelled.cancel();
    await assert.rejects(Promise.resolve(cancelled.send({})), code("cancelled"));
    const waiting = client.client();
    const sends = Array.from({ length: 6 }, () => waiting.send({ body: bytes(70_000) }));
    await settle();
    await assert.rejects(
      Promise.resolve(sends.at(-1)),
      (error: RpcError) => error.code === "failed_precondition" && (error.cause as Outcome).code === "ok",
    );
  },
);

guarantee("send() after closeSend() or finish() rejects, and the call goes on", { impl: echo }, async ({ client }) => {
  const talk = client.bidi();
  await talk.send({ id: 1 });
  talk.closeSend();
  talk.closeSend();
  await assert.rejects(Promise.resolve(talk.send({})), code("failed_precondition", /closeSend/));
  assert.deepEqual(await idsOf(talk), [1]);
  const upload = client.client();
  const reply = upload.finish();
  await assert.rejects(Promise.resolve(upload.send({})), code("failed_precondition"));
  assert.equal((await reply).id, 0);
});

guarantee(
  "§1.1: accepted means serialised: changing a message afterwards changes nothing, on both sides",
  {
    impl: {
      async bidi(requests, _context, out) {
        const message = { id: 0 };
        for await (const { id } of requests) {
          message.id = id;
          void out.send(message);
          message.id = -1;
        }
      },
    },
  },
  async ({ client }) => {
    const talk = client.bidi();
    const message = { id: 1 };
    void talk.send(message);
    message.id = 2;
    void talk.send(message);
    message.id = 99;
    talk.closeSend();
    assert.deepEqual(await idsOf(talk), [1, 2]);
  },
);

guarantee("§1.1: waiting sends go before a half-close, in order", { impl: echo }, async ({ client }) => {
  const upload = client.client();
  const body = bytes(100_000);
  for (const id of [1, 2, 3, 4, 5]) void upload.send({ id, body });
  assert.equal((await upload.finish()).id, 12_345);
});

guarantee(
  "§1.1: aborting the signal of a unary call after its response does nothing",
  { impl: echo, unaryOnly: true },
  async ({ client, server }) => {
    const abort = new AbortController();
    const call = client.unary({ id: 1 }, { signal: abort.signal });
    assert.equal((await call).id, 1);
    abort.abort();
    assert.equal(await call, await call);
    assert.equal(server.statistics().settledHandlers, 1);
  },
);

guarantee(
  "one signal may stand for many calls",
  { unaryOnly: true, impl: { unary: (_request, context) => aborted(context.signal).then(() => ({})) } },
  async ({ client, settle }) => {
    const abort = new AbortController();
    const calls = Array.from({ length: 30 }, () => client.unary({}, { signal: abort.signal }));
    await settle();
    abort.abort();
    for (const call of calls) await assert.rejects(call, code("cancelled"));
  },
);

const HEAD_LAST = "the outcome of a unary call that is plain HTTP decides the HTTP status, so that the head goes with it";

guarantee(
  "a unary handler's sendHeaders() and late response keep order; its trailers may be set until it returns",
  {
    impl: {
      async unary(_request, context) {
        context.sendHeaders();
        await hold.promise;
        context.responseTrailers.set("t", "1");
        return {};
      },
    },
    skip: { connect: HEAD_LAST, triple: HEAD_LAST },
  },
  async ({ client, settle }) => {
    fresh();
    const order: string[] = [];
    const call = client.unary(
      {},
      { onHeaders: () => order.push("headers"), onTrailers: (trailers) => order.push(`trailers ${trailers.get("t")}`) },
    );
    await settle();
    assert.deepEqual(order, ["headers"]);
    assert.equal(await stateOf(call), "pending");
    hold.open();
    await call;
    assert.deepEqual(order, ["headers", "trailers 1"]);
  },
);
