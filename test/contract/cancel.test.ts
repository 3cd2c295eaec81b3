import assert from "node:assert/strict";
import type { BidiCall, Outcome, RpcError } from "sluice";
import { fresh, parked, respond, told, untilCutOff } from "./parked.js";
import { bytes, code, gate, guarantee, idsOf, listeners, stateOf } from "./world.js";

guarantee(
  "cancel() is immediate in every state: before connection, before headers, between messages, after half-close",
  { impl: parked },
  async (world) => {
    const { client, settle, readable } = world;
    const moments: ((call: BidiCall<{ id?: number }, unknown>) => Promise<void> | void)[] = [
      () => {},
      () => settle(),
      async (call) => {
        await call.send({ id: 1 });
        await readable(call).receive();
      },
      async (call) => {
        await call.send({ id: 1 });
        call.closeSend();
        await settle();
      },
    ];
    for (const moment of moments) {
      fresh();
      const call = client.bidi();
      await moment(call);
      let outcome: Outcome | undefined;
      void call.outcome.then((it) => {
        outcome = it;
      });
      call.cancel("now");
      call.cancel("again");
      await null;
      assert.equal(outcome?.code, "cancelled");
      assert.equal(outcome?.initiator, "application");
      assert.equal(outcome?.message, "cancelled by the caller: now");
      await settle();
    }
  },
);

guarantee("cancel() works inside onHeaders, onTrailers and the continuation of a receive", { impl: parked }, async ({ client, settle }) => {
  fresh();
  const inHeaders: ReturnType<typeof client.server> = client.server({ id: 3 }, { onHeaders: () => inHeaders.cancel("in headers") });
  await assert.rejects(inHeaders.receive(), code("cancelled", /in headers/));
  const inReceive = client.server({ id: 3 });
  await inReceive.receive().then(() => inReceive.cancel("in receive"));
  await assert.rejects(inReceive.receive(), code("cancelled", /in receive/));
  await settle();
});

guarantee(
  "a callback that throws cancels the call, with what it threw as the cause",
  {
    impl: {
      unary: () => ({}),
      async *server() {
        yield {};
      },
    },
  },
  async ({ client }) => {
    const mine = new Error("mine");
    const fail = () => {
      throw mine;
    };
    await assert.rejects(
      client.unary({}, { onHeaders: fail }),
      (error: RpcError) => code("cancelled", /onHeaders/)(error) && error.cause === mine,
    );
    await assert.rejects(
      client.unary({}, { onTrailers: fail }),
      (error: RpcError) => code("cancelled", /onTrailers/)(error) && error.cause === mine,
    );
    await assert.rejects(idsOf(client.server({}, { onTrailers: fail })), code("cancelled", /onTrailers/));
  },
);

guarantee(
  "a signal that has aborted begins nothing; one that aborts later cancels; after the response it does nothing",
  {
    impl: { ...parked, unary: (request, context) => (request.id === 1 ? { id: 1 } : untilCutOff(context)) },
  },
  async ({ client, settle, server }) => {
    fresh();
    const early = AbortSignal.abort("early");
    await assert.rejects(
      client.unary({}, { signal: early }),
      (error: RpcError) => code("cancelled", /early/)(error) && error.cause === "early",
    );
    await assert.rejects(client.server({}, { signal: early }).receive(), code("cancelled"));
    await assert.rejects(client.client({ signal: early }).finish(), code("cancelled"));
    await assert.rejects(Promise.resolve(client.bidi({ signal: early }).send({})), code("cancelled"));
    await settle();
    assert.equal(server.statistics().totalCalls, 0);
    const abort = new AbortController();
    const call = client.unary({}, { signal: abort.signal });
    await settle();
    assert.equal(listeners(abort.signal), 1);
    abort.abort(new Error("changed my mind"));
    await assert.rejects(call, code("cancelled", /changed my mind/));
    const late = new AbortController();
    assert.equal((await client.unary({ id: 1 }, { signal: late.signal })).id, 1);
    assert.equal(listeners(late.signal), 0);
    late.abort();
  },
);

guarantee(
  "C6: an aborted receive loses nothing and leaves no listener",
  {
    impl: told,
  },
  async ({ client, settle, readable }) => {
    const talk = readable(client.bidi());
    await settle();
    const abort = new AbortController();
    const waiting = talk.receive({ signal: abort.signal });
    assert.equal(listeners(abort.signal), 1);
    abort.abort("no time");
    await assert.rejects(waiting, (error: RpcError) => code("cancelled", /stream goes on/)(error) && error.cause === "no time");
    assert.equal(listeners(abort.signal), 0);
    respond(5);
    await settle();
    await assert.rejects(talk.receive({ signal: abort.signal }), code("cancelled"), "who has given up takes nothing");
    assert.equal((await talk.receive())?.id, 5, "and the message waits for the next");
    const other = new AbortController();
    const next = talk.receive({ signal: other.signal });
    respond(6);
    assert.equal((await next)?.id, 6);
    assert.equal(listeners(other.signal), 0);
    talk.cancel();
  },
);

guarantee(
  "C6: an aborted send that waits was not sent; one that was accepted cannot be recalled",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        let id = 0;
        for await (const request of requests) id = id * 10 + request.id;
        return { id };
      },
    },
  },
  async ({ client, settle }) => {
    hold = gate();
    const upload = client.client();
    const body = bytes(100_000);
    let accepted = 0;
    let waiting: Promise<void> | undefined;
    const abort = new AbortController();
    for (let i = 0; i < 20; i++) {
      await settle();
      waiting = upload.send({ id: 1, body }, { signal: abort.signal });
      if (waiting !== undefined && (await stateOf(waiting)) === "pending") break;
      accepted++;
    }
    assert.ok(accepted >= 1 && accepted < 20);
    const behind = upload.send({ id: 2 });
    abort.abort();
    await assert.rejects(waiting as Promise<void>, code("cancelled", /was not sent/));
    assert.equal(listeners(abort.signal), 0);
    await assert.rejects(Promise.resolve(upload.send({ id: 3 }, { signal: abort.signal })), code("cancelled", /was not sent/));
    hold.open();
    await behind;
    assert.equal((await upload.finish()).id, Number(`${"1".repeat(accepted)}2`));
  },
);

let hold = gate();
