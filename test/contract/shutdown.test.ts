import assert from "node:assert/strict";
import { NO_CONNECTION, ONE_AT_A_TIME } from "./carriers.js";
import type { Acceptor } from "./dialect.js";
import { withTimeout } from "./dialect.js";
import { aborted, code, type Gate, gate, guarantee, stateOf } from "./world.js";

/** What happened on the server, in order. */
const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

guarantee(
  "C12: shutdown tells handlers, lets them finish within the grace, and takes no new calls",
  {
    impl: {
      async *server(_request, context) {
        yield { id: 1 };
        heard.push(`draining ${context.draining.aborted}`);
        await aborted(context.draining);
        heard.push("told");
        yield { id: 2 };
      },
    },
  },
  async ({ client, shutDown, settle, advance }) => {
    fresh();
    const stream = client.server({});
    assert.equal((await stream.receive())?.id, 1);
    await settle();
    const down = shutDown(10_000);
    assert.equal((await stream.receive())?.id, 2);
    assert.equal(await stream.receive(), undefined);
    await advance(5_000);
    assert.deepEqual((await down).cutOff, []);
    assert.deepEqual(heard, ["draining false", "told"]);
    await assert.rejects(client.server({}).receive(), code("unavailable"));
  },
);

guarantee(
  "C12: a handler that is parked for ever cannot hold a shutdown beyond its grace",
  { unaryOnly: true, impl: { unary: () => new Promise<never>(() => {}) }, strays: 1 },
  async ({ client, shutDown, settle, advance, server }) => {
    const call = client.unary({});
    await settle();
    const down = shutDown(3_000);
    await advance(2_999);
    assert.equal(await stateOf(down), "pending");
    assert.equal(await stateOf(call), "pending");
    await advance(1);
    await assert.rejects(call, code("unavailable", /shutting down/));
    await advance(5_000);
    const [cut, ...others] = (await down).cutOff;
    assert.deepEqual(others, []);
    assert.equal(cut?.method, "/bench.v1.Bench/Unary");
    assert.equal(cut?.handlerRunning, true);
    assert.equal(cut?.ageMs, 3_000);
    assert.equal(typeof cut?.peer, "string");
    assert.equal(server.statistics().openConnections, 0);
    assert.equal(server.statistics().runningHandlers, 1);
  },
);

guarantee(
  "C12: the report of a shutdown lists the oldest call first, and tells a handler that heeds its signal from one that does not",
  {
    impl: {
      unary: () => new Promise<never>(() => {}),
      async server(_request, context) {
        throw await aborted(context.signal);
      },
    },
    strays: 1,
  },
  async ({ client, shutDown, settle, advance }) => {
    const heeds = client.server({}).outcome;
    await advance(200);
    const parked = client.unary({});
    await settle();
    const down = shutDown(60_000);
    await advance(800);
    const hastened = shutDown(0);
    assert.equal((await heeds).code, "unavailable");
    await assert.rejects(parked, code("unavailable"));
    await advance(5_000);
    const report = await down;
    assert.equal(await hastened, report, "both tell the same");
    assert.deepEqual(
      report.cutOff.map(({ method, ageMs, handlerRunning }) => ({ method, ageMs, handlerRunning })),
      [
        { method: "/bench.v1.Bench/Server", ageMs: 1_000, handlerRunning: false },
        { method: "/bench.v1.Bench/Unary", ageMs: 800, handlerRunning: true },
      ],
    );
  },
);

guarantee(
  "C11: the slot of a handler that goes on after its call has ended stays taken until it settles",
  {
    impl: {
      async unary(request) {
        if (request.id === 1) await hold.promise;
        return request;
      },
    },
    memory: { maxConcurrentExchanges: 1 },
    serverLimits: { maxConcurrentStreams: 1 },
    channel: { maxConnections: 1 },
    skip: { ...NO_CONNECTION, ...ONE_AT_A_TIME },
  },
  async ({ client, settle, server }) => {
    fresh();
    const abort = new AbortController();
    const stray = client.unary({ id: 1 }, { signal: abort.signal });
    await settle();
    abort.abort();
    await assert.rejects(stray, code("cancelled"));
    await settle();
    assert.equal(server.statistics().openCalls, 0);
    assert.equal(server.statistics().runningHandlers, 1);
    await assert.rejects(client.unary({ id: 2 }), code("unavailable"));
    hold.open();
    await settle();
    assert.equal((await client.unary({ id: 3 })).id, 3);
  },
);

guarantee(
  "C7: a call that was cut off by the server's deadline tells the client at once, though its handler goes on",
  {
    impl: {
      async *server() {
        yield { id: 1 };
        await hold.promise;
        heard.push("handler is through");
      },
    },
    acceptor: shortened,
  },
  async ({ client, settle, advance, logs }) => {
    fresh();
    const stream = client.server({}, { timeoutMs: 60_000 });
    await settle();
    await advance(100);
    assert.equal((await stream.receive())?.id, 1);
    await assert.rejects(stream.receive(), code("deadline_exceeded"));
    assert.deepEqual(heard, []);
    hold.open();
    await settle();
    assert.deepEqual(heard, ["handler is through"]);
    assert.deepEqual(logs, []);
  },
);

/** The server's clock runs ahead: it has 100 ms, whatever the client says. */
function shortened(server: Acceptor): Acceptor {
  return {
    onExchange: (exchange, head, end) => server.onExchange(exchange, withTimeout(head, 100), end),
  };
}
