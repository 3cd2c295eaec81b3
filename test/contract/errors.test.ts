import assert from "node:assert/strict";
import { code, guarantee, idsOf } from "./world.js";

const echo = {
  unary: (request: { id: number; body: Uint8Array }) => ({ id: request.id + 1, body: request.body }),
  async *server(request: { id: number; body: Uint8Array }) {
    for (let id = 0; id < request.id; id++) yield { id, body: request.body };
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    let id = 0;
    for await (const request of requests) id += request.id;
    return { id };
  },
  async *bidi(requests: AsyncIterable<{ id: number; body: Uint8Array }>) {
    for await (const { id, body } of requests) yield { id: id * 2, body };
  },
};

guarantee(
  "what a handler throws by accident is internal, logged, and not told to the client",
  {
    impl: {
      unary() {
        throw new Error("secret");
      },
      async *server() {
        yield { id: 1 };
        throw new Error("secret");
      },
      async client() {
        throw new Error("secret");
      },
      async bidi() {
        return Promise.reject();
      },
    },
  },
  async ({ client, logs }) => {
    const silent = (error: unknown) => code("internal")(error) && !(error as Error).message.includes("secret");
    await assert.rejects(client.unary({}), silent);
    await assert.rejects(idsOf(client.server({})), silent);
    await assert.rejects(client.client([]), silent);
    await assert.rejects(idsOf(client.bidi([])), silent);
    assert.deepEqual(
      logs.map(({ event, method }) => `${event} ${method}`),
      ["Unary", "Server", "Client", "Bidi"].map((name) => `handler-failed /bench.v1.Bench/${name}`),
    );
  },
);

guarantee(
  "a response that is no message is internal, and says what is wrong",
  {
    impl: {
      unary: () => ({ id: "x" as unknown as number }),
      async *server() {
        yield { id: 1 };
        yield { id: "x" as unknown as number };
      },
    },
  },
  async ({ client }) => {
    await assert.rejects(client.unary({}), code("internal", /bench.v1.Payload cannot be encoded/));
    await assert.rejects(idsOf(client.server({})), code("internal", /cannot be encoded/));
  },
);

guarantee("a request that is no message ends the call and says so", { impl: echo }, async ({ client }) => {
  await assert.rejects(client.unary({ id: "x" as unknown as number }), code("internal", /bench.v1.Payload cannot be encoded/));
  const talk = client.bidi();
  await assert.rejects(Promise.resolve(talk.send({ id: "x" as unknown as number })), code("internal"));
  await assert.rejects(talk.receive(), code("internal"));
  assert.equal((await talk.outcome).code, "internal");
});

guarantee("a method or service that is not there is unimplemented, by name", { impl: {} }, async ({ client, channel }) => {
  await assert.rejects(client.unary({}), code("unimplemented", /Unary/));
  await assert.rejects(idsOf(client.server({})), code("unimplemented", /Server/));
  await assert.rejects(client.client([]), code("unimplemented", /Client/));
  await assert.rejects(idsOf(client.bidi([])), code("unimplemented", /Bidi/));
  assert.equal(channel.statistics().totalCalls, 4);
});
