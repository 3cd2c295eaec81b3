import assert from "node:assert/strict";
import { createBroadcast, type Interceptor, type Outcome, type StreamCall } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { RESTING } from "./carriers.js";
import { collectUntil } from "./collect.js";
import { echo } from "./echo.js";
import { fresh, heard, parked } from "./parked.js";
import { bytes, code, type Gate, gate, guarantee, stateOf, type World } from "./world.js";

/** Collects until the condition holds, what was opened just now as well. */
async function collectedSoon(world: World, done: () => boolean): Promise<boolean> {
  await world.advance(1_000);
  return collectUntil(done);
}

/** Collects what can be collected. */
async function collect(world: World): Promise<void> {
  await world.advance(1_000);
  await collectUntil(() => false, 4);
}

/** What is left of a stream whose handle was dropped. */
interface Dropped {
  readonly outcome: Promise<Outcome>;
  readonly handle: WeakRef<object>;
}

function dropped(call: StreamCall): Dropped {
  return { outcome: call.outcome, handle: new WeakRef(call) };
}

/** An iterable that nobody can make go on. */
async function* parkedForEver(): AsyncGenerator<{ id: number }> {
  await new Promise(() => {});
  yield { id: 1 };
}

const WAYS: Readonly<Record<string, (client: World["client"]) => StreamCall>> = {
  "a server stream that nobody has begun to read": (client) => client.server({ id: 3 }),
  "an upload without finish()": (client) => {
    const upload = client.client();
    void upload.send({ id: 1 });
    return upload;
  },
  "a bidi call": (client) => client.bidi(),
  "a bidi call after closeSend()": (client) => {
    const talk = client.bidi();
    talk.closeSend();
    return talk;
  },
  "a bidi call whose iterable is parked for ever": (client) => client.bidi(parkedForEver()),
};

for (const [name, open] of Object.entries(WAYS)) {
  guarantee(`C3: the collection of the handle cancels ${name}, and the server hears it`, { impl: parked }, async (world) => {
    fresh();
    const { client, channel, server, settle, logs } = world;
    const stream = dropped(open(client));
    let outcome: Outcome | undefined;
    void stream.outcome.then((it) => {
      outcome = it;
    });
    await settle();
    assert.equal(server.statistics().runningHandlers, 1);
    assert.ok(await collectedSoon(world, () => outcome !== undefined), "it is collected");
    assert.equal(outcome?.code, "cancelled");
    assert.equal(outcome?.initiator, "application");
    assert.match(outcome?.message ?? "", /collected.*|opened at .*collection\.test/);
    await settle();
    assert.equal(server.statistics().runningHandlers, 0);
    assert.equal(server.statistics().openStreams, 0);
    assert.ok(heard.reason === undefined || heard.reason.code === "cancelled");
    assert.equal(channel.statistics().abandonedStreams, 1);
    const [line] = logs;
    assert.equal(logs.length, 1);
    assert.deepEqual([line?.level, line?.event], ["warning", "stream-abandoned"]);
    assert.match(line?.method ?? "", /^\/.*Bench\/(Server|Client|Bidi)$/);
    assert.match(line?.openedAt ?? "", /collection\.test\.js:\d+:\d+/);
  });
}

guarantee(
  "C3: what an ended stream refers to does not keep its handle, though it refers to it",
  { impl: parked },
  async ({ client, settle, advance }) => {
    fresh();
    // long enough for its collection to be watched
    const ended = async (): Promise<WeakRef<object>> => {
      const talk: StreamCall = client.bidi({ onTrailers: () => talk });
      await advance(1_000);
      talk.cancel({ because: talk });
      return new WeakRef(talk);
    };
    const handle = await ended();
    await settle();
    assert.ok(await collectUntil(() => handle.deref() === undefined), "it is collected");
  },
);

let hold: Gate = gate();

/** Answers, and reads, when the gate is opened. */
const patient = {
  async *bidi() {
    await hold.promise;
    yield { id: 1 };
    await new Promise(() => {});
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    await hold.promise;
    let id = 0;
    for await (const _ of requests) id++;
    return { id };
  },
};

for (const take of ["receive", "next"] as const) {
  guarantee(`C3: a ${take}() that waits holds its handle, and no longer than it waits`, { impl: patient, strays: 1 }, async (world) => {
    const { client, channel, settle, readable } = world;
    hold = gate();
    let end: Dropped | undefined;
    const begin = (): Promise<unknown> => {
      const talk = readable(client.bidi());
      end = dropped(talk);
      return talk[take]();
    };
    const waiting = begin();
    await settle();
    await collect(world);
    assert.equal(await stateOf(waiting), "pending");
    assert.notEqual(end?.handle.deref(), undefined);
    hold.open();
    await waiting;
    assert.ok(await collectedSoon(world, () => end?.handle.deref() === undefined));
    await collectedSoon(world, () => channel.statistics().abandonedStreams === 1);
    assert.equal((await end?.outcome)?.code, "cancelled");
  });
}

guarantee("C3: a receive() that was given up holds its handle no more", { impl: parked }, async (world) => {
  const { client, advance, readable } = world;
  let end: Dropped | undefined;
  const begin = (): Promise<unknown> => {
    const talk = readable(client.bidi());
    end = dropped(talk);
    return talk.receive({ timeoutMs: 10 });
  };
  const waiting = begin();
  await advance(10);
  await assert.rejects(waiting, code("deadline_exceeded"));
  assert.ok(await collectedSoon(world, () => end?.handle.deref() === undefined));
  assert.equal((await end?.outcome)?.code, "cancelled");
});

for (const what of ["send", "whenWritable"] as const) {
  guarantee(`C3: a ${what}() that waits holds its handle, and no longer than it waits`, { impl: patient }, async (world) => {
    const { client, settle } = world;
    hold = gate();
    let end: Dropped | undefined;
    const begin = async (): Promise<() => Promise<void>> => {
      const upload = client.client();
      end = dropped(upload);
      const body = bytes(50_000);
      while (upload.trySend({ body })) await settle();
      const waiting = what === "send" ? upload.send({ body }) : upload.whenWritable();
      return async () => waiting;
    };
    const waiting = (await begin())();
    await settle();
    await collect(world);
    assert.equal(await stateOf(waiting), "pending");
    assert.notEqual(end?.handle.deref(), undefined);
    hold.open();
    await settle();
    await waiting;
    assert.ok(await collectedSoon(world, () => end?.handle.deref() === undefined));
    assert.equal((await end?.outcome)?.code, "cancelled", "never taken for whole");
  });
}

guarantee("C3: finish() and close() hold their handles until the end", { impl: { ...parked, client: patient.client } }, async (world) => {
  const { client, channel, settle, advance } = world;
  hold = gate();
  const finish = (): Promise<{ id: number }> => {
    const upload = client.client();
    void upload.send({ id: 1 });
    return upload.finish();
  };
  const finished = finish();
  const closed = client.bidi().close();
  await settle();
  await collect(world);
  assert.equal(await stateOf(finished), "pending");
  assert.equal(await stateOf(closed), "pending");
  hold.open();
  assert.equal((await finished).id, 1);
  await advance(30_000);
  assert.match((await closed).message, /30000 ms/);
  await collect(world);
  assert.equal(channel.statistics().abandonedStreams, 0);
});

guarantee("C3: a for await that is busy with a message holds its stream", { impl: echo }, async (world) => {
  const { client, channel, settle } = world;
  hold = gate();
  const ids: number[] = [];
  const read = async (): Promise<void> => {
    for await (const { id } of client.server({ id: 3 })) {
      await hold.promise;
      ids.push(id);
    }
  };
  const mapped = async (): Promise<number> => {
    let sum = 0;
    for await (const id of doubled(client.server({ id: 3 }))) {
      await hold.promise;
      sum += id;
    }
    return sum;
  };
  const reading = [read(), mapped()];
  await settle();
  await collect(world);
  assert.equal(channel.statistics().abandonedStreams, 0);
  hold.open();
  assert.equal((await Promise.all(reading))[1], 12);
  assert.deepEqual(ids, [1, 2, 3]);
});

async function* doubled(messages: AsyncIterable<{ id: number }>): AsyncGenerator<number> {
  for await (const { id } of messages) yield 2 * id;
}

guarantee("C3: an iterable that can go on holds the stream of its requests", { impl: echo }, async (world) => {
  const { client, channel, settle } = world;
  const gates = [gate(), gate()];
  const stream = dropped(client.bidi(requests()));
  for (const one of gates) {
    await settle();
    await collect(world);
    assert.notEqual(stream.handle.deref(), undefined);
    one.open();
  }
  await settle();
  assert.equal((await stream.outcome).code, "ok", "the server has echoed both, and nobody read them");
  await collect(world);
  assert.equal(channel.statistics().abandonedStreams, 0);

  async function* requests(): AsyncGenerator<{ id: number }> {
    for (const one of gates) {
      await one.promise;
      yield { id: 1 };
    }
  }
});

guarantee("C3: a broadcast holds its streams", { impl: patient }, async (world) => {
  const { client, settle } = world;
  hold = gate();
  const hub = createBroadcast(PayloadSchema, { slowReader: "drop-newest" });
  let end: Dropped | undefined;
  const join = (): Promise<void> => {
    const upload = client.client();
    end = dropped(upload);
    return hub.join(upload);
  };
  const joined = join();
  await settle();
  await collect(world);
  assert.notEqual(end?.handle.deref(), undefined);
  assert.equal(hub.size, 1);
  hub.close();
  await joined;
  assert.ok(await collectedSoon(world, () => end?.handle.deref() === undefined));
  assert.equal((await end?.outcome)?.code, "cancelled");
  hold.open();
});

const watching: Interceptor = async (call, next) => {
  call.mapSend((message) => message);
  void call.signal;
  await next();
};

guarantee(
  "C3: signals, callbacks, interceptors, the headers and the outcome hold no handle",
  { impl: parked, client: { interceptors: [watching] } },
  async (world) => {
    const { client, settle, advance } = world;
    const abort = new AbortController();
    const kept: Promise<unknown>[] = [];
    const begin = (): Dropped => {
      const options = { signal: abort.signal, timeoutMs: 60_000, idleTimeoutMs: 50_000, onHeaders: () => used(talk), onTrailers: used };
      const talk = client.bidi(options);
      kept.push(talk.headers, talk.outcome, Promise.resolve(talk.send({ id: 1 })));
      return dropped(talk);
    };
    const stream = begin();
    await settle();
    await advance(10);
    assert.ok(await collectedSoon(world, () => stream.handle.deref() === undefined));
    assert.equal((await stream.outcome).code, "cancelled");
    assert.equal(kept.length, 3);
  },
);

function used(_value: unknown): void {}

guarantee("C3: the handles of streams that have ended are collected without a word", { impl: echo }, async (world) => {
  const { client, channel, logs } = world;
  const streams: Dropped[] = [];
  for (let i = 0; i < 20; i++) {
    const stream = client.server({ id: 2 });
    streams.push(dropped(stream));
    if (i % 2 === 0) for await (const _ of stream);
    else stream.cancel();
  }
  assert.ok(await collectedSoon(world, () => streams.filter(({ handle }) => handle.deref() !== undefined).length <= 1));
  await collect(world);
  assert.equal(channel.statistics().abandonedStreams, 0);
  assert.deepEqual(logs, []);
});

/** Abandons so many streams, opened at one place. */
function abandon(client: World["client"], streams: number): void {
  for (let i = 0; i < streams; i++) void client.server({});
}

guarantee(
  "C3: a thousand abandoned streams are one line for each place that opened them, and are counted",
  { impl: parked, channel: { callSites: "always" } },
  async (world) => {
    const { client, channel, server, settle, logs } = world;
    abandon(client, 1_000);
    void client.server({});
    await settle();
    assert.ok(await collectedSoon(world, () => channel.statistics().abandonedStreams === 1_001));
    await settle();
    assert.equal(server.statistics().runningHandlers, 0);
    assert.equal(new Set(logs.map(({ openedAt }) => openedAt)).size, 2);
    assert.equal(logs.length, 2);
    assert.ok(logs.some(({ openedAt }) => openedAt?.startsWith("abandon (")));
  },
);

guarantee("C3: of a method's streams the first hundred note where they were opened, then one in 128", { impl: parked }, async (world) => {
  const { client, channel, settle, logs } = world;
  abandon(client, 400);
  const noted = channel.calls().filter(({ openedAt }) => openedAt !== undefined);
  assert.equal(noted.length, 103);
  await settle();
  assert.ok(await collectedSoon(world, () => channel.statistics().abandonedStreams === 400));
  assert.equal(logs.length, 2, "one for the place, one for the method where it was not noted");
  assert.deepEqual(logs.map(({ openedAt }) => openedAt === undefined).sort(), [false, true]);
});

guarantee("C3: none notes it when none is to", { impl: parked, channel: { callSites: "never" } }, async (world) => {
  const { client, channel, settle, logs } = world;
  abandon(client, 10);
  await settle();
  assert.ok(await collectedSoon(world, () => channel.statistics().abandonedStreams === 10));
  assert.deepEqual(
    logs.map(({ event, openedAt }) => [event, openedAt]),
    [["stream-abandoned", undefined]],
  );
});

guarantee(
  "C3: what watches the handles of a channel has no timer when no call is open",
  { impl: echo, skip: RESTING },
  async ({ client, runtime, settle }) => {
    await client.unary({});
    const timers = runtime.timers.size;
    const talk = client.bidi();
    await settle();
    assert.equal(runtime.timers.size, timers + 1);
    talk.closeSend();
    await talk.close();
    await settle();
    assert.equal(runtime.timers.size, timers);
  },
);
