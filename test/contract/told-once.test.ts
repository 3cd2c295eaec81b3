import assert from "node:assert/strict";
import { type Outcome, RpcError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { HALF_DUPLEX, NO_CONNECTION, NO_CREDIT, NO_GOAWAY, NO_RESET_CODE } from "./carriers.js";
import { dialectOf, hasPlainUnary } from "./dialect.js";
import { RawClient } from "./raw-client.js";
import { refusing } from "./refusing.js";
import { aborted, bytes, code, type Gate, gate, guarantee, turn } from "./world.js";

/* What timelines and snapshots tell: each thing once, when it happened, and nothing after the end. */

let served: HandlerContext;
let hold: Gate = gate();

async function textOf(outcome: Promise<Outcome>): Promise<string> {
  return String((await outcome).timeline);
}

function times(text: string, event: string): number {
  return text.split(`${event};`).length + (text.endsWith(event) ? 1 : 0) - 1;
}

guarantee(
  "C11: the timeline of a server says once that the response headers have gone, where they go before the response",
  {
    impl: {
      async unary(_request, context) {
        served = context;
        context.sendHeaders();
        context.sendHeaders();
        await hold.promise;
        return {};
      },
      async bidi(_requests, context, out) {
        served = context;
        await out.send({ id: 1 });
        context.sendHeaders();
      },
    },
  },
  async ({ client, settle, protocol }) => {
    hold = gate();
    const reply = client.unary({});
    await settle();
    hold.open();
    await reply;
    await settle();
    assert.equal(times(await textOf(served.done), "response headers sent"), hasPlainUnary(protocol) ? 0 : 1);
    await client.bidi([]).outcome;
    await settle();
    assert.equal(times(await textOf(served.done), "response headers sent"), 0, "the first message says it");
  },
);

guarantee(
  "C11: the timeline of a server says how long its sends waited for room",
  {
    impl: {
      async server(_request, context, out) {
        served = context;
        for (;;) await out.send({ body: bytes(30_000) });
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, settle, advance }) => {
    const stream = client.server({});
    await settle();
    await advance(12);
    stream.cancel();
    await settle();
    assert.match(await textOf(served.done), /; \+0 ms send waits for room, 12 ms;.* \+12 ms peer reset CANCEL, 1 send waiting$/);
  },
);

/** Handlers that hear nothing of the end of their call. */
const deaf = {
  async unary(_request: unknown, context: HandlerContext) {
    served = context;
    await hold.promise;
    return {};
  },
  async server(_request: unknown, context: HandlerContext) {
    served = context;
    await hold.promise;
  },
};

guarantee(
  "C11: what a handler does after its call was cut off is no status in the timeline: it has settled",
  { impl: deaf, service: { earlyHeaders: false }, skip: NO_RESET_CODE },
  async ({ client, settle, advance }) => {
    for (const kind of ["unary", "server"] as const) {
      hold = gate();
      const abort = new AbortController();
      const call = client[kind]({}, { signal: abort.signal });
      if (call instanceof Promise) call.catch(() => {});
      await settle();
      await advance(3);
      abort.abort();
      await settle();
      await advance(4);
      hold.open();
      await settle();
      const before = "+0 ms opened; +0 ms handler started; +3 ms peer reset CANCEL";
      assert.equal(await textOf(served.done), `${before}; +7 ms handler settled`);
    }
  },
);

guarantee(
  "an interceptor is not shown the response to a call that was cut off",
  {
    impl: deaf,
    serverInterceptors: [
      (call, next) => {
        call.mapSend(() => assert.fail("it is not sent"));
        return next();
      },
    ],
  },
  async ({ client, settle, logs }) => {
    hold = gate();
    const abort = new AbortController();
    const call = client.unary({}, { signal: abort.signal });
    await settle();
    abort.abort();
    await assert.rejects(call, code("cancelled"));
    await settle();
    hold.open();
    await settle();
    assert.deepEqual(logs, []);
  },
);

let waiting: Promise<void> | undefined;

guarantee(
  "C9: a handler that throws settles the sends that wait at once, also where nobody reads",
  {
    impl: {
      async server(_request, _context, out) {
        void out.send({});
        void out.send({ body: bytes(1_000_000) });
        waiting = out.send({});
        throw new RpcError("aborted", "mine");
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, settle }) => {
    const stream = client.server({});
    await settle();
    await assert.rejects(waiting as Promise<void>, code("failed_precondition", /after the handler has returned/));
    stream.cancel();
  },
);

guarantee(
  "C11: a response that waits for credit is counted and its half has ended; at the deadline it is cut off with CANCEL",
  {
    impl: {
      unary: () => ({ body: bytes(200_000) }),
      async server(_request, _context, out) {
        void out.send({ body: bytes(200_000) });
      },
    },
    skip: NO_CREDIT,
  },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    for (const path of ["/bench.v1.Bench/Unary", "/bench.v1.Bench/Server"]) {
      const call = raw.request(path, dialectOf(world.protocol, path).timeout(200));
      call.exchange.consume = () => {};
      call.message().end();
      await world.settle();
      const [listed] = world.server.calls();
      assert.deepEqual([listed?.messagesSent, listed?.localHalf, listed?.waitingFor], [1, "ended", "credit"]);
      assert.ok((listed?.bytesSent ?? 0) >= 200_000);
      await world.advance(200);
      await world.settle();
      assert.deepEqual([call.endedBy?.kind, call.endedBy?.code], ["reset", 8]);
      assert.equal(world.server.statistics().openCalls, 0);
    }
    raw.close();
    await world.settle();
  },
);

let refusals = 0;

guarantee(
  "C11: the timeline of a client tells of each attempt, and whether it waited for a connection",
  {
    impl: { bidi: async () => {} },
    acceptor: refusing(() => refusals-- > 0),
    skip: NO_RESET_CODE,
  },
  async ({ client, settle, channel }) => {
    refusals = 0;
    const first = client.bidi();
    assert.match(
      await textOf(first.outcome),
      /^\+0 ms opened; \+0 ms waits for a connection; \+0 ms request sent; \+0 ms response headers; /,
    );
    refusals = 1;
    const second = client.bidi();
    const again = "peer reset REFUSED_STREAM; +0 ms not processed; +0 ms request sent, attempt 2";
    assert.ok((await textOf(second.outcome)).startsWith(`+0 ms opened; +0 ms request sent; +0 ms ${again}; +0 ms response headers; `));
    await settle();
    await channel.close();
    assert.equal(await textOf(client.bidi().outcome), "+0 ms opened; +0 ms failed unavailable");
  },
);

guarantee(
  "C11: requests that are left twice, and a half-close that is said twice, are told once",
  {
    impl: {
      async *bidi(requests, context) {
        served = context;
        for await (const { id } of requests) {
          yield { id };
          break;
        }
        for await (const _ of requests) assert.fail("they were left");
        throw await aborted(context.signal);
      },
    },
    skip: HALF_DUPLEX,
  },
  async ({ client, settle, advance }) => {
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await talk.receive();
    await settle();
    talk.closeSend();
    talk.closeSend();
    await settle();
    await advance(5);
    talk.cancel();
    await settle();
    assert.equal(times(await textOf(talk.outcome), "half-closed"), 1);
    const text = await textOf(served.done);
    assert.equal(times(text, "requests dropped"), 1);
  },
);

guarantee(
  "C11: a connection that drains is told once, to calls that were there and no others, on both ends",
  {
    impl: {
      async *server(_request, context) {
        served = context;
        yield { id: 1 };
        await aborted(context.draining);
        await hold.promise;
      },
    },
    skip: { ...NO_CONNECTION, ...NO_GOAWAY },
  },
  async ({ client, settle, server, advance }) => {
    hold = gate();
    const stream = client.server({});
    await settle();
    await advance(4);
    server.drain();
    await settle();
    server.drain();
    await settle();
    hold.open();
    await settle();
    for (const text of [await textOf(stream.outcome), await textOf(served.done)]) {
      assert.equal(times(text, "+4 ms connection draining"), 1);
    }
  },
);

guarantee(
  "C11: the timelines of a fault, an idle time and an unreadable message name how the call ended, with its code",
  {
    impl: {
      async *server(request, context) {
        served = context;
        yield { id: 1 };
        if (request.id === 1) yield { body: bytes(5_000) };
        throw await aborted(context.signal);
      },
    },
    skip: NO_RESET_CODE,
  },
  async ({ client, settle, advance }) => {
    const idle = client.server({}, { idleTimeoutMs: 1_000 });
    await settle();
    await advance(1_250);
    assert.match(await textOf(idle.outcome), /; \+1250 ms nothing moved; \+1250 ms failed deadline_exceeded, 1 message unread$/);
    const large = client.server({ id: 1 }, { maxReceiveBytes: 4_000 });
    await settle();
    assert.match(await textOf(large.outcome), /; \+0 ms failed resource_exhausted, 1 message unread$/);
    await assert.rejects(large.receive(), (error: RpcError) => code("resource_exhausted")(error));
    assert.match(await textOf(served.done), /; \+0 ms peer reset CANCEL$/);
  },
);

guarantee(
  "C9: a handler that asks for room and does not wait for it leaves no unhandled rejection when its call ends",
  {
    impl: {
      async server(_request, context, out) {
        void out.send({});
        void out.send({ body: bytes(1_000_000) });
        void out.whenWritable();
        await aborted(context.signal);
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, settle }) => {
    const stream = client.server({});
    await settle();
    stream.cancel();
  },
);

guarantee(
  "C5: a request that comes without any time left runs no handler, of a stream neither",
  { impl: { client: () => assert.fail("it is too late"), unary: () => assert.fail("it is too late") } },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    for (const path of ["/bench.v1.Bench/Client", "/bench.v1.Bench/Unary"]) {
      const call = raw.request(path, dialectOf(world.protocol, path).timeout(0));
      call.message().end();
      await world.settle();
      assert.equal(call.status?.code, 4);
    }
    assert.equal(world.server.statistics().settledHandlers, 0);
    assert.deepEqual(world.logs, []);
    raw.close();
    await world.settle();
  },
);

guarantee(
  "C7: requests that came before the client left are given to a handler that asks late, also after it left a loop; then the error",
  {
    impl: {
      async client(requests, context) {
        served = context;
        await hold.promise;
        for await (const { id } of requests) {
          got.push(id);
          break;
        }
        got.push((await requests.receive())?.id ?? -1);
        await assert.rejects(requests.receive(), code("cancelled"));
        got.push(-2);
        return {};
      },
    },
    skip: NO_RESET_CODE,
  },
  async ({ client, settle, server, cut }) => {
    for (const leave of ["cancel", "cut"]) {
      got.length = 0;
      hold = gate();
      const upload = client.client();
      for (const id of [1, 2]) await upload.send({ id });
      await settle();
      if (leave === "cancel") upload.cancel();
      else cut();
      await settle();
      const [listed] = server.calls();
      assert.deepEqual([listed?.ended, listed?.unreadMessages, listed?.waitingFor], [true, 2, "handler"]);
      hold.open();
      await settle();
      assert.deepEqual(got, [1, 2, -2]);
    }
  },
);

const got: number[] = [];

guarantee(
  "C8: a handler that leaves its requests in the middle of a large one, with others unread, lets the rest come and go",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        for await (const { id } of requests) if (id === 1) break;
        await settled.promise;
        return { id: 5 };
      },
    },
  },
  async ({ client, settle }) => {
    hold = gate();
    settled = gate();
    const upload = client.client();
    void upload.send({ id: 1 });
    void upload.send({ id: 2, body: bytes(10_000) });
    void upload.send({ id: 3, body: bytes(500_000) });
    const last = Promise.resolve(upload.send({ id: 4, body: bytes(300_000) }));
    await settle();
    hold.open();
    await settle();
    await last;
    const reply = upload.finish();
    settled.open();
    assert.equal((await reply).id, 5);
  },
);

let settled: Gate = gate();

guarantee(
  "C11: a generator that throws since it was cut off has settled once",
  {
    impl: {
      async *server(_request, context) {
        served = context;
        yield {};
        await hold.promise;
        throw new RpcError("cancelled", "as it was told");
      },
    },
    service: { earlyHeaders: false },
    skip: NO_RESET_CODE,
  },
  async ({ client, settle, server }) => {
    hold = gate();
    const stream = client.server({});
    await stream.receive();
    stream.cancel();
    await settle();
    hold.open();
    await settle();
    assert.equal(times(await textOf(served.done), "handler settled"), 1);
    assert.equal(server.statistics().settledHandlers, 1);
  },
);

guarantee(
  "C7: a draining signal that is asked for after the drain began has aborted already",
  {
    impl: {
      async unary(_request, context) {
        await hold.promise;
        return { id: context.draining.aborted ? 1 : 2 };
      },
    },
    skip: NO_CONNECTION,
  },
  async ({ client, settle, server }) => {
    hold = gate();
    const reply = client.unary({});
    await settle();
    server.drain();
    await settle();
    hold.open();
    assert.equal((await reply).id, 1);
  },
);

guarantee(
  "an RpcError of a server's interceptor is the call's error and no accident: nothing is logged",
  {
    impl: deaf,
    serverInterceptors: [
      () => {
        throw new RpcError("unauthenticated", "who are you");
      },
    ],
  },
  async ({ client, logs }) => {
    await assert.rejects(client.unary({}), code("unauthenticated"));
    assert.deepEqual(logs, []);
  },
);

const NO_ENVELOPES = { connect: "a unary body is the message", triple: "a unary body is the message" };

guarantee(
  "a client that sends two requests where one is taken is told so, and one that sends none as well",
  { impl: deaf, skip: NO_ENVELOPES },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    const two = raw.request("/bench.v1.Bench/Unary").message().message().end();
    const none = raw.request("/bench.v1.Bench/Unary").end();
    await world.settle();
    assert.match(two.status?.message ?? "", /more than one request/);
    assert.match(none.status?.message ?? "", /no request/);
    raw.close();
    await world.settle();
  },
);

guarantee(
  "C11: a request that its client breaks off before it is whole frees its slot, though no handler ran",
  {
    impl: { unary: (request) => ({ id: request.id }) },
    memory: { maxConcurrentExchanges: 1 },
    serverLimits: { maxConcurrentStreams: 1 },
    skip: NO_CONNECTION,
  },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    for (let i = 0; i < 3; i++) {
      const { exchange } = raw.request("/bench.v1.Bench/Unary");
      await world.settle();
      exchange.reset(8);
      await world.settle();
    }
    const whole = raw.request("/bench.v1.Bench/Unary").message().end();
    await world.settle();
    assert.equal(whole.status?.code, 0);
    raw.close();
    await world.settle();
  },
);

guarantee(
  "C5: a client that cancels up to 5 ms before its deadline has seen it pass; before that it has cancelled",
  { impl: { unary: (_request, context) => (served = context) && aborted(context.signal).then(() => ({})) }, skip: NO_RESET_CODE },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    const path = "/bench.v1.Bench/Unary";
    for (const [after, expected] of [
      [195, "deadline_exceeded"],
      [194, "cancelled"],
    ] as const) {
      const call = raw.request(path, dialectOf(world.protocol, path).timeout(200));
      call.message().end();
      await world.settle();
      await world.advance(after);
      call.exchange.reset(8);
      await world.settle();
      const outcome = await served.done;
      assert.equal(outcome.code, expected);
      assert.equal(String(outcome.timeline).endsWith("; +195 ms deadline passed"), expected === "deadline_exceeded");
    }
    raw.close();
    await world.settle();
  },
);

guarantee(
  "C8: a handler whose sends wait for a slow reader may wait as long as the call lives",
  {
    impl: {
      async server(_request, context, out) {
        void out.send({});
        void out.send({ body: bytes(1_000_000) });
        await out.send({ id: 3 });
        served = context;
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, settle, advance }) => {
    const stream = client.server({});
    await settle();
    await advance(3_600_000);
    for (const id of [0, 0, 3]) assert.equal((await stream.receive())?.id, id);
    assert.equal(await stream.receive(), undefined);
  },
);
