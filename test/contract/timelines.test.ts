import assert from "node:assert/strict";
import { type Outcome, RpcError } from "sluice";
import { NO_CONNECTION, NO_GOAWAY } from "./carriers.js";
import { echo } from "./echo.js";
import { fresh, parked, untilCutOff } from "./parked.js";
import { bytes, guarantee, idsOf } from "./world.js";

/** How the server saw its last call end. */
let served: Promise<Outcome>;

const noting = {
  async unary(request: { id: number }, context: { readonly done: Promise<Outcome> }) {
    served = context.done;
    return { id: request.id };
  },
  async *bidi(requests: AsyncIterable<{ id: number }>, context: Parameters<typeof untilCutOff>[0]) {
    served = context.done;
    for await (const { id } of requests) {
      if (id === 9) await untilCutOff(context);
      if (id === 8) throw new RpcError("not_found", "no eight");
      yield { id };
    }
  },
};

async function textOf(outcome: Promise<Outcome>): Promise<string> {
  return String((await outcome).timeline);
}

guarantee("C11: the timeline of a stream that ends well, on both ends", { impl: noting }, async ({ client, advance, fullDuplex }) => {
  const stream = client.bidi();
  await advance(2);
  await stream.send({ id: 1 });
  await advance(3);
  stream.closeSend();
  assert.deepEqual(await idsOf(stream), [1]);
  const before = "+0 ms opened; +0 ms waits for a connection; +0 ms request sent; +2 ms first message sent; +2 ms response headers; ";
  const between = fullDuplex ? "+2 ms first message received; +5 ms half-closed; " : "+5 ms half-closed; +5 ms first message received; ";
  assert.equal(await textOf(stream.outcome), `${before}${between}+5 ms status ok`);
  const handler = "+0 ms opened; +0 ms handler started; +2 ms first message received; ";
  const answer = fullDuplex
    ? "+2 ms first message sent; +5 ms peer half-closed; "
    : "+2 ms send waits for room, 3 ms; +5 ms peer half-closed; +5 ms first message sent; ";
  assert.equal(await textOf(served), `${handler}${answer}+5 ms status sent; +5 ms complete`);
});

guarantee("C11: a unary call takes few entries", { impl: noting, unaryOnly: true }, async ({ client, settle, advance }) => {
  await client.unary({ id: 1 });
  await advance(10);
  await client.unary({ id: 2 });
  await settle();
  assert.equal(await textOf(served), "+0 ms opened; +0 ms handler started; +0 ms complete");
});

guarantee("C11: the timeline of a deadline, in the error and in the outcome", { impl: noting }, async ({ client, advance, readable }) => {
  const stream = client.bidi({ timeoutMs: 50 });
  await stream.send({ id: 9 });
  const next = readable(stream).receive();
  await advance(51);
  const error = await next.then(
    () => assert.fail("it was to end"),
    (reason: RpcError) => reason,
  );
  assert.equal(error.code, "deadline_exceeded");
  assert.match(String(error.timeline), /^\+0 ms opened; .*; \+50 ms deadline passed$/);
  assert.equal(String(error.timeline), await textOf(stream.outcome));
  assert.match(await textOf(served), /; \+\d+ ms (peer reset CANCEL; \+\d+ ms )?deadline passed$/);
  assert.deepEqual(error.timeline.entries[0], { atMs: 0, event: "opened" });
  assert.deepEqual(error.timeline.entries.at(-1), { atMs: 50, event: "deadline passed" });
});

guarantee(
  "C11: the timeline of a peer's reset counts the messages that nobody has read",
  {
    impl: {
      async bidi(requests, context) {
        served = context.done;
        await requests.receive();
        await untilCutOff(context);
      },
    },
  },
  async ({ carrier, client, advance, settle }) => {
    const stream = client.bidi();
    for (let id = 0; id < 4; id++) await stream.send({ id });
    await advance(12);
    stream.cancel();
    await settle();
    const left = carrier === "http1" ? "connection lost" : "peer reset CANCEL";
    assert.equal(
      await textOf(served),
      `+0 ms opened; +0 ms handler started; +0 ms first message received; +12 ms ${left}, 3 messages unread`,
    );
    assert.match(await textOf(stream.outcome), /; \+12 ms cancelled$/);
  },
);

guarantee("C11: the timeline of a server's error has its code", { impl: noting }, async ({ client, settle, readable }) => {
  const stream = client.bidi();
  await stream.send({ id: 8 });
  await assert.rejects(readable(stream).receive(), (error: RpcError) => /; \+0 ms status not_found$/.test(String(error.timeline)));
  await settle();
  assert.match(await textOf(served), /; \+0 ms status sent not_found; \+0 ms (complete|reset NO_ERROR)$/);
});

guarantee("C11: the timeline of a lost connection", { impl: parked }, async ({ client, advance, settle, cut }) => {
  fresh();
  const stream = client.server({ id: 2 });
  await settle();
  await advance(7);
  cut();
  await settle();
  const text = await textOf(stream.outcome);
  assert.match(text, /; \+0 ms first message received; \+7 ms connection lost, 2 messages unread$/);
  assert.deepEqual(await idsOf(stream).catch((error: RpcError) => String(error.timeline)), text);
});

guarantee("C11: the timeline of a close() that was cut off", { impl: parked, closeTimeoutMs: 100 }, async ({ client, advance, settle }) => {
  fresh();
  const stream = client.bidi();
  await settle();
  await advance(5);
  const end = stream.close();
  await advance(100);
  assert.match(String((await end).timeline), /; \+5 ms close\(\); \+5 ms half-closed; \+105 ms cancelled$/);
});

guarantee(
  "C11: the timeline of sends that wait for room, and on the server of a drain",
  {
    impl: {
      async client(_, context) {
        served = context.done;
        return untilCutOff(context);
      },
    },
  },
  async ({ client, advance, settle, shutDown }) => {
    const upload = client.client();
    for (let i = 0; i < 20; i++) void upload.send({ body: bytes(50_000) });
    await settle();
    await advance(8);
    const down = shutDown(20);
    await advance(20);
    await down;
    const text = await textOf(upload.outcome);
    assert.match(text, /; \+0 ms send waits for room, 28 ms;.* \+28 ms response headers; \+28 ms status unavailable, \d+ sends waiting$/);
    assert.match(await textOf(served), /; \+8 ms connection draining; \+28 ms failed unavailable, \d+ messages? unread$/);
  },
);

guarantee(
  "C11: the timeline of a drain, on the client",
  { impl: parked, skip: { ...NO_CONNECTION, ...NO_GOAWAY } },
  async ({ client, advance, settle, shutDown }) => {
    fresh();
    const upload = client.client();
    await settle();
    await advance(8);
    const down = shutDown(20);
    await advance(20);
    await down;
    assert.match(await textOf(upload.outcome), /; \+8 ms connection draining; \+28 ms response headers; \+28 ms status unavailable$/);
  },
);

guarantee("C11: the timeline of a call that never gets a connection", { impl: echo, unaryOnly: true }, async (world) => {
  world.reachable = "silent";
  const reply = world.client.unary({ id: 1 }, { timeoutMs: 30 });
  await world.advance(31);
  await assert.rejects(reply, (error: RpcError) => {
    assert.equal(String(error.timeline), "+0 ms opened; +0 ms waits for a connection; +30 ms deadline passed");
    return true;
  });
});

guarantee(
  "C11: an error that a user has made has no timeline, and an outcome compares without it",
  { impl: noting },
  async ({ client }) => {
    const error = new RpcError("not_found", "none");
    assert.deepEqual([error.timeline.entries, String(error.timeline)], [[], ""]);
    assert.equal(Object.keys(error).includes("timeline"), false);
    const one = client.bidi();
    const other = client.bidi();
    one.closeSend();
    await one.outcome;
    await other.close();
    assert.notEqual(await textOf(one.outcome), await textOf(other.outcome));
    assert.deepEqual({ ...(await one.outcome) }, { ...(await other.outcome) });
  },
);
