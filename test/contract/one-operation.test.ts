import assert from "node:assert/strict";
import type { BidiCall, Interceptor, RpcError } from "sluice";
import type { Requests } from "sluice/server";
import { HALF_DUPLEX } from "./carriers.js";
import { echo } from "./echo.js";
import { respond, told } from "./parked.js";
import { bytes, code, type Gate, gate, guarantee, listeners, stateOf, turn } from "./world.js";

let hold: Gate = gate();
const seen: unknown[] = [];

function fresh(): void {
  hold = gate();
  seen.length = 0;
}

guarantee("C6: a receive and a next that wait too long reject, and the message is the next one's", { impl: told }, async (world) => {
  const { client, advance, settle, runtime, readable } = world;
  const talk = readable(client.bidi());
  await settle();
  const timers = runtime.timers.size;
  const first = talk.receive({ timeoutMs: 50 });
  await advance(49);
  assert.equal(runtime.timers.size, timers + 1);
  assert.equal(await stateOf(first), "pending");
  await advance(1);
  await assert.rejects(first, code("deadline_exceeded"));
  const late = talk.next({ timeoutMs: 50 });
  await advance(50);
  await assert.rejects(
    late,
    (error: RpcError) => code("deadline_exceeded", /50 ms.*stream goes on/)(error) && error.initiator === "engine",
  );
  await assert.rejects(talk.receive({ timeoutMs: 0 }), code("deadline_exceeded"));
  assert.equal(runtime.timers.size, timers);
  respond(1, 2, 3);
  await settle();
  assert.equal((await talk.receive({ timeoutMs: 0 }))?.id, 1, "what is there is given");
  assert.equal((await talk.next({ timeoutMs: 10 })).value?.id, 2);
  assert.equal((await talk.receive({ timeoutMs: Number.POSITIVE_INFINITY }))?.id, 3);
  const inTime = talk.receive({ timeoutMs: 50 });
  respond(4);
  assert.equal((await inTime)?.id, 4);
  assert.equal(runtime.timers.size, timers);
  const cutShort = talk.receive({ timeoutMs: 50 });
  talk.cancel("enough");
  await assert.rejects(cutShort, code("cancelled", /enough/));
  assert.throws(() => void talk.receive({ timeoutMs: -1 }), { name: "UsageError", message: /timeoutMs/ });
  assert.throws(() => void talk.next({ timeoutMs: Number.NaN }), { name: "UsageError", message: /timeoutMs/ });
});

guarantee(
  "C6: next({ signal }) of a client's stream gives up one wait and leaves no listener",
  { impl: told },
  async ({ client, settle, readable }) => {
    const talk = readable(client.bidi());
    await settle();
    const abort = new AbortController();
    const waiting = talk.next({ signal: abort.signal });
    abort.abort("why");
    await assert.rejects(waiting, (error: RpcError) => code("cancelled", /no message is lost/)(error) && error.cause === "why");
    assert.equal(listeners(abort.signal), 0);
    respond(7);
    for await (const { id } of talk) {
      assert.equal(id, 7);
      break;
    }
  },
);

guarantee(
  "C6: a handler gives up one wait for a request, by signal and by time, and loses none",
  {
    impl: {
      async client(requests: Requests<{ id: number }>) {
        const abort = new AbortController();
        const first = requests.next({ signal: abort.signal });
        abort.abort();
        await assert.rejects(first, code("cancelled", /stream goes on/));
        await assert.rejects(requests.receive({ timeoutMs: 20 }), code("deadline_exceeded"));
        await assert.rejects(requests.next({ timeoutMs: 20 }), code("deadline_exceeded"));
        hold.open();
        let id = (await requests.next({ signal: new AbortController().signal })).value?.id ?? 0;
        for await (const request of requests) id = id * 10 + request.id;
        return { id };
      },
    },
  },
  async ({ client, advance }) => {
    fresh();
    const upload = client.client();
    await advance(40);
    await hold.promise;
    for (const id of [1, 2, 3]) await upload.send({ id });
    assert.equal((await upload.finish()).id, 123);
  },
);

guarantee(
  "C6: a send that waits too long was not sent, and the stream goes on",
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
  async ({ client, settle, advance, runtime }) => {
    fresh();
    const upload = client.client();
    const body = bytes(100_000);
    let accepted = 0;
    for (; accepted < 20; accepted++) {
      await settle();
      const waiting = upload.send({ id: 1, body }, { timeoutMs: 0 });
      if (waiting === undefined) continue;
      await assert.rejects(waiting, code("deadline_exceeded", /was not sent/));
      break;
    }
    assert.ok(accepted >= 1 && accepted < 20);
    const timers = runtime.timers.size;
    const late = upload.send({ id: 3 }, { timeoutMs: 100 }) as Promise<void>;
    const patient = upload.send({ id: 2 }, { timeoutMs: 10_000 });
    await advance(99);
    assert.equal(await stateOf(late), "pending");
    await advance(1);
    await assert.rejects(late, (error: RpcError) => code("deadline_exceeded", /100 ms/)(error) && error.initiator === "engine");
    assert.throws(() => void upload.send({}, { timeoutMs: -1 }), { name: "UsageError", message: /timeoutMs/ });
    hold.open();
    await patient;
    assert.ok(runtime.timers.size <= timers);
    assert.equal((await upload.finish()).id, Number(`${"1".repeat(accepted)}2`));
  },
);

const waits: Interceptor = async (_call, next) => {
  await hold.promise;
  await next();
};

guarantee(
  "C6: a send that an interceptor holds is given up by its time and its signal, and its place is free again",
  { impl: echo, client: { interceptors: [waits] } },
  async ({ client, advance }) => {
    fresh();
    const upload = client.client();
    const abort = new AbortController();
    const timed = Array.from({ length: 127 }, () => upload.send({ id: 9 }, { timeoutMs: 30 }) as Promise<void>);
    const aborted = upload.send({ id: 9 }, { signal: abort.signal }) as Promise<void>;
    assert.throws(() => void upload.send({ id: 9 }), { name: "UsageError" });
    abort.abort();
    await assert.rejects(aborted, code("cancelled", /was not sent/));
    const kept = upload.send({ id: 1 }, { timeoutMs: 1_000 });
    await advance(30);
    for (const one of timed) await assert.rejects(one, code("deadline_exceeded", /was not sent/));
    void upload.send({ id: 2 });
    hold.open();
    await kept;
    assert.equal((await upload.finish()).id, 12);
  },
);

guarantee(
  "C6: ten thousand receives given up on both sides lose no message and double none",
  {
    impl: {
      async *bidi(requests: Requests<{ id: number }>) {
        for (;;) {
          const next = await hurried((signal) => requests.next({ signal }));
          if (next.done) return;
          yield { id: next.value.id };
        }
      },
    },
    skip: HALF_DUPLEX,
  },
  async ({ client }) => {
    fresh();
    givenUp = 0;
    const talk: BidiCall<{ id: number }, { id: number }> = client.bidi();
    const ids: number[] = [];
    // some messages are on their way all the time, so that they wait as well
    for (let id = 0; id < 5; id++) await talk.send({ id });
    for (let id = 5; givenUp < 10_000; id++) {
      await talk.send({ id });
      ids.push((await hurried((signal) => talk.receive({ signal })))?.id ?? -1);
    }
    talk.closeSend();
    for await (const { id } of talk) ids.push(id);
    assert.ok(ids.length > 100);
    assert.deepEqual(
      ids,
      ids.map((_, index) => index),
    );
  },
);

let givenUp = 0;
let luck = 1;

function chance(below: number): number {
  luck = (Math.imul(luck, 1_103_515_245) + 12_345) >>> 0;
  return (luck >>> 16) % below;
}

/** Takes one message: gives up some waits, each some microtasks after it began or at the very turn in which messages come, then waits. */
async function hurried<T>(take: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
  for (let hurries = chance(30); hurries > 0; hurries--) {
    const abort = new AbortController();
    const waiting = take(abort.signal);
    const over = waiting.then(
      () => true,
      () => true,
    );
    if (chance(20) === 0) await Promise.race([turn(), over]);
    else for (let microtasks = chance(6); microtasks > 0; microtasks--) await null;
    abort.abort();
    try {
      return await waiting;
    } catch (error) {
      code("cancelled", /no message is lost/)(error);
      givenUp++;
    } finally {
      assert.equal(listeners(abort.signal), 0);
    }
  }
  return take(undefined);
}
