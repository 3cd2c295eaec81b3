import assert from "node:assert/strict";
import type { CallSnapshot } from "sluice";
import { HALF_DUPLEX, ONE_AT_A_TIME } from "./carriers.js";
import { echo } from "./echo.js";
import { fresh, parked } from "./parked.js";
import { aborted, bytes, gate, guarantee, type World } from "./world.js";

/** The one call that each end has now. */
function both({ channel, server }: World): [client: CallSnapshot, server: CallSnapshot] {
  const [client, ...others] = channel.calls();
  const [served, ...more] = server.calls();
  assert.ok(client && served && others.length === 0 && more.length === 0, "one call on each end");
  return [client, served];
}

function waiting(world: World): string {
  return both(world)
    .map(({ waitingFor }) => waitingFor)
    .join(" ");
}

guarantee("C11: a call of each kind is listed on both ends while it is open, and no longer", { impl: parked }, async (world) => {
  fresh();
  const { client, settle, advance, channel, server } = world;
  const kinds = [
    ["unary", () => client.unary({}, { signal: stop.signal })],
    ["server-stream", () => client.server({}, { signal: stop.signal })],
    ["client-stream", () => client.client({ signal: stop.signal })],
    ["bidi", () => client.bidi({ signal: stop.signal })],
  ] as const;
  let stop = new AbortController();
  for (const [kind, open] of kinds) {
    stop = new AbortController();
    const call = open();
    if (call instanceof Promise) call.catch(() => {});
    await settle();
    await advance(7);
    const [ours, theirs] = both(world);
    const method = `/bench.v1.Bench/${kind === "unary" ? "Unary" : kind === "bidi" ? "Bidi" : kind === "client-stream" ? "Client" : "Server"}`;
    assert.deepEqual([ours.kind, ours.side, ours.method, ours.ageMs], [kind, "client", method, 7]);
    assert.deepEqual([theirs.kind, theirs.side, theirs.method, theirs.ageMs], [kind, "server", method, 7]);
    assert.equal(ours.handlerRuns, false);
    assert.equal(theirs.handlerRuns, true);
    assert.equal(ours.peer, "memory");
    assert.equal(typeof theirs.peer, "string");
    assert.equal(ours.deadlineInMs, undefined);
    stop.abort();
    await settle();
    assert.deepEqual([channel.calls(), server.calls()], [[], []]);
  }
});

guarantee("C11: a snapshot counts messages and bytes each way, and the time that is left", { impl: parked }, async (world) => {
  fresh();
  const { client, settle, advance, readable, fullDuplex } = world;
  const stream = client.bidi({ timeoutMs: 1_000 });
  for (const id of [1, 2, 3]) void stream.send({ id, body: bytes(100) });
  assert.equal((await readable(stream).receive())?.id, 1);
  await settle();
  await advance(10);
  const [ours, theirs] = both(world);
  assert.deepEqual([ours.messagesSent, ours.messagesReceived, ours.unreadMessages], [3, 3, 2]);
  assert.deepEqual([theirs.messagesSent, theirs.messagesReceived, theirs.unreadMessages], [3, 3, 0]);
  assert.deepEqual([ours.bytesSent, ours.bytesReceived], [theirs.bytesReceived, theirs.bytesSent]);
  // a message of 100 bytes of body and an id takes 104; the echo has the id alone; each has a prefix of 5
  assert.deepEqual([ours.bytesSent, ours.bytesReceived], [3 * 109, 3 * 7]);
  assert.equal(ours.deadlineInMs, 990);
  assert.ok(theirs.deadlineInMs !== undefined && theirs.deadlineInMs <= 990 && theirs.deadlineInMs > 980);
  // base64 takes four bytes of the window for three of a body
  const least = world.protocol === "grpc-web-text" ? 45_000 : 60_000;
  assert.ok((ours.sendCredit ?? 0) > least && (theirs.sendCredit ?? 0) > least);
  const requests = fullDuplex ? "open" : "ended";
  assert.deepEqual([ours.localHalf, ours.remoteHalf, theirs.localHalf, theirs.remoteHalf], [requests, "open", "open", requests]);
  stream.cancel();
});

guarantee("C11: a call whose halves have ended is listed no more, though nobody has read it", { impl: echo }, async (world) => {
  const { client, settle, channel, server } = world;
  const stream = client.bidi();
  await stream.send({ id: 1 });
  await settle();
  assert.deepEqual([channel.calls().length, server.calls().length], [1, 1]);
  stream.closeSend();
  await settle();
  assert.deepEqual([channel.calls(), server.calls()], [[], []]);
});

guarantee("C11: waiting for a connection, and for the application that has not begun it", { impl: echo }, async (world) => {
  const { client, channel, server, settle } = world;
  world.reachable = "silent";
  const unary = client.unary({ id: 1 });
  const stream = client.bidi();
  await settle();
  assert.deepEqual(
    channel.calls().map(({ method, waitingFor, peer, sendCredit }) => [method, waitingFor, peer, sendCredit]),
    [
      ["/bench.v1.Bench/Unary", "connection", undefined, undefined],
      ["/bench.v1.Bench/Bidi", "connection", undefined, undefined],
    ],
  );
  assert.deepEqual(server.calls(), []);
  void channel.close();
  await assert.rejects(unary);
  await stream.outcome;
});

let through = gate();
guarantee(
  "C11: a call that an interceptor holds back waits for the application",
  { impl: echo, client: { interceptors: [async (_call, next) => through.promise.then(() => void next())] } },
  async ({ client, channel, settle }) => {
    through = gate();
    const unary = client.unary({ id: 1 });
    const stream = client.bidi();
    await settle();
    assert.deepEqual(
      channel.calls().map(({ waitingFor }) => waitingFor),
      ["application", "application"],
    );
    stream.cancel();
    through.open();
    await unary.catch(() => {});
  },
);

guarantee("C11: a unary call waits for the server, and the server for its handler", { impl: parked, unaryOnly: true }, async (world) => {
  fresh();
  const abort = new AbortController();
  const reply = world.client.unary({}, { signal: abort.signal });
  await world.settle();
  assert.equal(waiting(world), "peer handler");
  abort.abort();
  await assert.rejects(reply);
});

guarantee(
  "C11: an upload waits for the application until it finishes, then for the server; the server for requests, then for its handler",
  {
    impl: {
      async client(requests, context) {
        for await (const _ of requests);
        throw await aborted(context.signal);
      },
    },
  },
  async (world) => {
    const upload = world.client.client();
    await world.settle();
    assert.equal(waiting(world), "application peer");
    const reply = upload.finish();
    await world.settle();
    assert.equal(waiting(world), "peer handler");
    upload.cancel();
    await assert.rejects(reply);
  },
);

guarantee("C11: a stream of responses waits for who reads, or for the server", { impl: parked }, async (world) => {
  fresh();
  const stream = world.client.server({ id: 2 });
  await world.settle();
  assert.equal(waiting(world), "consumer handler");
  await stream.receive();
  assert.equal(waiting(world), "consumer handler");
  await stream.receive();
  assert.equal(waiting(world), "peer handler");
  stream.cancel();
});

guarantee(
  "C11: a bidi stream waits for the application that does neither, and for the peer when it receives",
  { impl: echo },
  async (world) => {
    const stream = world.client.bidi();
    await world.settle();
    assert.equal(waiting(world), "application peer");
    void world.readable(stream).receive();
    assert.equal(waiting(world), "peer peer");
    stream.cancel();
  },
);

guarantee("C11: a bidi stream that has received waits for the application again", { impl: echo, skip: HALF_DUPLEX }, async (world) => {
  const stream = world.client.bidi();
  const next = stream.receive();
  await stream.send({ id: 1 });
  await next;
  assert.equal(waiting(world), "application peer");
  stream.cancel();
});

guarantee(
  "C11: requests that the handler does not take make the server wait for its consumer, and the client for credit",
  {
    impl: {
      async bidi(_, context) {
        throw await aborted(context.signal);
      },
    },
  },
  async (world) => {
    const stream = world.client.bidi();
    const message = { body: bytes(50_000) };
    for (let i = 0; i < 20; i++) void stream.send(message);
    await world.settle();
    assert.equal(waiting(world), "credit consumer");
    const [ours, theirs] = both(world);
    assert.ok(ours.waitingSends > 0);
    assert.equal(ours.messagesSent + ours.waitingSends, 20);
    assert.ok(theirs.unreadMessages > 0 && theirs.unreadMessages === theirs.messagesReceived);
    assert.equal(ours.sendCredit, 0);
    stream.cancel();
  },
);

guarantee(
  "C11: responses that the client does not take make the server wait for credit",
  {
    impl: {
      async server(_, _context, out) {
        for (;;) await out.send({ body: bytes(30_000) });
      },
    },
  },
  async (world) => {
    const stream = world.client.server({});
    await world.settle();
    assert.equal(waiting(world), "consumer credit");
    assert.equal(both(world)[1].waitingSends, 1);
    stream.cancel();
  },
);

guarantee("C11: a closed stream discards and waits for the peer", { impl: parked }, async (world) => {
  fresh();
  const stream = world.client.bidi();
  await world.settle();
  const end = stream.close();
  await world.settle();
  const [ours] = both(world);
  assert.deepEqual([ours.localHalf, ours.remoteHalf, ours.waitingFor], ["ended", "discarded", "peer"]);
  stream.cancel();
  await end;
});

guarantee(
  "C11: ten thousand calls are listed, the oldest first",
  { impl: parked, serverLimits: { maxConcurrentStreams: 20_000 }, memory: { maxConcurrentExchanges: 20_000 }, skip: ONE_AT_A_TIME },
  async ({ client, channel, server, settle, advance }) => {
    fresh();
    const streams = Array.from({ length: 5_000 }, () => client.bidi());
    await settle();
    await advance(5);
    for (let i = 0; i < 5_000; i++) streams.push(client.bidi());
    await settle();
    for (const calls of [channel.calls(), server.calls()]) {
      assert.equal(calls.length, 10_000);
      assert.deepEqual([calls[0]?.ageMs, calls[4_999]?.ageMs, calls[5_000]?.ageMs, calls[9_999]?.ageMs], [5, 5, 0, 0]);
    }
    for (const stream of streams) stream.cancel();
    await settle();
    assert.deepEqual([channel.calls(), server.calls()], [[], []]);
  },
);
