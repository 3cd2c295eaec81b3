// How calls of connect-es's clients and handlers end on Sluice: contract tests on virtual time, and what R1 to R13 of interop/lifecycle found
// connect-es to leave behind.
import assert from "node:assert/strict";
import {
  Code,
  ConnectError,
  createCallbackClient,
  type Interceptor,
  type ServiceImpl,
  createClient as theirCreateClient,
} from "@connectrpc/connect";
import { type Metadata, RpcError } from "sluice";
import { type ConnectRoutesOptions, connectRoutes, createClient, createTransport, type TransportOptions } from "sluice/compat/connect-es";
import type { Router, ServiceImplementation, ServiceOptions } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { HALF_DUPLEX } from "../contract/carriers.js";
import { collectUntil } from "../contract/collect.js";
import { Endless } from "../contract/endless.js";
import { type Gate, gate, guarantee, idsOf, listeners, stateOf, turn, type World } from "../contract/world.js";

const ours = ({ channel }: World, options?: TransportOptions) => createClient(Bench, createTransport(channel, options));
const theirs = ({ channel }: World, options?: TransportOptions) => theirCreateClient(Bench, createTransport(channel, options));

/** Handlers of connect-es, for a world that takes Sluice's. */
function theirHandlers(handlers: Partial<ServiceImpl<typeof Bench>>, options?: ConnectRoutesOptions) {
  const made: { impl?: ServiceImplementation<typeof Bench>; service?: ServiceOptions } = {};
  const router = {
    service(_service: unknown, impl: never, service: ServiceOptions) {
      Object.assign(made, { impl, service });
    },
  };
  connectRoutes((routes) => routes.service(Bench, handlers), options)(router as unknown as Router);
  return made;
}

function failed(code: Code, message: RegExp = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof ConnectError, String(error));
    assert.equal(Code[error.code], Code[code], error.message);
    assert.match(error.rawMessage, message);
    return true;
  };
}

const endless = new Endless();

// ---- clients

guarantee("C3: leaving five loops cancels five calls and leaves no listener (R1)", { impl: { server: endless.handler } }, async (world) => {
  const client = ours(world);
  endless.finalised = 0;
  const { signal } = new AbortController();
  for (let i = 0; i < 5; i++) {
    for await (const { id } of client.server({}, { signal })) if (id === 3) break;
  }
  await world.settle();
  const { running, finalised } = endless;
  assert.deepEqual({ running, finalised }, { running: 0, finalised: 5 });
  assert.equal(listeners(signal), 0);
});

guarantee(
  "C3: leaving the responses finalises a request generator that never ends (R3)",
  {
    impl: {
      async *bidi(requests) {
        for await (const _ of requests) yield { id: 1 };
      },
    },
    skip: HALF_DUPLEX,
  },
  async (world) => {
    let over = false;
    const requests = (async function* () {
      try {
        while (true) {
          yield { id: 1 };
          await turn();
        }
      } finally {
        over = true;
      }
    })();
    for await (const _ of ours(world).bidi(requests)) break;
    await world.settle();
    await turn();
    assert.equal(over, true);
  },
);

guarantee(
  "C3: return() before the response headers cancels, wakes the waiting next(), and further reads give the end",
  {
    impl: {
      async *bidi(_requests, { done }) {
        await done;
        yield {};
      },
    },
  },
  async (world) => {
    const { server, settle } = world;
    async function* one() {
      yield { id: 1 };
    }
    const responses = ours(world).bidi(one())[Symbol.asyncIterator]();
    const waiting = responses.next();
    waiting.catch(() => {});
    await settle();
    assert.equal(server.statistics().openCalls, 1);
    assert.deepEqual(await responses.return?.(), { value: undefined, done: true });
    await assert.rejects(waiting, failed(Code.Canceled, /left/));
    assert.deepEqual(await responses.next(), { value: undefined, done: true });
    await settle();
    assert.equal(server.statistics().openCalls, 0);
  },
);

guarantee(
  "a request iterator that waits is told to return when the call is aborted (R5)",
  {
    impl: {
      client: async (_requests, { done }) => {
        await done;
        return {};
      },
    },
  },
  async (world) => {
    let returned = 0;
    const parked: AsyncIterable<{ id: number }> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned++;
          return { value: undefined, done: true };
        },
      }),
    };
    const abort = new AbortController();
    const answer = ours(world).client(parked, { signal: abort.signal });
    answer.catch(() => {});
    await world.settle();
    abort.abort();
    await assert.rejects(answer, failed(Code.Canceled));
    await world.settle();
    assert.equal(returned, 1);
  },
);

for (const [name, make] of Object.entries({ "sluice's": ours, "connect-es's": theirs })) {
  guarantee(`nobody need read a stream that cannot connect: nothing is unhandled (R7, ${name} createClient)`, {}, async (world) => {
    world.reachable = "refused";
    make(world).server({});
    await world.settle();
    await turn();
  });

  guarantee(
    `C3: a stream that nobody reads is cancelled when it is collected (R6, ${name} createClient)`,
    { impl: { server: endless.handler } },
    async (world) => {
      const { signal } = new AbortController();
      make(world).server({}, { signal });
      await world.settle();
      await world.advance(1_000);
      assert.ok(await collectUntil(() => world.server.statistics().openCalls === 0 && listeners(signal) === 0), "it is still open");
    },
  );
}

guarantee(
  "a request iterable that throws cancels the call, and its error is the cause (R8)",
  {
    impl: {
      async client() {
        return {};
      },
    },
  },
  async (world) => {
    const boom = new Error("boom");
    // biome-ignore lint/correctness/useYield: it throws before
    async function* broken(): AsyncGenerator<{ id: number }> {
      throw boom;
    }
    await assert.rejects(ours(world).client(broken()), failed(Code.Canceled, /boom/));
  },
);

let answerNow: Gate = gate();
let produced = 0;

guarantee(
  "C8: a consumer that stops reading stops the handler (R9)",
  theirHandlers({
    async *server() {
      for (let id = 1; ; id++) {
        produced++;
        yield { id, body: new Uint8Array(65_536) };
      }
    },
  }),
  async (world) => {
    produced = 0;
    const responses = ours(world).server({})[Symbol.asyncIterator]();
    await responses.next();
    for (let i = 0; i < 20; i++) await world.settle();
    assert.ok(produced < 12, `${produced} messages were made`);
    await responses.return?.();
  },
);

guarantee(
  "C8: a handler that reads nothing stops the request generator, which an early answer finalises (R10, R11)",
  theirHandlers({
    async client(requests) {
      for await (const { id } of requests) {
        await answerNow.promise;
        return { id };
      }
      return {};
    },
  }),
  async (world) => {
    answerNow = gate();
    let pulled = 0;
    let over = false;
    const requests = (async function* () {
      try {
        while (true) {
          pulled++;
          yield { id: 7, body: new Uint8Array(65_536) };
        }
      } finally {
        over = true;
      }
    })();
    const answer = ours(world).client(requests);
    for (let i = 0; i < 20; i++) await world.settle();
    assert.ok(pulled < 12, `${pulled} messages were made`);
    answerNow.open();
    assert.equal((await answer).id, 7);
    await world.settle();
    assert.equal(over, true);
  },
);

guarantee("callback clients: cancel() ends a stream, quietly", { impl: { server: endless.handler } }, async (world) => {
  const seen: unknown[] = [];
  const client = createCallbackClient(Bench, createTransport(world.channel));
  const cancel = client.server(
    {},
    ({ id }) => {
      if (id === 3) cancel();
    },
    (error) => seen.push(error),
  );
  for (let i = 0; i < 50 && seen.length === 0; i++) await world.settle();
  await world.settle();
  assert.deepEqual(seen, [undefined]);
  assert.equal(endless.running, 0);
});

guarantee(
  "codes, both ways: those of Sluice have the numbers of connect-es",
  {
    impl: {
      unary: ({ id }) => {
        throw new RpcError(id, "no");
      },
    },
  },
  async (world) => {
    const client = theirs(world);
    for (let code = 1; code <= 16; code++) {
      await assert.rejects(Promise.resolve(client.unary({ id: code })), (error: ConnectError) => {
        assert.equal(error.code, code);
        assert.ok(error.cause instanceof RpcError);
        return true;
      });
    }
  },
);

guarantee(
  "the metadata of an error are response headers and trailers together, as with connect-es",
  {
    impl: {
      unary: (_request, { responseHeaders }) => {
        responseHeaders.set("x-head", "1");
        throw new RpcError("aborted", "no", { metadata: { "x-end": "2" } });
      },
      async *server(_request, { responseHeaders }) {
        responseHeaders.set("x-head", "1");
        yield {};
        throw new RpcError("aborted", "no", { metadata: { "x-end": "2" } });
      },
    },
  },
  async (world) => {
    const client = theirs(world);
    const both = ({ metadata }: ConnectError) => metadata.get("x-head") === "1" && metadata.get("x-end") === "2";
    await assert.rejects(Promise.resolve(client.unary({})), both);
    await assert.rejects(idsOf(client.server({})), both);
  },
);

// ---- deadlines and interceptors

guarantee(
  "C5: one deadline covers interceptors, and all attempts that they make",
  {
    impl: {
      unary: async (_request, { done }) => {
        await done;
        return {};
      },
    },
  },
  async (world) => {
    let attempts = 0;
    const again: Interceptor = (next) => async (request) => {
      while (true) {
        attempts++;
        try {
          return await next(request);
        } catch (error) {
          if (attempts === 3) throw error;
        }
      }
    };
    const began = world.now;
    const answer = theirs(world, { interceptors: [again] }).unary({}, { timeoutMs: 100 });
    answer.catch(() => {});
    await world.settle();
    await world.advance(100);
    await assert.rejects(answer, failed(Code.DeadlineExceeded));
    assert.equal(world.now - began, 100);
  },
);

guarantee("C5, C10: an interceptor that waits for ever does not outlast deadline or signal", { impl: {} }, async (world) => {
  const stuck: Interceptor = () => () => new Promise(() => {});
  const client = theirs(world, { interceptors: [stuck] });
  const late = client.unary({}, { timeoutMs: 100 });
  late.catch(() => {});
  await world.advance(99);
  assert.equal(await stateOf(late), "pending");
  await world.advance(1);
  await assert.rejects(late, failed(Code.DeadlineExceeded));
  const abort = new AbortController();
  const stopped = idsOf(client.server({}, { signal: abort.signal }) as never);
  stopped.catch(() => {});
  await world.settle();
  abort.abort();
  await assert.rejects(stopped, failed(Code.Canceled));
  assert.equal(listeners(abort.signal), 0);
});

guarantee(
  "interceptors see the errors of calls as clients do",
  {
    impl: {
      unary: () => {
        throw new RpcError("not_found", "no such thing");
      },
      // biome-ignore lint/correctness/useYield: it throws before
      async *server() {
        throw new RpcError("aborted", "lost a race");
      },
    },
  },
  async (world) => {
    const seen: unknown[] = [];
    const watch: Interceptor = (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    };
    const client = theirs(world, { interceptors: [watch] });
    const unary = await client.unary({}).catch((error) => error);
    failed(Code.NotFound, /no such thing/)(unary);
    assert.equal(seen.pop(), unary);
    const stream = await idsOf(client.server({}) as never).catch((error) => error);
    failed(Code.Aborted, /lost a race/)(stream);
    // where the head came before the error, it is the messages that reject
    for (const error of seen) assert.equal(error, stream);
  },
);

guarantee("options that a channel has are refused by name, not ignored", {}, async (world) => {
  const options = { baseUrl: "http://127.0.0.1:1" } as TransportOptions;
  assert.throws(() => createTransport(world.channel, options), { name: "UsageError", message: /baseUrl/ });
  createTransport(world.channel, { interceptors: [] });
});

// ---- handlers

const reasons: unknown[] = [];

guarantee(
  "C7: the signal of a handler does not abort when its call ends well",
  theirHandlers({
    async unary(_request, { signal }) {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return {};
    },
  }),
  async (world) => {
    reasons.length = 0;
    await ours(world).unary({});
    await world.settle();
    assert.deepEqual(reasons, []);
  },
);

guarantee(
  "C7: a handler parked in its signal hears of the client's break, and is finalised (R4, R13)",
  theirHandlers({
    async *server(_request, { signal }) {
      try {
        yield { id: 1 };
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      } finally {
        reasons.push(signal.reason);
      }
    },
  }),
  async (world) => {
    reasons.length = 0;
    for await (const _ of ours(world).server({})) break;
    await world.settle();
    assert.equal(reasons.length, 1);
    assert.ok(reasons[0] instanceof RpcError && reasons[0].code === "cancelled");
  },
);

let returned = 0;

guarantee(
  "C7: an iterable made by hand is told to return while it waits for its next message",
  theirHandlers({
    server: () => ({
      [Symbol.asyncIterator]: () => {
        let end = (_result: IteratorResult<{ id: number }>): void => {};
        return {
          next: () =>
            new Promise((resolve) => {
              end = resolve;
            }),
          async return() {
            returned++;
            end({ value: undefined, done: true });
            return { value: undefined, done: true };
          },
        };
      },
    }),
  }),
  async (world) => {
    returned = 0;
    const responses = ours(world).server({})[Symbol.asyncIterator]();
    responses.next().catch(() => {});
    await world.settle();
    await responses.return?.();
    await world.settle();
    assert.equal(returned, 1);
  },
);

let parked: Gate = gate();

guarantee(
  "C11: a handler that has been cut off keeps its slot until it has settled",
  theirHandlers({
    async client(requests) {
      for await (const _ of requests) break;
      await parked.promise;
      return {};
    },
  }),
  async (world) => {
    parked = gate();
    const abort = new AbortController();
    async function* one() {
      yield { id: 1 };
      await new Promise((resolve) => abort.signal.addEventListener("abort", resolve));
    }
    const answer = ours(world).client(one(), { signal: abort.signal });
    answer.catch(() => {});
    await world.settle();
    abort.abort();
    await assert.rejects(answer, failed(Code.Canceled));
    await world.settle();
    assert.equal(world.server.statistics().runningHandlers, 1);
    parked.open();
    await world.settle();
    assert.equal(world.server.statistics().runningHandlers, 0);
  },
);

guarantee(
  "what a handler throws: headers and trailers that it had set go along",
  theirHandlers({
    unary(_request, { responseHeader, responseTrailer }) {
      responseHeader.set("x-head", "1");
      responseTrailer.set("x-end", "2");
      throw new ConnectError("no", Code.Aborted);
    },
  }),
  async ({ client }) => {
    let head: string | undefined;
    const answer = client.unary({}, { onHeaders: (headers) => void (head = headers.get("x-head")) });
    await assert.rejects(answer, (error: RpcError) => error.code === "aborted" && error.metadata.get("x-end") === "2");
    assert.equal(head, "1");
  },
);

guarantee(
  "client-streaming handlers: headers and trailers that were set arrive",
  theirHandlers({
    async client(requests, { responseHeader, responseTrailer }) {
      responseHeader.set("x-head", "1");
      for await (const _ of requests);
      responseTrailer.set("x-end", "2");
      return { id: 3 };
    },
  }),
  async ({ client }) => {
    const seen: (string | undefined)[] = [];
    const onHeaders = (headers: Metadata) => void seen.push(headers.get("x-head"));
    const onTrailers = (trailers: Metadata) => void seen.push(trailers.get("x-end"));
    assert.equal((await client.client([{ id: 1 }], { onHeaders, onTrailers })).id, 3);
    assert.deepEqual(seen, ["1", "2"]);
  },
);
