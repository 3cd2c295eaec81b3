import assert from "node:assert/strict";
import { type BidiCall, type Outcome, RpcError, type StreamCall } from "sluice";
import type { HandlerContext, Requests, Responses } from "sluice/server";
import { HALF_DUPLEX } from "./carriers.js";
import { collectUntil } from "./collect.js";
import { withTimeout } from "./dialect.js";
import { BROKEN_OFF, Wire } from "./wire.js";
import { aborted, bytes, code, gate, guarantee, type World } from "./world.js";

/* Who ends a stream, and how: what the client sees, what the server sees, what the wire shows. The tables of docs/streams.md. */

type Message = { readonly id: number };

/** What the handler of the last call saw. */
interface Seen {
  /** How its requests ended: `"end"`, or the code that receiving them rejected with. */
  requests: string | undefined;
  /** `context.signal`: undefined while it has not aborted. */
  signal: RpcError | undefined;
  /** How the call ended for the server. */
  done: Outcome | undefined;
}

const seen: Seen = { requests: undefined, signal: undefined, done: undefined };
const wire = new Wire();

function watch(context: HandlerContext): void {
  Object.assign(seen, { requests: undefined, signal: undefined, done: undefined });
  void aborted(context.signal).then((reason) => Object.assign(seen, { signal: reason }));
  void context.done.then((done) => Object.assign(seen, { done }));
}

/** Reads the requests to their end, echoing; then what the last of them asked for. */
async function converse(requests: Requests<Message>, context: HandlerContext, out: Responses<{ id?: number }>): Promise<void> {
  watch(context);
  let last = 0;
  try {
    for await (const { id } of requests) {
      last = id;
      await out.send({ id });
      if (id >= FIRST_ORDER) break;
    }
    seen.requests = last >= FIRST_ORDER ? "left" : "end";
  } catch (error) {
    seen.requests = String((error as RpcError).code);
    throw error;
  }
  await ORDERS[last]?.(context, out);
}

/** Requests with these ids end the reading of requests. */
const FIRST_ORDER = 10;
const STAY = 1;
const RETURN = 10;
const THROW = 11;
const THROW_BY_ACCIDENT = 12;
const STAY_UNREAD = 13;
const SEND_ON = 2;

const ORDERS: Readonly<Record<number, (context: HandlerContext, out: Responses<{ id?: number }>) => Promise<unknown>>> = {
  [STAY]: (context) => aborted(context.signal).then((reason) => Promise.reject(reason)),
  [STAY_UNREAD]: (context) => aborted(context.signal).then((reason) => Promise.reject(reason)),
  [THROW]: () => Promise.reject(new RpcError("data_loss", "gone")),
  [THROW_BY_ACCIDENT]: () => Promise.reject(new TypeError("a secret")),
  async [SEND_ON](_context, out) {
    for (;;) await out.send({ body: bytes(10_000) } as never);
  },
};

const options = {
  impl: {
    bidi: converse,
    async client(requests: Requests<Message>, context: HandlerContext) {
      watch(context);
      let id = 0;
      try {
        for await (const request of requests) id += request.id;
        seen.requests = "end";
      } catch (error) {
        seen.requests = String((error as RpcError).code);
        throw error;
      }
      return { id };
    },
  },
  acceptor: wire.tap,
};

/** How a receive ended: a message's id, `"end"`, or a code. */
async function received(talk: BidiCall<Partial<Message>, Message>): Promise<number | string> {
  return talk.receive().then(
    (message) => message?.id ?? "end",
    (error: RpcError) => String(error.code),
  );
}

async function outcomeOf(call: StreamCall): Promise<string> {
  const { code, initiator } = await call.outcome;
  return `${code} by ${initiator}`;
}

/** What a client has said that reads responses. */
const asked = ({ fullDuplex }: World) => (fullDuplex ? "HEADERS DATA" : "HEADERS DATA END_STREAM");

/** How requests end that the end of their call cuts off, unless they had to end before. */
const cutShort = ({ fullDuplex }: World, code: string | undefined) => (fullDuplex ? code : "end");

/** How the wire shows that the client has left. */
const left = ({ fullDuplex }: World) => (fullDuplex ? "RST_STREAM(CANCEL)" : BROKEN_OFF);

/** What follows the status of a handler that has not read its requests to their end. */
const noMore = ({ fullDuplex }: World) => (fullDuplex ? " RST_STREAM(NO_ERROR)" : "");

function handlerSaw(requests: string | undefined, signal: string | undefined): void {
  assert.equal(seen.requests, requests, "how the requests ended");
  assert.equal(seen.signal && `${seen.signal.code} by ${seen.signal.initiator}`, signal, "context.signal");
}

guarantee("ends: the client half-closes and reads the rest", options, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: 3 });
  talk.closeSend();
  assert.deepEqual([await received(talk), await received(talk)], [3, "end"]);
  assert.equal(await outcomeOf(talk), "ok by peer");
  await settle();
  handlerSaw("end", undefined);
  assert.equal(seen.done?.code, "ok");
  assert.equal(wire.client, "HEADERS DATA END_STREAM");
  assert.equal(wire.server, "HEADERS DATA status:0");
});

guarantee("ends: the client half-closes and walks away, and the server ends", options, async ({ client, settle, channel }) => {
  const talk = client.bidi();
  await talk.send({ id: 3 });
  talk.closeSend();
  await settle();
  assert.equal(channel.statistics().openCalls, 0, "nobody has read");
  assert.equal(await outcomeOf(talk), "ok by peer");
  handlerSaw("end", undefined);
  assert.equal(wire.client, "HEADERS DATA END_STREAM");
  assert.deepEqual([await received(talk), await received(talk)], [3, "end"]);
});

guarantee("ends: the client closes, and the server ends in time", options, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: 3 });
  await talk.headers;
  const closing = talk.close();
  assert.equal(await received(talk), "end");
  assert.equal((await closing).code, "ok");
  assert.equal(await outcomeOf(talk), "ok by peer");
  await settle();
  handlerSaw("end", undefined);
  assert.equal(wire.client, "HEADERS DATA END_STREAM");
  assert.equal(wire.server, "HEADERS DATA status:0");
});

guarantee("ends: the client closes, and the server stays", options, async (world) => {
  const { client, settle, advance } = world;
  const talk = client.bidi();
  await talk.send({ id: STAY });
  await talk.headers;
  const closing = talk.close();
  assert.equal(await received(talk), "end");
  await advance(29_999);
  handlerSaw("end", undefined);
  await advance(1);
  assert.match((await closing).message, /30000 ms/);
  assert.equal(await outcomeOf(talk), "cancelled by application");
  await settle();
  handlerSaw("end", "cancelled by peer");
  assert.equal(wire.client, `HEADERS DATA END_STREAM ${left(world)}`);
});

guarantee("ends: the client closes, and the server sends on", options, async (world) => {
  const { client, settle } = world;
  const talk = client.bidi();
  await talk.send({ id: SEND_ON });
  await talk.headers;
  assert.match((await talk.close()).message, /1048576 bytes/);
  assert.equal(await outcomeOf(talk), "cancelled by application");
  await settle();
  handlerSaw("end", "cancelled by peer");
  assert.equal(wire.client, `HEADERS DATA END_STREAM ${left(world)}`);
});

const LEAVING: Readonly<Record<string, (talk: BidiCall<Partial<Message>, Message>, abort: AbortController) => unknown>> = {
  "ends: the client cancels": (talk) => talk.cancel("enough"),
  "ends: the client aborts the signal of the call": (_, abort) => abort.abort(new Error("enough")),
  "ends: the client leaves the block": (talk) => talk[Symbol.asyncDispose](),
  "ends: the client leaves the loop": async (talk) => {
    for await (const _ of talk) break;
  },
};

for (const [name, leave] of Object.entries(LEAVING)) {
  guarantee(name, options, async (world) => {
    const { client, settle, readable } = world;
    const abort = new AbortController();
    const talk = client.bidi({ signal: abort.signal });
    await talk.send({ id: STAY });
    readable(talk);
    await settle();
    await leave(talk, abort);
    assert.equal(await received(talk), "cancelled", "what had come is dropped");
    assert.equal(await outcomeOf(talk), "cancelled by application");
    await settle();
    handlerSaw(cutShort(world, "cancelled"), "cancelled by peer");
    assert.equal(wire.client, `${asked(world)} ${left(world)}`);
    assert.equal(wire.server, "HEADERS DATA");
  });
}

guarantee("ends: an upload is finished", options, async ({ client, settle }) => {
  const upload = client.client();
  await upload.send({ id: 1 });
  await upload.send({ id: 2 });
  assert.equal((await upload.finish()).id, 3);
  assert.equal(await outcomeOf(upload), "ok by peer");
  await settle();
  handlerSaw("end", undefined);
  assert.equal(wire.client, "HEADERS DATA END_STREAM");
  assert.equal(wire.server, "HEADERS DATA status:0");
});

guarantee("ends: an upload is given up, or its iterable throws", options, async (world) => {
  const { client, settle } = world;
  const upload = client.client();
  await upload.send({ id: 1 });
  await settle();
  await upload[Symbol.asyncDispose]();
  await assert.rejects(upload.finish(), code("cancelled"));
  await settle();
  handlerSaw("cancelled", "cancelled by peer");
  assert.equal(wire.client, `HEADERS DATA ${left(world)}`, "and no END_STREAM: the upload is not whole");
  const hold = gate();
  async function* failing() {
    yield { id: 1 };
    await hold.promise;
    throw new Error("mine");
  }
  const reply = client.client(failing());
  await settle();
  hold.open();
  await assert.rejects(reply, code("cancelled", /mine/));
  await settle();
  handlerSaw("cancelled", "cancelled by peer");
  assert.equal(wire.client, `HEADERS DATA ${left(world)}`);
});

/** The server is told another time-out than the client keeps, as if their clocks were not one. */
const toldTimeout = (ms: number) => ({
  ...options,
  acceptor: (server: Parameters<typeof wire.tap>[0]) => {
    const tapped = wire.tap(server);
    const told: typeof tapped = { onExchange: (exchange, head, end) => tapped.onExchange(exchange, withTimeout(head, ms), end) };
    return told;
  },
});

guarantee("ends: the deadline passes, on the client first", toldTimeout(2_000), async (world) => {
  const { client, settle, advance, readable } = world;
  const talk = client.bidi({ timeoutMs: 1_000 });
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  const waiting = received(talk);
  await advance(1_000);
  assert.equal(await waiting, "deadline_exceeded");
  assert.equal(await outcomeOf(talk), "deadline_exceeded by engine");
  await settle();
  handlerSaw(cutShort(world, "cancelled"), "cancelled by peer");
  assert.equal(wire.client, `${asked(world)} ${left(world)}`);
});

guarantee("ends: the deadline passes, on the server first", toldTimeout(1_000), async (world) => {
  const { client, settle, advance, readable } = world;
  const talk = client.bidi({ timeoutMs: 2_000 });
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  await advance(1_000);
  assert.equal(await received(talk), "deadline_exceeded");
  assert.equal(await outcomeOf(talk), "deadline_exceeded by peer");
  await settle();
  handlerSaw(cutShort(world, "deadline_exceeded"), "deadline_exceeded by engine");
  assert.equal(wire.client, asked(world));
  assert.equal(wire.server, "HEADERS DATA status:4 RST_STREAM(NO_ERROR)");
});

guarantee("ends: nothing moves for the client's idle time", options, async (world) => {
  const { client, settle, advance, readable } = world;
  const talk = client.bidi({ idleTimeoutMs: 1_000 });
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  const waiting = received(talk);
  await advance(1_250);
  assert.equal(await waiting, "deadline_exceeded");
  assert.match((await talk.outcome).message, /idleTimeoutMs/);
  assert.equal(await outcomeOf(talk), "deadline_exceeded by engine");
  await settle();
  handlerSaw(cutShort(world, "cancelled"), "cancelled by peer");
  assert.equal(wire.client, `${asked(world)} ${left(world)}`);
});

guarantee("ends: nothing moves for the server's idle time", { ...options, service: { idleTimeoutMs: 1_000 } }, async (world) => {
  const { client, settle, advance, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  await advance(1_250);
  assert.equal(await received(talk), "deadline_exceeded");
  assert.match((await talk.outcome).message, /idleTimeoutMs/);
  assert.equal(await outcomeOf(talk), "deadline_exceeded by peer");
  await settle();
  handlerSaw(cutShort(world, "deadline_exceeded"), "deadline_exceeded by engine");
  assert.equal(wire.server, "HEADERS DATA status:4 RST_STREAM(NO_ERROR)");
});

guarantee("ends: the connection is lost", options, async (world) => {
  const { client, settle, cut, fullDuplex, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: STAY });
  readable(talk);
  await settle();
  cut();
  assert.deepEqual([await received(talk), await received(talk)], [STAY, "unavailable"], "what had come is still given");
  assert.match(await outcomeOf(talk), /^unavailable by (network|peer)$/);
  await settle();
  assert.equal(seen.signal?.code, "cancelled");
  assert.equal(seen.requests, cutShort(world, "cancelled"));
  assert.equal(wire.client, `${asked(world)} ${fullDuplex ? "lost" : BROKEN_OFF}`);
});

guarantee("ends: the handle is collected", options, async (world) => {
  const { client, settle, advance, readable } = world;
  let outcome: Outcome | undefined;
  const openAndForget = async () => {
    const talk = client.bidi();
    void talk.outcome.then((value) => {
      outcome = value;
    });
    await talk.send({ id: STAY });
    assert.equal(await received(readable(talk)), STAY);
  };
  await openAndForget();
  await advance(3_000);
  assert.ok(await collectUntil(() => outcome !== undefined), "it was to be collected");
  assert.equal(outcome?.code, "cancelled");
  assert.match(outcome.message, /collected/);
  await settle();
  handlerSaw(cutShort(world, "cancelled"), "cancelled by peer");
  assert.equal(wire.client, `${asked(world)} ${left(world)}`);
});

guarantee("ends: the channel is closed", options, async (world) => {
  const { client, settle, channel } = world;
  const talk = client.bidi();
  await talk.send({ id: 3 });
  await settle();
  const closing = channel.close();
  assert.equal(await received(talk), "unavailable");
  assert.equal(await outcomeOf(talk), "unavailable by engine");
  await closing;
  await settle();
  assert.equal(seen.signal?.code, "cancelled");
  assert.equal(wire.client, `HEADERS DATA ${left(world)}`);
});

guarantee("ends: one operation is given up", options, async (world) => {
  const { client, settle, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  const abort = new AbortController();
  const given = talk.receive({ signal: abort.signal });
  await settle();
  abort.abort();
  await assert.rejects(given, code("cancelled", /the stream goes on/));
  await settle();
  assert.equal(wire.client, asked(world), "nothing is said");
  handlerSaw(cutShort(world, undefined), undefined);
  talk.cancel();
});

guarantee("ends: one operation is given up, and the stream goes on", { ...options, skip: HALF_DUPLEX }, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: 3 });
  assert.equal(await received(talk), 3);
  await assert.rejects(talk.receive({ timeoutMs: 0 }), code("deadline_exceeded"));
  await talk.send({ id: 4 });
  assert.equal(await received(talk), 4);
  assert.equal((await talk.close()).code, "ok");
  await settle();
  assert.equal(wire.client, "HEADERS DATA END_STREAM");
});

guarantee("ends: the handler returns with all requests read", options, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: 3 });
  await talk.send({ id: 4 });
  talk.closeSend();
  assert.deepEqual([await received(talk), await received(talk), await received(talk)], [3, 4, "end"]);
  await settle();
  assert.equal(seen.done?.code, "ok");
  assert.equal(seen.signal, undefined);
  assert.equal(wire.server, "HEADERS DATA status:0");
});

guarantee("ends: the handler returns with requests unread", { ...options, skip: HALF_DUPLEX }, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: RETURN });
  assert.deepEqual([await received(talk), await received(talk)], [RETURN, "end"]);
  assert.equal(await outcomeOf(talk), "ok by peer");
  await assert.rejects(Promise.resolve(talk.send({ id: 4 })), code("failed_precondition"));
  await settle();
  handlerSaw("left", undefined);
  assert.equal(seen.done?.code, "ok");
  assert.equal(wire.server, "HEADERS DATA status:0 RST_STREAM(NO_ERROR)");
});

guarantee("ends: the handler leaves its requests and stays", { ...options, skip: HALF_DUPLEX }, async ({ client, settle }) => {
  const talk = client.bidi();
  await talk.send({ id: STAY_UNREAD });
  assert.equal(await received(talk), STAY_UNREAD);
  for (let i = 0; i < 5; i++) await talk.send({ body: bytes(50_000) } as never);
  await settle();
  handlerSaw("left", undefined);
  assert.equal(wire.server, "HEADERS DATA", "nothing is said: what comes is dropped");
  talk.cancel();
  await settle();
  handlerSaw("left", "cancelled by peer");
});

guarantee("ends: the handler throws an RpcError", options, async (world) => {
  const { client, settle, logs, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: THROW });
  assert.deepEqual([await received(readable(talk)), await received(talk)], [THROW, "data_loss"]);
  assert.equal(await outcomeOf(talk), "data_loss by peer");
  await settle();
  assert.equal(seen.signal, undefined);
  assert.equal(seen.done?.code, "data_loss");
  assert.equal(wire.server, `HEADERS DATA status:15${noMore(world)}`);
  assert.deepEqual(logs, []);
});

guarantee("ends: the handler throws anything else", options, async (world) => {
  const { client, settle, logs, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: THROW_BY_ACCIDENT });
  assert.deepEqual([await received(readable(talk)), await received(talk)], [THROW_BY_ACCIDENT, "internal"]);
  assert.doesNotMatch((await talk.outcome).message, /secret/);
  await settle();
  assert.equal(wire.server, `HEADERS DATA status:13${noMore(world)}`);
  assert.equal(logs.length, 1);
});

guarantee(
  "ends: the server refuses a message that is too large",
  { ...options, maxReceiveBytes: 1_000 },
  async ({ client, settle, readable }) => {
    const talk = client.bidi();
    await talk.send({ body: bytes(2_000) } as never);
    assert.equal(await received(readable(talk)), "resource_exhausted");
    assert.equal(await outcomeOf(talk), "resource_exhausted by peer");
    await settle();
    handlerSaw("resource_exhausted", "resource_exhausted by engine");
    assert.equal(wire.server, "HEADERS status:8 RST_STREAM(NO_ERROR)");
  },
);

guarantee("ends: the server shuts down and the grace is over", options, async (world) => {
  const { client, settle, shutDown, advance, readable } = world;
  const talk = client.bidi();
  await talk.send({ id: STAY });
  assert.equal(await received(readable(talk)), STAY);
  const report = shutDown(1_000);
  await advance(999);
  handlerSaw(cutShort(world, undefined), undefined);
  await advance(1);
  await report;
  assert.equal(await received(talk), "unavailable");
  assert.equal(await outcomeOf(talk), "unavailable by peer");
  await settle();
  handlerSaw(cutShort(world, "unavailable"), "unavailable by engine");
  assert.equal(wire.server, "HEADERS DATA status:14 RST_STREAM(NO_ERROR)");
});
