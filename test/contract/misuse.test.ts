import assert from "node:assert/strict";
import type { BidiCall, RpcError } from "sluice";
import { echo } from "./echo.js";
import { fresh, heard, parked } from "./parked.js";
import { bytes, code, type Gate, gate, guarantee, idsOf, stateOf } from "./world.js";

/* What is done wrongly has one answer each: docs/misuse.md. */

type Message = { readonly id: number };

const rejection = (promise: Promise<unknown> | undefined) => Promise.resolve(promise).then(() => undefined, error);
const error = (caught: unknown) => caught as RpcError;

let hold: Gate = gate();

guarantee("misuse: a stream after its good end", { impl: { ...echo, bidi: async () => {} } }, async ({ client }) => {
  const talk = client.bidi();
  const outcome = await talk.outcome;
  assert.equal(outcome.code, "ok");
  for (let again = 0; again < 2; again++) {
    assert.equal(await talk.receive(), undefined);
    assert.deepEqual(await idsOf(talk), []);
    const refused = await rejection(talk.send({ id: 1 }));
    code("failed_precondition", /send\(\) after the server has ended the call well.*open another call/)(refused);
    assert.equal(refused?.cause, outcome);
    assert.equal(talk.trySend({ id: 1 }), false);
    code("failed_precondition")(await rejection(talk.whenWritable()));
    talk.closeSend();
    talk.cancel("too late");
    assert.equal(await talk.close(), outcome);
    await talk[Symbol.asyncDispose]();
    assert.equal(await talk.outcome, outcome);
  }
  const upload = client.client();
  await upload.send({ id: 3 });
  assert.equal((await upload.finish()).id, 3);
  upload.cancel("too late");
  assert.equal((await upload.finish()).id, 3);
  code("failed_precondition", /open another call/)(await rejection(upload.send({ id: 1 })));
});

guarantee("misuse: a stream after its bad end", { impl: parked }, async ({ client, cut, settle, advance }) => {
  const ends: readonly [string, (call: BidiCall<Partial<Message>, Message>) => unknown][] = [
    ["cancelled", (call) => call.cancel("mine")],
    ["deadline_exceeded", () => advance(1_000)],
    ["unavailable", () => cut()],
  ];
  for (const [expected, end] of ends) {
    const talk = client.bidi({ timeoutMs: 1_000 });
    await settle();
    end(talk);
    const outcome = await talk.outcome;
    assert.equal(outcome.code, expected);
    const first = await rejection(talk.receive());
    assert.equal(first?.code, expected);
    for (const wrong of [talk.receive(), talk.send({ id: 1 }), talk.whenWritable(), idsOf(talk), talk.headers]) {
      assert.equal(await rejection(wrong), first, "always the same error");
    }
    assert.equal(talk.trySend({ id: 1 }), false);
    talk.closeSend();
    talk.cancel("too late");
    assert.equal(await talk.close(), outcome);
    await talk[Symbol.asyncDispose]();
  }
  const upload = client.client();
  upload.cancel();
  const first = await rejection(upload.finish());
  assert.equal(first?.code, "cancelled");
  assert.equal(await rejection(upload.send({})), first);
  assert.equal(await rejection(upload.finish()), first);
});

guarantee(
  "misuse: two receives at once, by whatever way, are refused at the call; the first loses nothing",
  {
    impl: {
      async client(requests) {
        const first = requests.receive();
        for (const wrong of [() => requests.receive(), () => requests[Symbol.asyncIterator]().next()]) assert.throws(wrong, TWO_RECEIVES);
        const sum = (await first)?.id ?? 0;
        return { id: sum * 10 + ((await requests.receive())?.id ?? 0) };
      },
      bidi: echo.bidi,
    },
  },
  async ({ client, settle, readable }) => {
    const talk = client.bidi();
    for (const id of [1, 2]) void talk.send({ id });
    const first = readable(talk).receive();
    const iterator = talk[Symbol.asyncIterator]();
    for (const wrong of [() => talk.receive(), () => iterator.next(), () => talk.receive({ signal: new AbortController().signal })]) {
      assert.throws(wrong, TWO_RECEIVES);
    }
    await assert.rejects(idsOf(talk), TWO_RECEIVES, "a second loop fails where it is");
    assert.equal((await first)?.id, 1);
    assert.equal((await talk.receive())?.id, 2);
    talk.closeSend();
    assert.equal(await talk.receive(), undefined);
    const upload = client.client();
    await settle();
    for (const id of [1, 2]) await upload.send({ id });
    assert.equal((await upload.finish()).id, 12);
  },
);

const TWO_RECEIVES = { name: "UsageError", message: /another receive\(\) of this stream waits; await the first one/ };

guarantee("misuse: a send after the half-close is refused, sends nothing, and the call goes on", { impl: echo }, async ({ client }) => {
  const closedSend = client.bidi();
  await closedSend.send({ id: 1 });
  closedSend.closeSend();
  const upload = client.client();
  await upload.send({ id: 1 });
  const reply = upload.finish();
  const closed = client.bidi();
  const closing = closed.close();
  for (const call of [closedSend, upload, closed]) {
    code("failed_precondition", /after closeSend\(\), finish\(\) or close\(\).*open another call/)(await rejection(call.send({ id: 2 })));
    assert.equal(call.trySend({ id: 2 }), false);
    code("failed_precondition")(await rejection(call.whenWritable()));
  }
  assert.deepEqual(await idsOf(closedSend), [1]);
  assert.equal((await reply).id, 1);
  assert.equal((await closing).code, "ok");
});

guarantee(
  "misuse: closing, half-closing, cancelling and leaving twice, and one after the other, changes no end",
  { impl: { ...echo, bidi: parked.bidi } },
  async ({ client, settle }) => {
    fresh();
    const talk = client.bidi();
    await settle();
    talk.closeSend();
    talk.closeSend();
    const closing = talk.close();
    assert.equal(talk.close(), closing);
    talk.closeSend();
    talk.cancel("first");
    talk.cancel("second");
    assert.match((await closing).message, /first/);
    await talk[Symbol.asyncDispose]();
    await talk[Symbol.asyncDispose]();
    assert.equal(await talk.close(), await closing);
    const upload = client.client();
    await upload.send({ id: 1 });
    assert.equal(upload.finish(), upload.finish());
    assert.equal((await upload.finish()).id, 1);
    await upload[Symbol.asyncDispose]();
    assert.equal((await upload.outcome).code, "ok");
    await settle();
    assert.equal(heard.finished, 1);
  },
);

guarantee(
  "misuse: a handler that returns while its pushes wait: they are sent first, and then the call ends well",
  {
    impl: {
      async server(_request, _context, out) {
        for (let id = 0; id < 8; id++) void out.send({ id, body: bytes(50_000) });
      },
      async bidi(_requests, _context, out) {
        for (let id = 0; id < 8; id++) void out.send({ id, body: bytes(50_000) });
        void hold.promise.then(async () => late.push(await rejection(out.send({ id: 8 }))));
      },
    },
  },
  async ({ client, settle, server, logs, readable }) => {
    late.length = 0;
    hold = gate();
    assert.deepEqual(await idsOf(client.server({})), [0, 1, 2, 3, 4, 5, 6, 7]);
    const talk = readable(client.bidi());
    assert.equal((await talk.receive())?.id, 0);
    await settle();
    assert.equal(server.statistics().runningHandlers, 0, "the handler is done, its messages are on the way");
    hold.open();
    await settle();
    code("failed_precondition", /send\(\) after the handler has returned.*await every send/)(late[0]);
    assert.deepEqual(await idsOf(talk), [1, 2, 3, 4, 5, 6, 7]);
    const left = client.server({});
    await left.receive();
    left.cancel();
    await settle();
    assert.deepEqual(logs, [], "and a client that leaves before has dropped them");
  },
);

const late: (RpcError | undefined)[] = [];

guarantee("misuse: a request iterable that throws ends the call as cancelled, and says so", { impl: echo }, async ({ client, settle }) => {
  const mine = new Error("no such file");
  async function* failing() {
    yield { id: 1 };
    throw mine;
  }
  for (const call of [client.client(failing()), idsOf(client.bidi(failing()))]) {
    const refused = await rejection(call);
    code("cancelled", /the request iterable threw: no such file/)(refused);
    assert.equal(refused?.cause, mine);
  }
  await settle();
});

/** Gives messages up to `count`, then waits for ever; and what it is told by `return()`. */
function parkedAfter(count: number, onReturn: () => Promise<IteratorResult<never>>): AsyncIterable<Message> {
  let id = 0;
  const next = () => (id < count ? Promise.resolve({ value: { id: ++id }, done: false as const }) : new Promise<never>(() => {}));
  return { [Symbol.asyncIterator]: () => ({ next, return: onReturn }) };
}

guarantee(
  "misuse: a request iterable that is parked for ever, or never ends, holds nothing once its call ends",
  { impl: { ...parked, bidi: async () => {} } },
  async ({ client, settle, advance }) => {
    let returned = 0;
    const refuses: (() => Promise<IteratorResult<never>>)[] = [
      () => new Promise(() => {}),
      () => Promise.reject(new Error("return() fails")),
      () => {
        throw new Error("return() throws");
      },
    ];
    for (const refuse of refuses) {
      const onReturn = () => {
        returned++;
        return refuse();
      };
      const byDeadline = rejection(client.client(parkedAfter(2, onReturn), { timeoutMs: 1_000 }));
      await advance(1_000);
      assert.equal((await byDeadline)?.code, "deadline_exceeded");
      assert.deepEqual(await idsOf(client.bidi(parkedAfter(0, onReturn))), [], "the server has ended the call");
      const abort = new AbortController();
      const byCancel = rejection(client.client(parkedAfter(1, onReturn), { signal: abort.signal }));
      await settle();
      abort.abort();
      assert.equal((await byCancel)?.code, "cancelled");
    }
    await settle();
    assert.equal(returned, 9, "each was told once");
    let pulled = 0;
    const endless = client.client(
      (function* () {
        for (;;) yield { id: ++pulled, body: bytes(10_000) };
      })(),
      { timeoutMs: 1_000 },
    );
    await settle();
    assert.ok(pulled < 100, `${pulled}`);
    await advance(1_000);
    assert.equal((await rejection(endless))?.code, "deadline_exceeded");
  },
);

guarantee(
  "misuse: requests that are no iterable are refused at the call; what is no message ends the call",
  { impl: echo },
  async ({ client }) => {
    for (const wrong of [5, "text", null]) {
      assert.throws(() => client.client(wrong as never), { name: "UsageError", message: /requests.*iterable/ });
      assert.throws(() => client.bidi(wrong as never), { name: "UsageError", message: /requests.*iterable/ });
    }
    const faulty = [{ id: 1 }, { id: "one" as never }];
    code("internal", /bench\.v1\.Payload cannot be encoded/)(await rejection(client.client(faulty)));
    code("internal", /bench\.v1\.Payload cannot be encoded/)(await rejection(idsOf(client.bidi(faulty))));
  },
);

guarantee(
  "misuse: a generator whose finally throws: internal where the client still listens, one line of log where it does not",
  {
    impl: {
      async *server(request) {
        try {
          yield { id: 1 };
          if (request.id === 1) for (;;) yield { body: bytes(50_000) };
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: this is the mistake
          throw new TypeError("a bug in the cleanup");
        }
      },
    },
  },
  async ({ client, settle, logs, server }) => {
    const whole = client.server({});
    assert.equal((await whole.receive())?.id, 1);
    code("internal", /the handler failed/)(await rejection(whole.receive()));
    const left = client.server({ id: 1 });
    await left.receive();
    left.cancel();
    assert.equal((await left.outcome).code, "cancelled");
    await settle();
    assert.deepEqual(
      logs.map(({ event }) => event),
      ["handler-failed", "handler-failed"],
    );
    assert.equal(server.statistics().runningHandlers, 0);
  },
);

guarantee(
  "misuse: a generator whose finally hangs holds its slot and nothing else",
  {
    impl: {
      async *server(request) {
        try {
          if (request.id === 1) for (;;) yield { body: bytes(50_000) };
          yield { id: 1 };
        } finally {
          await hold.promise;
        }
      },
    },
  },
  async ({ client, settle, advance, server, shutDown }) => {
    hold = gate();
    const left = client.server({ id: 1 });
    await left.receive();
    left.cancel();
    await settle();
    assert.deepEqual([server.statistics().openCalls, server.statistics().runningHandlers], [0, 1]);
    const whole = client.server({}, { timeoutMs: 1_000 });
    assert.equal((await whole.receive())?.id, 1);
    const waiting = whole.receive();
    assert.equal(await stateOf(waiting), "pending", "the handler has not said that it is done");
    await advance(1_000);
    assert.equal((await rejection(waiting))?.code, "deadline_exceeded");
    await settle();
    assert.deepEqual([server.statistics().openCalls, server.statistics().runningHandlers], [0, 2]);
    const closing = shutDown(100);
    await advance(100);
    await closing;
    hold.open();
    await settle();
    assert.equal(server.statistics().runningHandlers, 0);
  },
);

guarantee(
  "misuse: a generator that goes on yielding when it is told to return is left where it stands",
  {
    impl: {
      async *server() {
        try {
          for (;;) yield { body: bytes(50_000) };
        } finally {
          yield { id: 2 };
          heard.finished++;
        }
      },
    },
  },
  async ({ client, settle, server, logs }) => {
    fresh();
    const stream = client.server({});
    await stream.receive();
    stream.cancel();
    await settle();
    assert.equal(heard.finished, 0);
    assert.deepEqual([server.statistics().openCalls, server.statistics().runningHandlers], [0, 0]);
    assert.deepEqual(logs, []);
  },
);

guarantee(
  "misuse: a handler that returns what its method does not fails, and the log says what it returned",
  {
    impl: {
      server: ((request: Message) => {
        if (request.id === 0) return [{ id: 1 }];
        if (request.id === 1) return syncGenerator();
        if (request.id === 2) return Promise.resolve(echo.server({ id: 2 }));
        return Promise.resolve({ id: 1 });
      }) as never,
      unary: ((request: Message) => (request.id === 0 ? undefined : Promise.resolve())) as never,
    },
  },
  async ({ client, logs }) => {
    for (const id of [0, 1]) code("internal", /the handler failed/)(await rejection(client.unary({ id })));
    for (const { error } of logs) assert.match((error as Error).message, /Unary returned nothing; it must return a message/);
    for (const id of [0, 1, 2, 3]) code("internal", /the handler failed/)(await rejection(idsOf(client.server({ id }))));
    assert.equal(logs.length, 6);
    for (const { event, error } of logs.slice(2)) {
      assert.equal(event, "handler-failed");
      assert.match((error as Error).message, /returned .*; it must be an async generator, or push with out\.send\(\) and return nothing/);
    }
  },
);

function* syncGenerator() {
  yield { id: 1 };
}
