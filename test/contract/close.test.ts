import assert from "node:assert/strict";
import { RpcError } from "sluice";
import { endless, fresh, heard, parked } from "./parked.js";
import { type RawAnswer, type RawEnd, raw } from "./raw-server.js";
import { bytes, code, guarantee, stateOf } from "./world.js";

guarantee(
  "C4: close() before headers ends in time with a silent server",
  { impl: parked, service: { earlyHeaders: false } },
  async ({ client, advance, runtime }) => {
    fresh();
    const stream = client.bidi();
    const before = runtime.now();
    const closed = stream.close();
    await advance(29_999);
    assert.equal(await stateOf(closed), "pending");
    await advance(1);
    assert.equal((await closed).code, "cancelled");
    assert.equal(runtime.now() - before, 30_000);
    await advance(0);
    assert.equal(heard.reason?.code, "cancelled");
  },
);

guarantee(
  "C4: close() is idempotent: a later one does not put the end off",
  { impl: parked, closeTimeoutMs: 1_000 },
  async ({ client, advance }) => {
    fresh();
    const stream = client.server({ id: 1 });
    const closed = stream.close();
    for (let i = 0; i < 3; i++) {
      await advance(300);
      void stream.close();
    }
    await advance(100);
    assert.notEqual(await stateOf(closed), "pending");
    assert.equal(await stream.close(), await closed);
  },
);

guarantee(
  "C4: close() wakes a receive that waits, and later ones, with the end",
  { impl: parked, closeTimeoutMs: 1_000 },
  async ({ client, settle, advance }) => {
    fresh();
    const stream = client.server({ id: 0 });
    const waiting = stream.receive();
    await settle();
    const closed = stream.close();
    assert.equal(await waiting, undefined);
    assert.equal(await stream.receive(), undefined);
    await advance(1_001);
    assert.equal((await closed).code, "cancelled");
    assert.equal(await stream.receive(), undefined, "also after it has cancelled");
  },
);

guarantee(
  "C4: closeMaxBytes 0 and closeTimeoutMs 0 cancel at once, and wake a receive with the end",
  { impl: parked },
  async ({ client, settle }) => {
    for (const limit of [{ closeMaxBytes: 0 }, { closeTimeoutMs: 0 }]) {
      fresh();
      const stream = client.server({ id: 0 }, limit);
      const waiting = stream.receive();
      await settle();
      const closed = stream.close();
      assert.equal((await closed).code, "cancelled");
      assert.equal(await waiting, undefined);
      assert.equal(await stream.receive(), undefined);
      await settle();
      assert.equal(heard.reason?.code, "cancelled");
    }
  },
);

guarantee(
  "C4: close() of an endless stream discards closeMaxBytes and no more",
  { impl: endless, closeMaxBytes: 200_000 },
  async ({ client, settle, pipes }) => {
    fresh();
    const stream = client.server({ body: bytes(1_000) });
    await stream.receive();
    const before = pipes[0]?.statistics.toClient ?? 0;
    const outcome = await stream.close();
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /200000 bytes/);
    await settle();
    assert.equal(heard.finished, 1);
    assert.ok((pipes[0]?.statistics.toClient ?? 0) - before < 1_000_000);
  },
);

guarantee(
  "C4: close() half-closes and takes the server's own end when it comes in time, with its trailers and late headers",
  {
    impl: {
      async *bidi(requests, context) {
        context.responseTrailers.set("sum", "3");
        context.responseHeaders.set("late", "header");
        let sum = 0;
        for await (const { id } of requests) sum += id;
        for (let i = 0; i < sum; i++) yield { id: i };
      },
    },
  },
  async ({ client }) => {
    const talk = client.bidi();
    const { headers } = talk;
    await talk.send({ id: 1 });
    await talk.send({ id: 2 });
    const outcome = await talk.close();
    assert.equal(outcome.code, "ok");
    assert.equal(outcome.trailers.get("sum"), "3");
    assert.equal((await headers).get("late"), "header");
    assert.equal(await talk.receive(), undefined);
    assert.equal(await talk.close(), outcome);
  },
);

guarantee(
  "C4: close() in the middle of a large message gives its bytes back and ends",
  {
    impl: {
      async *server() {
        yield { body: bytes(500_000) };
        yield { body: bytes(300_000) };
      },
    },
  },
  async ({ client, settle }) => {
    const stream = client.server({});
    await settle();
    const outcome = await stream.close();
    assert.equal(outcome.code, "ok");
  },
);

guarantee("C4: close() without a connection ends in time", { impl: parked, closeTimeoutMs: 2_000 }, async (world) => {
  world.reachable = "silent";
  const stream = world.client.server({});
  await world.settle();
  const closed = stream.close();
  await world.advance(2_000);
  assert.equal((await closed).code, "cancelled");
  assert.equal(world.channel.statistics().waitingCalls, 0);
});

guarantee("C4: a deadline before the end of closing still counts", { impl: parked }, async ({ client, advance }) => {
  fresh();
  const stream = client.server({}, { timeoutMs: 100 });
  const closed = stream.close();
  await advance(100);
  assert.equal((await closed).code, "deadline_exceeded");
});

guarantee(
  "C4: a closed stream of an infinite close time still has its deadline",
  { impl: parked, closeTimeoutMs: Number.POSITIVE_INFINITY },
  async ({ client, advance }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 100_000 });
    const closed = stream.close();
    await advance(99_999);
    assert.equal(await stateOf(closed), "pending");
    await advance(1);
    assert.equal((await closed).code, "deadline_exceeded");
  },
);

guarantee(
  "C4: close() after the end gives the outcome, and nothing to receive",
  {
    impl: {
      async *server(request) {
        yield { id: 1 };
        if (request.id === 1) throw new RpcError("data_loss", "");
      },
    },
  },
  async ({ client, settle }) => {
    for (const [id, expected] of [
      [0, "ok"],
      [1, "data_loss"],
    ] as const) {
      const stream = client.server({ id });
      await settle();
      assert.equal((await stream.close()).code, expected);
      assert.equal(await stream.receive(), undefined);
    }
  },
);

/** The head of a message of 3 GiB. */
const THREE_GIB = Uint8Array.of(0, 0xc0, 0, 0, 0);
/** What a server sends in each second: 30 of them are less than `closeMaxBytes`. */
const PIECE = bytes(10_000);
let answers: RawAnswer[] = [];
let ends: RawEnd[] = [];

/** Servers that end nothing by themselves: what each sends at the beginning, and then in every second. */
const AWFUL: Readonly<Record<string, { reads: boolean; begin(answer: RawAnswer): void; second(answer: RawAnswer): void }>> = {
  "never sends headers": { reads: true, begin() {}, second() {} },
  "sends messages for ever, slowly": {
    reads: true,
    begin: (answer) => void answer.head(),
    second: (answer) => void answer.message(),
  },
  "sends one message of 3 GiB, slowly": {
    reads: true,
    begin: (answer) => void answer.head(),
    second: (answer) => void answer.body(THREE_GIB).body(PIECE),
  },
  "stops reading": {
    reads: false,
    begin: (answer) => void answer.head(),
    second() {},
  },
};

for (const [name, { reads, begin, second }] of Object.entries(AWFUL)) {
  const acceptor = raw(
    (answer) => {
      answers.push(answer);
      begin(answer);
    },
    (end) => void ends.push(end),
    reads,
  );
  guarantee(`C4: close() on a server that ${name} ends in its time, and no sooner`, { acceptor }, async ({ client, settle, advance }) => {
    answers = [];
    ends = [];
    const talk = client.bidi();
    // more than finds room on the way to a server that does not read
    const sends = Array.from({ length: 5 }, () => talk.send({ body: bytes(70_000) })).map((sent) =>
      Promise.resolve(sent).catch((error) => error),
    );
    await settle();
    const closed = talk.close();
    await settle();
    const [answer] = answers as [RawAnswer];
    for (let seconds = 1; seconds < 30; seconds++) {
      second(answer);
      await advance(1_000);
      assert.equal(await stateOf(closed), "pending", `after ${seconds} s`);
    }
    await advance(999);
    assert.equal(await stateOf(closed), "pending");
    await advance(1);
    const outcome = await closed;
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /30000 ms/);
    if (!reads) code("cancelled")(await sends.at(-1));
    await settle();
    assert.deepEqual(
      ends.map((end) => `${end.kind} ${end.code}`),
      ["reset 8"],
    );
  });
}

guarantee(
  "C4: close() on a server that sends for ever, as fast as it may, discards closeMaxBytes of it",
  { acceptor: raw(flood, (end) => void ends.push(end)), closeMaxBytes: 100_000 },
  async ({ client, settle }) => {
    ends = [];
    const outcome = await client.server({}).close();
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /100000 bytes/);
    await settle();
    assert.equal(ends.length, 1);
  },
);

/** One message of 3 GiB: all that the flow control takes. */
function flood(answer: RawAnswer): void {
  answer.head().body(THREE_GIB);
  for (let pieces = 0; pieces < 100; pieces++) answer.body(PIECE);
}

guarantee(
  "C4: close() in the middle of a message of 1 GiB that comes slowly ends in its time",
  {
    acceptor: raw(
      (answer) => {
        answers.push(answer);
        answer
          .head()
          .body(Uint8Array.of(0, 0x40, 0, 0, 0))
          .body(PIECE);
      },
      (end) => void ends.push(end),
    ),
    maxReceiveBytes: 2 ** 31 - 1,
    closeTimeoutMs: 2_000,
  },
  async ({ client, settle, advance }) => {
    answers = [];
    ends = [];
    const stream = client.server({});
    const waiting = stream.receive();
    await settle();
    const closed = stream.close();
    assert.equal(await waiting, undefined);
    for (let seconds = 0; seconds < 2; seconds++) {
      assert.equal(await stateOf(closed), "pending");
      answers[0]?.body(PIECE);
      await advance(1_000);
    }
    assert.equal((await closed).code, "cancelled");
    await settle();
    assert.equal(ends.length, 1);
  },
);
