import assert from "node:assert/strict";
import { test } from "node:test";
import { type BidiCall, type ClientStreamCall, RpcError, UsageError } from "sluice";
import type { HandlerContext, Requests } from "sluice/server";
import { everyInterleaving, InterleavingFailure, type InterleavingOptions, type Scenario } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { echo } from "../contract/echo.js";
import { aborted } from "../contract/world.js";

type Bidi = BidiCall<{ id?: number }, { id: number }>;
type Impl = Parameters<Parameters<Scenario["routes"]>[0]["service"]>[1];

const ALL = ["message", "half-close", "cancel", "deadline", "connection-loss", "shutdown"];

const bidi = (impl: object, more: Partial<Scenario<Bidi>> = {}): Scenario<Bidi> => ({
  routes: (router) => router.service(Bench, impl as Impl),
  start: (world, options) => world.client(Bench).bidi(options),
  message: (call, n) => call.send({ id: n }),
  ...more,
});

async function failureOf<Call>(scenario: () => Scenario<Call>, options?: InterleavingOptions): Promise<InterleavingFailure> {
  try {
    await everyInterleaving(scenario, options);
  } catch (error) {
    assert.ok(error instanceof InterleavingFailure, `${(error as Error).stack}`);
    return error;
  }
  return assert.fail("every interleaving holds");
}

test("an echo handler of each kind holds under every order, and the report says what was run", async () => {
  const report = await everyInterleaving(() => bidi(echo), { depth: 2 });
  assert.deepEqual(report, { runs: 425, exhaustiveDepth: 2, sampled: 0, orders: 425, inputs: ALL, seed: 1 });
  const upload = await everyInterleaving(
    (): Scenario<ClientStreamCall<{ id?: number }, unknown>> => ({
      routes: (router) => router.service(Bench, echo),
      start: (world, options) => world.client(Bench).client(options),
      message: (call, n) => call.send({ id: n }),
    }),
    { depth: 2 },
  );
  assert.deepEqual(upload.inputs, ALL);
  const withoutRequests = ALL.slice(2);
  const watch = await everyInterleaving(
    () => ({ routes: (router) => router.service(Bench, echo), start: (world, options) => world.client(Bench).server({ id: 3 }, options) }),
    { depth: 3 },
  );
  assert.deepEqual(watch.inputs, withoutRequests);
  let answered = 0;
  const unary = await everyInterleaving(
    (): Scenario<Promise<unknown>> => ({
      routes: (router) => router.service(Bench, { unary: echo.unary }),
      start: (world, options) => world.client(Bench).unary({ id: 3 }, options),
      check: ({ response, error }) => {
        assert.ok((response === undefined) !== (error === undefined));
        if (response !== undefined) answered++;
      },
    }),
    { depth: 2 },
  );
  assert.deepEqual(unary.inputs, withoutRequests);
  assert.ok(answered > 0 && answered < unary.runs);
});

test("over HTTP/2 in pieces the same holds", async () => {
  const { runs } = await everyInterleaving(() => bidi(echo), { depth: 1, world: { network: { maxPieceBytes: 7 } } });
  assert.equal(runs, 23);
});

test("orders come about as they are written: what is sent after what, and what comes of it", async () => {
  const seen = new Map<string, string>();
  const scenario = () => {
    const got: number[] = [];
    return bidi(
      {
        async *bidi(requests: Requests<{ id: number }>) {
          for await (const { id } of requests) {
            got.push(id);
            yield { id };
          }
        },
      },
      { check: ({ order, outcome }) => void seen.set(order, `${outcome?.code} ${got.join()}`) },
    );
  };
  const expected: Record<string, string> = {
    "": "deadline_exceeded ",
    "message message half-close": "ok 0,1",
    "message@sync message@sync half-close@sync": "ok 0,1",
    "message message@microtask cancel": "cancelled 0,1",
    "message cancel@sync": "cancelled 0",
    "message deadline message": "deadline_exceeded 0",
    "message connection-loss": "unavailable 0",
    "message shutdown message@task half-close": "ok 0,1",
    "message shutdown": "unavailable 0",
    "cancel@sync": "cancelled ",
  };
  for (const [replay, came] of Object.entries(expected)) {
    const { runs } = await everyInterleaving(scenario, { replay });
    assert.equal(runs, 1);
    assert.equal(seen.get(replay), came, replay);
  }
});

test("a handler that is parked after its call is found, by the shortest order, and the order can be replayed", async () => {
  const scenario = () =>
    bidi({
      async *bidi(requests: Requests<{ id: number }>) {
        for await (const { id } of requests) if (id === 1) await new Promise(() => {});
      },
    });
  const failure = await failureOf(scenario, { seed: 5 });
  assert.match(
    failure.message,
    /the handler of \/bench\.v1\.Bench\/Bidi still runs 5 s after its call ended \(deadline_exceeded\)\n {2}order: message@?\w* message@?\w*\n/,
  );
  assert.match(failure.message, /seed: 5, replay: "message/);
  const again = await failureOf(scenario, { seed: 5, replay: failure.order });
  assert.equal(again.what, failure.what);
  assert.equal(again.run, 1);
  const other = await failureOf(scenario, { seed: 5 });
  assert.deepEqual([other.order, other.run], [failure.order, failure.run]);
  await everyInterleaving(scenario, { depth: 2, strays: "allow" });
});

test("a bug that shows only in the middle of things is found: a listener that comes too late", async () => {
  const scenario = (careful: boolean) => (): Scenario<unknown> => {
    let join: () => Promise<void>;
    return {
      start: (world, options) => {
        join = () => world.sleep(5);
        return world.client(Bench).server({}, options);
      },
      routes: (router) =>
        router.service(Bench, {
          async server(_request, context, _out) {
            const signal = context.signal as AbortSignal;
            await join();
            if (careful && signal.aborted) return;
            await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          },
        }),
    };
  };
  await everyInterleaving(scenario(true), { depth: 3 });
  await everyInterleaving(scenario(false), { depth: 2, inputs: ["deadline"] });
  const failure = await failureOf(scenario(false), { depth: 3 });
  assert.equal(failure.order, "cancel");
  assert.match(failure.what, /still runs/);
});

test("orders that are drawn find what is too deep to be run all, and give the shortest they can", async () => {
  const scenario = () => {
    let sum = 0;
    return bidi(echo, {
      inputs: { plus: () => void sum++, minus: () => void sum-- },
      check: () => assert.ok(sum < 5, "the sum is 5"),
    });
  };
  const failure = await failureOf(scenario, { depth: 12, maxRuns: 3_000, inputs: ["plus", "minus", "message"], seed: 3 });
  assert.equal(failure.order, "plus plus plus plus plus");
  assert.match(failure.what, /check\(\) threw AssertionError.*: the sum is 5/);
  assert.ok(failure.cause instanceof assert.AssertionError);
});

test("each check has its own sentence", async () => {
  const cases: [Scenario<Bidi>, RegExp][] = [
    [bidi(echo, { client: () => new Promise(() => {}) }), /the client still waits, after the call has ended \(deadline_exceeded\)/],
    [bidi(echo, { client: () => Promise.reject(new TypeError("oh")) }), /the client threw TypeError: oh/],
    [bidi(echo, { client: () => void Promise.reject(new Error("lost")) }), /nobody handled Error: lost/],
    [bidi({ bidi: () => Promise.reject(new TypeError("by accident")) }), /the handler threw TypeError: by accident/],
    [bidi(echo, { start: (world) => world.client(Bench).bidi() }), /the call has not ended at its deadline/],
    [bidi(echo, { check: () => Promise.reject(new Error("no")) }), /check\(\) threw Error: no/],
    [bidi(echo, { message: () => Promise.reject(new Error("not sent")) }), /an input threw Error: not sent/],
    [bidi(echo, { inputs: { more: () => assert.fail("stop") } }), /more threw AssertionError/],
    [bidi(echo, { client: (_, world) => void world.sleep(1_000_000) }), /something is left over: 1 timers are running/],
  ];
  for (const [scenario, what] of cases) assert.match((await failureOf(() => scenario, { depth: 1 })).what, what);
});

test("a handler that throws by accident may be allowed; one that throws an RpcError, or the reason of its signal, is right", async () => {
  await everyInterleaving(() => bidi({ bidi: () => Promise.reject(new TypeError("by accident")) }), { depth: 1, handlerErrors: "allow" });
  await everyInterleaving(() => bidi({ bidi: () => Promise.reject(new RpcError("aborted", "so it is")) }), { depth: 1 });
  await everyInterleaving(
    () =>
      bidi({
        async bidi(_requests: unknown, context: HandlerContext) {
          throw await aborted(context.signal);
        },
      }),
    { depth: 2 },
  );
});

test("handlers may wait in virtual time", async () => {
  const codes = new Set<string>();
  await everyInterleaving(
    (): Scenario<Bidi> => {
      let sleep: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
      return bidi(
        {
          async *bidi(_requests: unknown, context: HandlerContext) {
            await sleep?.(100, context.signal as AbortSignal);
            yield { id: 1 };
          },
        },
        {
          start: (world, options) => {
            sleep = (ms, signal) => world.sleep(ms, signal);
            return world.client(Bench).bidi(options);
          },
          check: ({ outcome }) => void codes.add(outcome?.code as string),
        },
      );
    },
    { depth: 2 },
  );
  assert.deepEqual([...codes].sort(), ["cancelled", "deadline_exceeded", "ok", "unavailable"]);
});

test("a bad option is a UsageError that names it", async () => {
  const scenario = () => bidi(echo, {});
  const bad: [InterleavingOptions, RegExp][] = [
    [{ depth: 0 }, /"depth" is 0/],
    [{ seed: 0.5 }, /"seed" is 0.5/],
    [{ maxRuns: 0 }, /"maxRuns" is 0/],
    [{ inputs: ["mesage"] }, /"inputs" is "mesage"; it must be one of message, half-close/],
    [{ replay: "message cancle" }, /"replay"/],
    [{ replay: "deadline@sync" }, /made of gaps that "deadline" has: rest, turn, task/],
    [{ replay: "half-close message" }, /can come about/],
    [{ strays: "ignore" as never }, /"strays"/],
    [{ handlerErrors: "ignore" as never }, /"handlerErrors"/],
  ];
  for (const [options, message] of bad) {
    await assert.rejects(everyInterleaving(scenario, options), (error) => error instanceof UsageError && message.test(error.message));
  }
  await assert.rejects(everyInterleaving(scenario() as never), UsageError);
  await assert.rejects(
    everyInterleaving(() => bidi(echo, { inputs: { wait: -1 } })),
    /"inputs.wait" is -1/,
  );
  await assert.rejects(
    everyInterleaving(() => bidi(echo, { inputs: { cancel: () => {} } })),
    UsageError,
  );
  await assert.rejects(
    everyInterleaving(() => bidi(echo, { start: () => undefined as never })),
    UsageError,
  );
  const first = everyInterleaving(scenario, { depth: 1 });
  await assert.rejects(everyInterleaving(scenario, { depth: 1 }), /runs already/);
  await first;
  assert.equal(process.hasUncaughtExceptionCaptureCallback(), false);
});
