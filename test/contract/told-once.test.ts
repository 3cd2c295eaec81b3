import assert from "node:assert/strict";
import { type Outcome, RpcError } from "sluice";
import type { HandlerContext } from "sluice/server";
import { HALF_DUPLEX, NO_CONNECTION, NO_CREDIT, NO_RESET_CODE } from "./carriers.js";
import { dialectOf, hasPlainUnary } from "./dialect.js";
import { RawClient } from "./raw-client.js";
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
  { impl: { unary: () => ({ body: bytes(200_000) }) }, skip: NO_CREDIT },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    const path = "/bench.v1.Bench/Unary";
    const call = raw.request(path, dialectOf(world.protocol, path).timeout(200));
    call.exchange.consume = () => {};
    call.message().end();
    await world.settle();
    const [served] = world.server.calls();
    assert.deepEqual([served?.messagesSent, served?.localHalf, served?.waitingFor], [1, "ended", "credit"]);
    assert.ok((served?.bytesSent ?? 0) >= 200_000);
    await world.advance(200);
    await world.settle();
    assert.deepEqual([call.endedBy?.kind, call.endedBy?.code], ["reset", 8]);
    assert.equal(world.server.statistics().openCalls, 0);
    raw.close();
    await world.settle();
  },
);

let refusals = 0;

guarantee(
  "C11: the timeline of a client tells of each attempt, and whether it waited for a connection",
  {
    impl: { bidi: async () => {} },
    acceptor: (server) => ({
      onExchange(exchange, head, end) {
        if (refusals-- <= 0) return server.onExchange(exchange, head, end);
        exchange.settled();
        exchange.reset(7);
        const ignore = () => {};
        return { onHead: ignore, onData: ignore, onTrailers: ignore, onWritable: ignore, onDraining: ignore, onEnd: ignore };
      },
    }),
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
    skip: NO_CONNECTION,
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
