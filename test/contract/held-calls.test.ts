import assert from "node:assert/strict";
import type { Interceptor, RpcError } from "sluice";
import { summing as echo } from "./echo.js";
import { code, type Gate, gate, guarantee, listeners, stateOf } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

function ran(request: { id: number }): { id: number } {
  heard.push("handler");
  return request;
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
    unaryOnly: true,
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
