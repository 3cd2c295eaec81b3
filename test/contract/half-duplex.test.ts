import assert from "node:assert/strict";
import type { ProtocolName, RpcError } from "sluice";
import type { CarrierName } from "./carriers.js";
import { withTimeout } from "./dialect.js";
import { echo } from "./echo.js";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf, stateOf } from "./world.js";

/* Bidi where a response follows its request. Over real sockets: test/sockets/half-duplex.test.ts. */

const FULL = "it is full-duplex";
const skip: Partial<Record<CarrierName | ProtocolName, string>> = { memory: FULL, http2: FULL };

let hold: Gate = gate();

/** Answers before it reads. */
const early = {
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    yield { id: 100 };
    for await (const { id } of requests) yield { id };
  },
};

const FULL_DUPLEX = /full-duplex over a connection that is half-duplex.*send all requests first/;

guarantee("half-duplex: what a handler answers early waits for the half-close, in order", { impl: early, skip }, async (world) => {
  const { client, server, settle } = world;
  const talk = client.bidi();
  await talk.send({ id: 1 });
  await settle();
  const [served] = server.calls();
  assert.deepEqual([served?.messagesSent, served?.waitingSends, served?.waitingFor], [0, 1, "credit"]);
  await talk.send({ id: 2 });
  talk.closeSend();
  assert.deepEqual(await idsOf(talk), [100, 1, 2]);
  assert.equal((await talk.outcome).code, "ok");
});

guarantee(
  "half-duplex: a handler that has left its requests answers when these end",
  {
    impl: {
      async *bidi(requests) {
        for await (const _ of requests) break;
        yield { id: 100 };
        yield { id: 101 };
      },
    },
    skip,
  },
  async ({ client, settle }) => {
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await settle();
    await talk.send({ id: 2 });
    talk.closeSend();
    assert.deepEqual(await idsOf(talk), [100, 101]);
    assert.equal((await talk.outcome).code, "ok");
  },
);

guarantee(
  "half-duplex: requests that have ended with the head hold nothing back",
  { impl: { bidi: async (_requests, _context, out) => void (await out.send({ id: 1 })) }, skip },
  async ({ client }) => {
    const talk = client.bidi([]);
    assert.deepEqual(await idsOf(talk), [1]);
  },
);

guarantee(
  "half-duplex: a receive before the half-close is refused, before there is a connection and after; one after it is not",
  { impl: echo, skip },
  async ({ client, settle }) => {
    const refused = code("unimplemented", /half-duplex.*call closeSend\(\) before the first receive\(\)/);
    const before = client.bidi();
    await assert.rejects(before.receive(), refused);
    const after = client.bidi();
    await settle();
    await assert.rejects(after[Symbol.asyncIterator]().next(), refused);
    assert.equal((await after.outcome).initiator, "engine");
    const right = client.bidi();
    await right.send({ id: 1 });
    right.closeSend();
    assert.equal((await right.receive())?.id, 1);
    assert.equal(await right.receive(), undefined);
  },
);

guarantee(
  "half-duplex: a handler and a client that wait for each other are told so after 5 s, and not while messages move",
  { impl: early, skip },
  async ({ client, advance, settle, server }) => {
    const talk = client.bidi();
    const end = talk.outcome;
    await talk.send({ id: 1 });
    await settle();
    // the handler reads no more: what comes counts as progress all the same
    for (let second = 0; second < 8; second++) {
      await advance(1_000);
      await talk.send({ id: 2 });
      await settle();
    }
    assert.equal(await stateOf(end), "pending");
    await advance(4_990);
    assert.equal(await stateOf(end), "pending");
    await advance(1_260);
    const { code: ended, message } = await end;
    assert.equal(ended, "unimplemented");
    assert.match(message, FULL_DUPLEX);
    assert.equal(server.statistics().idleTimeouts, 0, "it is no idle time of the server's");
  },
);

guarantee(
  "half-duplex: a handler whose messages have room again after the half-close may take its time",
  {
    impl: {
      async bidi(requests, _context, out) {
        void out.send({ id: 100 });
        for await (const _ of requests);
        await hold.promise;
        await out.send({ id: 101 });
      },
    },
    skip,
  },
  async ({ client, advance, settle }) => {
    hold = gate();
    const talk = client.bidi();
    await settle();
    await advance(4_000);
    talk.closeSend();
    await settle();
    await advance(60_000);
    assert.equal((await talk.receive())?.id, 100);
    hold.open();
    assert.equal((await talk.receive())?.id, 101);
    assert.equal(await talk.receive(), undefined);
  },
);

for (const [idleTimeoutMs, before, after] of [
  [1_000, 999, 251],
  [60_000, 4_999, 1_251],
] as const) {
  guarantee(
    `half-duplex: with an idle time of ${idleTimeoutMs} ms on the server the shorter of it and 5 s counts`,
    { impl: early, service: { idleTimeoutMs }, skip },
    async ({ client, advance, settle }) => {
      const talk = client.bidi();
      await settle();
      await advance(before);
      assert.equal(await stateOf(talk.outcome), "pending");
      await advance(after);
      assert.match((await talk.outcome).message, FULL_DUPLEX);
    },
  );
}

guarantee(
  "half-duplex: the idle time of a server goes on after the half-close, and is its own",
  {
    impl: {
      async bidi(requests, _context, out) {
        void out.send({ id: 100 });
        for await (const _ of requests);
        await hold.promise;
      },
    },
    service: { idleTimeoutMs: 20_000 },
    skip,
  },
  async ({ client, advance, settle, server }) => {
    hold = gate();
    const talk = client.bidi();
    await settle();
    talk.closeSend();
    await settle();
    await advance(19_999);
    assert.equal(await stateOf(talk.outcome), "pending");
    await advance(5_001);
    assert.match((await talk.outcome).message, /idleTimeoutMs/);
    assert.equal(server.statistics().idleTimeouts, 1);
    hold.open();
    await settle();
  },
);

guarantee(
  "half-duplex: an upload whose handler answers early, and a stream of responses, are as ever",
  {
    impl: {
      async client(requests) {
        for await (const { id } of requests) if (id === 2) return { id: 7 };
        return {};
      },
      server: echo.server,
    },
    skip,
  },
  async ({ client, settle }) => {
    const upload = client.client();
    await upload.send({ id: 1, body: bytes(10) });
    await settle();
    void upload.send({ id: 2 });
    assert.equal((await upload.finish()).id, 7);
    assert.deepEqual(await idsOf(client.server({ id: 3 })), [1, 2, 3]);
  },
);

guarantee(
  "half-duplex: the deadline of the server stays, though its sends waited for the half-close",
  {
    impl: {
      async bidi(requests, context, out) {
        void out.send({ id: 100 });
        for await (const _ of requests);
        reasons.push(((await aborted(context.signal)) as RpcError).code);
      },
    },
    // the client's clock is behind: the server has less time than the client
    acceptor: (server) => ({ onExchange: (exchange, head, end) => server.onExchange(exchange, withTimeout(head, 20_000), end) }),
    skip,
  },
  async ({ client, advance, settle }) => {
    reasons.length = 0;
    const talk = client.bidi({ timeoutMs: 60_000 });
    await settle();
    await advance(1_000);
    talk.closeSend();
    await settle();
    await advance(18_999);
    assert.deepEqual(reasons, []);
    await advance(1);
    await settle();
    assert.deepEqual(reasons, ["deadline_exceeded"]);
    await talk.close();
  },
);

const reasons: unknown[] = [];

guarantee(
  "half-duplex: where nothing waits for the half-close, what ends a call that stands still is its idle time",
  { impl: echo, service: { idleTimeoutMs: 1_000 }, skip },
  async ({ client, advance, settle, server }) => {
    const talk = client.bidi();
    await settle();
    await advance(1_250);
    assert.match((await talk.outcome).message, /idleTimeoutMs/);
    assert.equal(server.statistics().idleTimeouts, 1);
  },
);
