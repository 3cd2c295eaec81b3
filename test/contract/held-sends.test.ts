import assert from "node:assert/strict";
import type { Interceptor } from "sluice";
import { echo } from "./echo.js";
import { code, type Gate, gate, guarantee, listeners, stateOf } from "./world.js";

/* What becomes of one send while interceptors hold its call back. More: held-calls.test.ts. */

let hold: Gate = gate();
const seen: number[] = [];

/** Takes its time, and only then says that it wants to see the messages. */
const lateMap: Interceptor = async (call, next) => {
  await hold.promise;
  call.mapSend((message) => {
    seen.push((message as { id: number }).id);
    return message;
  });
  await next();
};

const options = { impl: echo, client: { interceptors: [lateMap] } };

guarantee("an interceptor that is not through yet sees the sends that were made before", options, async ({ client }) => {
  hold = gate();
  seen.length = 0;
  const upload = client.client();
  for (const id of [1, 2, 3]) void upload.send({ id });
  const reply = upload.finish();
  hold.open();
  assert.equal((await reply).id, 123);
  assert.deepEqual(seen, [1, 2, 3]);
});

guarantee(
  "C6: a held send that may not wait is refused at once, and one with a wrong time-out at the call",
  options,
  async ({ client, settle }) => {
    hold = gate();
    const upload = client.client();
    for (const given of [{ timeoutMs: 0 }, { signal: AbortSignal.abort() }]) {
      const refused = upload.send({ id: 9 }, given) as Promise<void>;
      assert.notEqual(await stateOf(refused), "pending");
      await assert.rejects(refused, code("timeoutMs" in given ? "deadline_exceeded" : "cancelled", /was not sent/));
    }
    assert.throws(() => void upload.send({ id: 9 }, { timeoutMs: -1 }), { name: "UsageError", message: /timeoutMs/ });
    void upload.send({ id: 1 });
    await settle();
    hold.open();
    assert.equal((await upload.finish()).id, 1);
  },
);

guarantee(
  "C6: a held send that was sent after all leaves no listener and no timer; one that fails need not be awaited",
  options,
  async ({ client, settle, runtime }) => {
    hold = gate();
    hold.open();
    await client.unary({});
    await settle();
    hold = gate();
    const { signal } = new AbortController();
    const upload = client.client();
    void upload.send({ id: 1 }, { signal });
    const timers = runtime.timers.size;
    void upload.send({ id: 2 }, { timeoutMs: 60_000 });
    assert.equal(runtime.timers.size, timers + 1);
    assert.equal(listeners(signal), 1);
    hold.open();
    await settle();
    assert.equal(listeners(signal), 0);
    assert.ok(runtime.timers.size <= timers);
    upload.cancel();
    hold = gate();
    const cancelled = client.bidi();
    void cancelled.send({ id: 1 });
    await settle();
    cancelled.cancel();
    await settle();
    hold.open();
  },
);

guarantee(
  "C6: a held send that waited too long leaves no listener, and one that was aborted no timer",
  options,
  async ({ client, advance, runtime }) => {
    hold = gate();
    const upload = client.client();
    const patient = new AbortController();
    const timers = runtime.timers.size;
    const late = upload.send({ id: 1 }, { signal: patient.signal, timeoutMs: 30 }) as Promise<void>;
    await advance(30);
    await assert.rejects(late, code("deadline_exceeded", /was not sent/));
    assert.equal(listeners(patient.signal), 0);
    const aborted = upload.send({ id: 1 }, { signal: patient.signal, timeoutMs: 60_000 }) as Promise<void>;
    patient.abort();
    await assert.rejects(aborted, code("cancelled", /was not sent/));
    assert.ok(runtime.timers.size <= timers);
    upload.cancel();
    hold.open();
  },
);
