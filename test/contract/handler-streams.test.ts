import assert from "node:assert/strict";
import { RpcError } from "sluice";
import { HALF_DUPLEX } from "./carriers.js";
import { aborted, bytes, code, type Gate, gate, guarantee, idsOf } from "./world.js";

/** What happened on the server, in order. */
const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

guarantee(
  "break out of requests drops the rest and does not end the call; the client's sends go on",
  {
    impl: {
      async *bidi(requests) {
        for await (const { id } of requests) {
          heard.push(`request ${id}`);
          break;
        }
        yield { id: 100 };
        await hold.promise;
        yield { id: 101 };
      },
    },
  },
  async ({ client, settle, readable }) => {
    fresh();
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await settle();
    for (let i = 0; i < 10; i++) await talk.send({ body: bytes(100_000) });
    await settle();
    assert.deepEqual(heard, ["request 1"]);
    assert.equal((await readable(talk).receive())?.id, 100);
    hold.open();
    assert.equal((await talk.receive())?.id, 101);
    assert.equal(await talk.receive(), undefined);
    assert.equal((await talk.outcome).code, "ok");
  },
);

guarantee(
  "break out of requests drops what has come also after the half-close, and requests stay at their end when the call is cut off",
  {
    impl: {
      async client(requests, context) {
        await hold.promise;
        for await (const { id } of requests) {
          heard.push(`request ${id}`);
          break;
        }
        heard.push(`then ${await requests.receive()}`);
        await aborted(context.signal);
        heard.push(`cut off ${await requests.receive()}`);
        return {};
      },
    },
  },
  async ({ client, settle, advance }) => {
    fresh();
    const upload = client.client({ timeoutMs: 1_000 });
    await upload.send({ id: 1 });
    await upload.send({ id: 2 });
    const reply = upload.finish();
    await settle();
    hold.open();
    await settle();
    await advance(1_000);
    await assert.rejects(reply, code("deadline_exceeded"));
    assert.deepEqual(heard, ["request 1", "then undefined", "cut off undefined"]);
  },
);

guarantee(
  "returning with unread requests ends the call well, and tells the client to send no more",
  {
    impl: {
      async client(requests) {
        for await (const { id } of requests) return { id };
        return {};
      },
    },
  },
  async ({ client, settle }) => {
    const upload = client.client();
    await upload.send({ id: 3 });
    await upload.send({ body: bytes(60_000) });
    await settle();
    assert.equal((await upload.outcome).code, "ok");
    await assert.rejects(Promise.resolve(upload.send({})), code("failed_precondition"));
    assert.equal((await upload.finish()).id, 3);
    const { state, requests } = endless();
    assert.equal((await client.client(requests)).id, 0);
    await settle();
    const { pulled } = state;
    await settle();
    assert.equal(state.pulled, pulled);
  },
);

guarantee(
  "returning with unread requests ends a call with responses well, and tells the client to send no more",
  {
    impl: {
      async bidi(_requests, _context, out) {
        await out.send({ id: 9 });
      },
    },
    skip: HALF_DUPLEX,
  },
  async ({ client, settle }) => {
    const { state, requests } = endless();
    assert.deepEqual(await idsOf(client.bidi(requests)), [9]);
    await settle();
    const { pulled } = state;
    await settle();
    assert.equal(state.pulled, pulled);
  },
);

/** Requests for ever, and how many were taken. */
function endless() {
  const state = { pulled: 0 };
  const requests = (async function* () {
    for (;;) {
      state.pulled++;
      yield { body: bytes(30_000) };
    }
  })();
  return { state, requests };
}

guarantee(
  "push: send after the handler has returned rejects, also while earlier sends still wait",
  {
    impl: {
      async server(_request, _context, out) {
        while (out.send({ body: bytes(100_000) }) === undefined);
        void Promise.resolve(out.send({ id: 7 }));
        void hold.promise.then(() =>
          Promise.resolve(out.send({ id: 8 })).then(
            () => void heard.push("accepted"),
            (error: RpcError) => void heard.push(error.code as string),
          ),
        );
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stream = client.server({});
    await settle();
    hold.open();
    await settle();
    assert.deepEqual(heard, ["failed_precondition"]);
    const ids = await idsOf(stream);
    assert.equal(ids.at(-1), 7, "what waited was sent before the end");
  },
);

guarantee(
  "a handler that throws while sends wait ends the call with its error",
  {
    impl: {
      async server(_request, _context, out) {
        while (out.send({ body: bytes(100_000) }) === undefined);
        throw new RpcError("resource_exhausted", "mine");
      },
    },
  },
  async ({ client }) => {
    await assert.rejects(idsOf(client.server({})), code("resource_exhausted", /mine/));
  },
);

guarantee(
  "iterables of a handler that fail in any way end the call, and never break the server",
  {
    impl: {
      server(request): AsyncIterable<{ id: number }> {
        const broken = new Error("broken");
        const fail = (): never => {
          throw broken;
        };
        if (request.id === 0) return { [Symbol.asyncIterator]: fail };
        if (request.id === 1) return { [Symbol.asyncIterator]: () => ({ next: fail }) };
        if (request.id === 2) return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }) };
        let given = 0;
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => (given++ < 1 ? Promise.resolve({ value: { id: 3 }, done: false }) : new Promise(() => {})),
            return: fail,
          }),
        };
      },
    },
  },
  async ({ client, settle, logs }) => {
    for (const id of [0, 1, 2]) await assert.rejects(idsOf(client.server({ id })), code("internal"));
    for await (const { id } of client.server({ id: 3 })) {
      assert.equal(id, 3);
      break;
    }
    await settle();
    assert.equal(logs.length, 4);
  },
);
