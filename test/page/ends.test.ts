import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RpcError, type ServerStreamCall } from "sluice/page";
import { END, envelope, payload, ScriptedFetch, STREAM, settled, virtualTime } from "./scripted-fetch.js";

/* The ends of a stream of sluice/page: who says that it is over, what the outcome is, what becomes of a message that nobody has taken. */

type Stream = ServerStreamCall<{ readonly id: number }>;

interface Scene {
  readonly script: ScriptedFetch;
  readonly stream: Stream;
  readonly pass: (ms: number) => Promise<void>;
  readonly signal: AbortController;
}

interface End {
  readonly code: string;
  readonly initiator: string;
  readonly message: RegExp;
  /** Whether what was received before can still be taken. */
  readonly keeps: boolean;
  readonly by: (scene: Scene) => unknown;
}

const OPTIONS = { timeoutMs: 10_000, idleTimeoutMs: 4_000, closeTimeoutMs: 2_000, closeMaxBytes: 100, maxReceiveBytes: 50 };

const ENDS: Readonly<Record<string, End>> = {
  "a good end": { code: "ok", initiator: "peer", message: /^$/, keeps: true, by: ({ script }) => script.finish(END) },
  "the server's error": {
    code: "aborted",
    initiator: "peer",
    message: /^enough$/,
    keeps: true,
    by: ({ script }) => script.finish(envelope('{"error":{"code":"aborted","message":"enough"}}', 2)),
  },
  "a body that breaks off": {
    code: "unavailable",
    initiator: "network",
    message: /server\.test\/api\/bench\.v1\.Bench\/Server failed: socket gone$/,
    keeps: true,
    by: ({ script }) => script.fail(new Error("socket gone")),
  },
  "cancel()": { code: "cancelled", initiator: "application", message: /: mine$/, keeps: false, by: ({ stream }) => stream.cancel("mine") },
  "return()": {
    code: "cancelled",
    initiator: "application",
    message: /loop/,
    keeps: false,
    by: ({ stream }) => stream[Symbol.asyncIterator]().return(),
  },
  "the end of a block": {
    code: "cancelled",
    initiator: "application",
    message: /block/,
    keeps: false,
    by: ({ stream }) => stream[Symbol.asyncDispose](),
  },
  "the signal": { code: "cancelled", initiator: "application", message: /: away$/, keeps: false, by: ({ signal }) => signal.abort("away") },
  "the deadline": {
    code: "deadline_exceeded",
    initiator: "engine",
    message: /deadline/,
    keeps: false,
    async by({ script, pass }) {
      // messages move, so that it is not the idle time
      for (let i = 0; i < 4; i++) {
        await pass(2_500);
        script.send(envelope(payload(2)));
        await settled();
      }
    },
  },
  "a failure just before the deadline": {
    code: "deadline_exceeded",
    initiator: "engine",
    message: /deadline/,
    keeps: false,
    async by({ script, pass }) {
      for (const ms of [3_500, 3_500, 2_996]) {
        await pass(ms);
        script.send(envelope(payload(2)));
        await settled();
      }
      script.fail(new Error("reset"));
    },
  },
  "the idle time": {
    code: "deadline_exceeded",
    initiator: "engine",
    message: /idleTimeoutMs/,
    keeps: false,
    by: ({ pass }) => pass(4_000),
  },
  "a flag that is none": {
    code: "internal",
    initiator: "engine",
    message: /flags 0x1$/,
    keeps: false,
    by: ({ script }) => script.send(envelope("x", 1)),
  },
  "a message that is too large": {
    code: "resource_exhausted",
    initiator: "engine",
    message: /51 bytes.*maxReceiveBytes is 50/,
    keeps: false,
    by: ({ script }) => script.send(envelope("", 0, 51)),
  },
  "a body without an end": {
    code: "internal",
    initiator: "engine",
    message: /before its stream/,
    keeps: false,
    by: ({ script }) => script.finish(),
  },
  "more after the end": {
    code: "internal",
    initiator: "engine",
    message: /after the end/,
    keeps: false,
    by: ({ script }) => script.send(END, Uint8Array.of(0)),
  },
  "a body that never ends after the end": {
    code: "ok",
    initiator: "peer",
    message: /^$/,
    keeps: true,
    async by({ script, pass }) {
      script.send(END);
      await settled();
      await pass(4_999);
      await pass(1);
    },
  },
};

async function open(t: TestContext): Promise<Scene> {
  const pass = virtualTime(t);
  const script = new ScriptedFetch();
  const signal = new AbortController();
  const stream = script.client.server({ id: 1 }, { ...OPTIONS, signal: signal.signal });
  script.head(200, STREAM);
  await settled();
  return { script, stream, pass, signal };
}

/** What is told of one operation. */
async function told(operation: Promise<unknown>): Promise<unknown> {
  return operation.catch((error) => {
    assert.ok(error instanceof RpcError, String(error));
    return error.code;
  });
}

for (const [name, { code, initiator, message, keeps, by }] of Object.entries(ENDS)) {
  test(`C1, C9, C10: ${name} with a message unread: ${code}, once and for all`, async (t) => {
    const scene = await open(t);
    const { script, stream } = scene;
    script.send(envelope(payload(7)));
    await settled();
    await by(scene);
    await settled();
    const outcome = await stream.outcome;
    assert.deepEqual([outcome.code, outcome.initiator], [code, initiator]);
    assert.match(outcome.message, message);
    stream.cancel("too late");
    assert.equal((await stream.close()).code, code);
    assert.equal(await stream.outcome, outcome);
    assert.equal(script.last.signal.aborted, true, "nothing of the request is left");
  });

  test(`C9: after ${name} ${keeps ? "what came before can be taken, then" : "nothing can be taken:"} every receive() tells the end`, async (t) => {
    const scene = await open(t);
    const { script, stream } = scene;
    script.send(envelope(payload(7)));
    await settled();
    await by(scene);
    await settled();
    if (keeps) assert.equal((await stream.receive())?.id, 7);
    const end = code === "ok" ? undefined : code;
    for (let again = 0; again < 2; again++) assert.equal(await told(stream.receive()), end);
    assert.deepEqual(await told(stream.next()), code === "ok" ? { value: undefined, done: true } : code);
  });

  test(`C10: ${name} settles a receive() that waits`, async (t) => {
    const scene = await open(t);
    const all = async () => {
      while ((await scene.stream.receive()) !== undefined);
    };
    const reading = told(all());
    await by(scene);
    assert.equal(await reading, code === "ok" ? undefined : code);
  });

  test(`C4: close() before ${name} wakes who waits, and resolves`, async (t) => {
    const scene = await open(t);
    const { script, stream, pass } = scene;
    script.send(envelope(payload(7)));
    await settled();
    await stream.receive();
    const waiting = stream.receive();
    const closing = stream.close();
    assert.equal(await waiting, undefined);
    assert.equal(stream.close(), closing, "again and again the same");
    await by(scene);
    await settled();
    await pass(OPTIONS.closeTimeoutMs);
    const ended = await closing;
    assert.ok([code, "cancelled"].includes(String(ended.code)), `${ended.code}: ${ended.message}`);
    assert.equal(await stream.receive(), undefined, "after close() there is nothing, and no error");
  });
}

for (const [what, before] of [
  ["before the headers", () => {}],
  ["after the headers", (script: ScriptedFetch) => script.head(200, STREAM)],
] as const) {
  test(`C4: close() ${what}: closeTimeoutMs, then cancelled; 0 cancels at once`, async (t) => {
    const pass = virtualTime(t);
    const script = new ScriptedFetch();
    const stream = script.client.server({}, { closeTimeoutMs: 300 });
    before(script);
    await settled();
    const closing = stream.close();
    await pass(299);
    assert.equal(script.last.signal.aborted, false);
    await pass(1);
    assert.match((await closing).message, /300 ms/);
    assert.equal(script.last.signal.aborted, true);
    for (const options of [{ closeTimeoutMs: 0 }, { closeMaxBytes: 0 }]) {
      const other = script.client.server({}, options);
      const outcome = await other.close();
      assert.deepEqual([outcome.code, script.last.signal.aborted], ["cancelled", true]);
      assert.match(outcome.message, /closed, to (wait|drop) 0/);
    }
  });
}

test("C4: close() drops closeMaxBytes, however large the messages are, and hears the server's end", async (t) => {
  const { script, stream } = await open(t);
  const closing = stream.close();
  script.send(envelope(new Uint8Array(60)), envelope("", 0, 51).subarray(0, 4));
  await settled();
  assert.equal(script.last.signal.aborted, false, "no message is too large for who wants none");
  script.send(new Uint8Array(40));
  assert.match((await closing).message, /100 bytes/);
});

test("C5: a deadline of 0 is over before anything is sent", async (t) => {
  virtualTime(t);
  const script = new ScriptedFetch();
  await assert.rejects(script.client.unary({}, { timeoutMs: 0 }), { code: "deadline_exceeded" });
  assert.equal(script.asked.length, 0);
  const aborted = AbortSignal.abort("before");
  await assert.rejects(script.client.unary({}, { signal: aborted, timeoutMs: 10 }), { code: "cancelled" });
  assert.equal(script.asked.length, 0);
});
