import assert from "node:assert/strict";
import { all, type Outcome, type RpcError, race, withGroup } from "sluice";
import { echo } from "./echo.js";
import { fresh, heard, parked } from "./parked.js";
import { aborted, code, gate, guarantee, idsOf, listeners, stateOf } from "./world.js";

guarantee(
  "C13: a task that fails cancels the stream beside it, and the server hears it",
  { impl: parked },
  async ({ client, settle, readable }) => {
    fresh();
    const mine = new Error("the task fails");
    const hold = gate();
    let received: unknown;
    let outcome: Promise<Outcome> | undefined;
    const result = withGroup(undefined, async (group) => {
      const talk = group.own(client.bidi());
      outcome = talk.outcome;
      void group.run(async () => {
        await hold.promise;
        throw mine;
      });
      await talk.send({ id: 1 });
      assert.equal((await readable(talk).receive())?.id, 1);
      received = await talk.receive().catch((error) => error);
      await talk.receive();
    });
    await settle();
    assert.equal(await stateOf(result), "pending");
    hold.fail(mine);
    await assert.rejects(result, (error) => error === mine);
    code("cancelled", /the task fails/)(received);
    assert.equal((received as RpcError).cause, mine);
    assert.equal((await outcome)?.code, "cancelled");
    await settle();
    assert.equal(heard.finished, 1, "the handler has heard it");
  },
);

guarantee(
  "C13: a stream that ends badly ends the tasks beside the one that reads it, with its error",
  {
    impl: {
      async *server() {
        yield { id: 1 };
        throw new Error("not for the client");
      },
    },
  },
  async ({ client }) => {
    let reason: unknown;
    const result = withGroup(undefined, async (group) => {
      void group.run(async (signal) => {
        reason = await aborted(signal);
      });
      await idsOf(group.own(client.server({})));
    });
    await assert.rejects(result, code("internal"));
    code("internal")(reason);
  },
);

guarantee(
  "C13: a group ends every kind of call that it owns, and settles after them",
  { impl: parked },
  async ({ client, settle, server }) => {
    fresh();
    const mine = new Error("mine");
    const outcomes: Outcome[] = [];
    const errors: unknown[] = [];
    const result = withGroup(undefined, async (group) => {
      const calls = [client.server({ id: 1 }), client.client(), client.bidi(), client.bidi(parkedRequests())];
      for (const call of calls) void group.own(group.own(call)).outcome.then((outcome) => outcomes.push(outcome));
      void group.run((signal) => client.unary({}, { signal })).catch((error) => errors.push(error));
      await settle();
      assert.equal(server.statistics().runningHandlers, 5);
      throw mine;
    });
    await assert.rejects(result, (error) => error === mine);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.code),
      ["cancelled", "cancelled", "cancelled", "cancelled"],
    );
    assert.equal(errors.length, 1);
    code("cancelled")(errors[0]);
  },
);

async function* parkedRequests(): AsyncGenerator<{ id: number }> {
  yield { id: 1 };
  await new Promise(() => {});
}

guarantee(
  "C13: a good end of the group cancels what is still open, and touches nothing that has ended",
  { impl: { ...echo, bidi: parked.bidi } },
  async ({ client, settle, readable }) => {
    fresh();
    const { ended, open } = await withGroup(undefined, async (group) => {
      const whole = group.own(client.server({ id: 2 }));
      assert.deepEqual(await idsOf(whole), [1, 2]);
      const talk = group.own(client.bidi());
      await talk.send({ id: 1 });
      await readable(talk).receive();
      return { ended: whole.outcome, open: talk.outcome };
    });
    assert.equal((await ended).code, "ok");
    const outcome = await open;
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /the group has ended/);
    await settle();
    assert.equal(heard.finished, 1);
  },
);

guarantee(
  "C13: an owned call that ends badly ends nothing by itself, and one that is owned too late is cancelled at once",
  { impl: parked },
  async ({ client }) => {
    const mine = new Error("mine");
    const result = withGroup(undefined, async (group) => {
      const first = group.own(client.server({}));
      first.cancel();
      assert.equal((await first.outcome).code, "cancelled");
      assert.equal(group.signal.aborted, false);
      void group.run(() => Promise.reject(mine));
      await aborted(group.signal);
      const late = group.own(client.server({}));
      await assert.rejects(late.receive(), (error: RpcError) => error.code === "cancelled" && error.cause === mine);
    });
    await assert.rejects(result, (error) => error === mine);
  },
);

guarantee(
  "C13: stop() ends a beat beside a stream, and the stream, without harm to the result",
  { impl: parked },
  async ({ client, settle, readable }) => {
    fresh();
    let beat: Promise<never> | undefined;
    const id = await withGroup(undefined, async (group) => {
      const talk = group.own(client.bidi());
      beat = group.run(async (signal) => {
        void talk.send({ id: 7 });
        readable(talk);
        throw await aborted(signal);
      });
      const first = await talk.receive();
      group.stop();
      return first?.id;
    });
    assert.equal(id, 7);
    await assert.rejects(beat as Promise<never>, code("cancelled", /the group was stopped/));
    await settle();
    assert.equal(heard.finished, 1);
  },
);

guarantee(
  "C13: a handler's group ends with its call, and the handler with its group",
  {
    impl: {
      server: (_request, context, out) =>
        withGroup(context.signal, (group) => {
          void group.run(async (signal) => {
            heard.reason = (await aborted(signal)) as RpcError;
          });
          void group.run(async () => {
            for (let id = 0; ; id++) await out.send({ id, body: new Uint8Array(10_000) });
          });
        }),
    },
  },
  async ({ client, settle, server, logs }) => {
    fresh();
    const stream = client.server({});
    await stream.receive();
    stream.cancel();
    await settle();
    assert.equal(heard.reason?.code, "cancelled");
    assert.equal(server.statistics().runningHandlers, 0);
    assert.deepEqual(logs, []);
  },
);

guarantee(
  "C13: all() and race() over calls: the first error, and the first success, cancel the others on the server",
  {
    impl: {
      async unary(request, context) {
        if (request.id === 0) throw new Error("mine");
        if (request.id === 1) return { id: 1 };
        heard.reason = (await aborted(context.signal)) as RpcError;
        throw heard.reason;
      },
    },
  },
  async ({ client, settle }) => {
    const outer = new AbortController();
    const { signal } = outer;
    const ask = (id: number) => (signal: AbortSignal) => client.unary({ id }, { signal });
    const ids = async (replies: Promise<readonly { id: number }[]>) => (await replies).map(({ id }) => id);
    assert.deepEqual(await ids(all([ask(1), ask(1)], { signal })), [1, 1]);
    fresh();
    await assert.rejects(all([ask(2), ask(0)], { signal }), code("internal"));
    await settle();
    assert.equal(heard.reason?.code, "cancelled");
    fresh();
    assert.equal((await race([ask(0), ask(2), ask(1)], { signal })).id, 1);
    await settle();
    assert.equal(heard.reason?.code, "cancelled");
    fresh();
    const waiting = race([ask(2), ask(2)], { signal });
    await settle();
    outer.abort(new Error("outer"));
    await assert.rejects(waiting, /outer/);
    assert.equal(listeners(signal), 0);
  },
);

guarantee("C13: the calls of a long group leave no listener on its signal", { impl: echo }, async ({ client }) => {
  const outer = new AbortController();
  await withGroup(outer.signal, async (group) => {
    for (let i = 0; i < 20; i++) {
      await client.unary({ id: 1 }, { signal: group.signal });
      await idsOf(group.own(client.server({ id: 1 }, { signal: group.signal })));
    }
    assert.equal(listeners(group.signal as AbortSignal), 0);
    assert.equal(listeners(outer.signal), 1);
  });
  assert.equal(listeners(outer.signal), 0);
});
