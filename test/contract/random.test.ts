import assert from "node:assert/strict";
import { type Interceptor, type Outcome, RpcError } from "sluice";
import type { HandlerContext, Responses } from "sluice/server";
import { VirtualRuntime } from "sluice/testing";
import { refusing } from "./refusing.js";
import { aborted, bytes, guarantee, turn, type World, type WorldOptions } from "./world.js";

const RUNS = 25;
const CALLS = 8;
const STEPS = 60;

/** What a handler does is in the id of the request: every way there is to come to an end, or not. */
async function behave(
  how: number,
  context: HandlerContext,
  out: Responses<{ id?: number; body?: Uint8Array }> | undefined,
): Promise<{ id: number }> {
  const size = [0, 10, 5_000, 70_000, 200_000][how % 5] as number;
  const count = [0, 1, 5, 40][(how >> 3) % 4] as number;
  for (let id = 0; id < count && out !== undefined; id++) await out.send({ id, body: bytes(size) });
  switch ((how >> 5) % 5) {
    case 0:
      return { id: how };
    case 1:
      throw new RpcError("aborted", "by the handler");
    case 2:
      throw new Error("by accident");
    case 3:
      context.sendHeaders();
      throw await aborted(context.signal);
    default:
      await aborted(context.draining.aborted ? context.draining : context.signal);
      return { id: how };
  }
}

const impl = {
  unary: (request: { id: number }, context: HandlerContext) => behave(request.id, context, undefined),
  async server(request: { id: number }, context: HandlerContext, out: Responses<object>) {
    await behave(request.id, context, out);
  },
  async client(requests: AsyncIterable<{ id: number }>, context: HandlerContext) {
    let last = 0;
    for await (const { id } of requests) {
      last = id;
      if (id % 7 === 3) break;
    }
    return behave(last, context, undefined);
  },
  async *bidi(requests: AsyncIterable<{ id: number }>) {
    for await (const { id } of requests) {
      if (id % 11 === 5) throw new RpcError("aborted", "by the handler");
      if (id % 11 === 6) return;
      yield { id, body: bytes((id % 3) * 40_000) };
    }
  },
};

interface Tracked {
  readonly outcomes: Outcome[];
  readonly actions: readonly (() => unknown)[];
}

/** Makes a call of a random kind with random options, and says what can be done with it. */
function makeCall(world: World, pick: (below: number) => number): Tracked {
  const abort = new AbortController();
  const options = {
    signal: abort.signal,
    timeoutMs: 1 + pick(5) * 200,
    waitForReady: pick(4) === 0,
    closeMaxBytes: [0, 10_000, 1_000_000][pick(3)],
    closeTimeoutMs: [0, 50, 30_000][pick(3)],
  };
  const outcomes: Outcome[] = [];
  const id = () => pick(256);
  const watch = (outcome: Promise<Outcome>) => void outcome.then((it) => outcomes.push(it));
  const quiet = (promise: Promise<unknown> | undefined) =>
    void promise?.catch((error: unknown) => assert.ok(error instanceof RpcError, `${error}`));
  const abortIt = () => abort.abort();
  switch (pick(4)) {
    case 0: {
      quiet(world.client.unary({ id: id() }, options).finally(() => outcomes.push(undefined as never)));
      return { outcomes, actions: [abortIt] };
    }
    case 1: {
      const call = world.client.server({ id: id() }, options);
      watch(call.outcome);
      return { outcomes, actions: [abortIt, () => call.cancel(), () => void call.close(), receives(call), receives(call), leaves(call)] };
    }
    case 2: {
      const call = world.client.client(options);
      watch(call.outcome);
      const send = () => quiet(call.send({ id: id(), body: bytes(pick(3) * 60_000) }));
      return { outcomes, actions: [abortIt, () => call.cancel(), () => quiet(call.finish()), () => quiet(call.headers), send, send, send] };
    }
    default: {
      const call = world.client.bidi(options);
      watch(call.outcome);
      const send = () => quiet(call.send({ id: id(), body: bytes(pick(3) * 60_000) }));
      const disposes = () => void call[Symbol.asyncDispose]();
      return {
        outcomes,
        actions: [abortIt, () => call.closeSend(), disposes, receives(call), receives(call), leaves(call), send, send, send],
      };
    }
  }

  function receives(call: { receive(options?: { signal?: AbortSignal }): Promise<unknown> }): () => void {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      const one = new AbortController();
      // another receive of this call may wait already: a mistake that is told at the call
      try {
        quiet(call.receive({ signal: one.signal }).finally(() => (waiting = false)));
      } catch {
        waiting = false;
      }
      if (pick(4) === 0) one.abort();
    };
  }

  function leaves(call: AsyncIterable<unknown>): () => void {
    return () => void call[Symbol.asyncIterator]().return?.();
  }
}

/** Worlds that differ: slow interceptors, small windows, servers that refuse, latency of reads. */
function worldOf(seed: number): WorldOptions {
  const random = new VirtualRuntime({ seed: seed + 1_000 });
  const slow: Interceptor = async (_call, next) => {
    for (let i = 0; i < random.random() * 5; i++) await turn();
    await next();
  };
  const initialWindowBytes = 1 + Math.floor(random.random() * 20_000);
  return {
    impl,
    ...(seed % 3 === 0 ? { serverInterceptors: [slow], client: { interceptors: [slow] } } : {}),
    ...(seed % 4 === 1
      ? {
          clientLimits: { initialWindowBytes },
          serverLimits: { initialWindowBytes, maxConcurrentStreams: 2 },
          memory: { creditBytes: initialWindowBytes, highWaterBytes: initialWindowBytes, maxConcurrentExchanges: 2 },
        }
      : {}),
    ...(seed % 5 === 2
      ? {
          acceptor: refusing(() => random.random() >= 0.7),
        }
      : {}),
  };
}

for (let seed = 1; seed <= RUNS; seed++) {
  guarantee(
    `C1, C2, C9, C10: whatever is done, in whatever order, every call ends once and holds nothing (seed ${seed})`,
    worldOf(seed),
    async (world) => {
      const random = new VirtualRuntime({ seed });
      const pick = (below: number) => Math.floor(random.random() * below);
      const calls: Tracked[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (calls.length < CALLS && pick(3) === 0) calls.push(makeCall(world, pick));
        const call = calls[pick(calls.length)];
        if (call !== undefined && pick(3) > 0) call.actions[pick(call.actions.length)]?.();
        const what = pick(40);
        if (what < 12) await world.settle();
        else if (what < 16) await world.advance(pick(100));
        else if (what === 16) world.cut();
        else if (what === 17) world.reachable = "refused";
        else if (what < 22) world.reachable = "up";
      }
      await world.advance(2_000);
      await turn();
      for (const { outcomes } of calls) assert.equal(outcomes.length, 1);
    },
  );
}
