import assert from "node:assert/strict";
import { RpcError, withGroup } from "sluice";
import type { HandlerContext, ServiceImplementation } from "sluice/server";
import type { Bench } from "../../gen/bench_pb.js";
import { live, until } from "./carriers.js";

/** How handlers that were to run on have ended. */
const ends: string[] = [];

async function parked(context: HandlerContext): Promise<never> {
  const { code } = await context.done;
  ends.push(String(code));
  throw context.signal.reason;
}

/** One message, then nothing until the call ends; `id` messages before it. */
const holding: ServiceImplementation<typeof Bench> = {
  async unary(_request, context) {
    return await parked(context);
  },
  async *server(request, context) {
    for (let id = 0; id < request.id; id++) yield { id };
    await parked(context);
  },
  async client(requests, context) {
    for await (const request of requests) if (request.id === 9) break;
    return await parked(context);
  },
};

function code(expected: string, message?: RegExp): (error: unknown) => true {
  return (error) => {
    assert.equal((error as RpcError).code, expected, String(error));
    if (message !== undefined) assert.match((error as RpcError).message, message);
    return true;
  };
}

live(
  "C1: a call has one outcome, which tells code, details and trailers",
  {
    impl: {
      async *server(request, context) {
        context.responseTrailers.set("x-trailer", "t");
        yield { id: 1 };
        if (request.id === 1) throw new RpcError("data_loss", "half of it is gone: é");
      },
    },
  },
  async ({ client }) => {
    for (const [id, expected] of [
      [0, "ok"],
      [1, "data_loss"],
    ] as const) {
      const stream = client.server({ id });
      assert.equal((await stream.receive())?.id, 1);
      const outcome = await stream.outcome;
      assert.deepEqual([outcome.code, outcome.trailers.get("x-trailer"), outcome.initiator], [expected, "t", "peer"]);
      assert.equal(await stream.outcome, outcome);
      if (id === 0) assert.equal(await stream.receive(), undefined);
      else await assert.rejects(stream.receive(), code("data_loss", /half of it is gone: é/));
    }
  },
);

live("C2: what a call held is released at its end, though nobody reads on", { impl: { server: many } }, async ({ client, channel }) => {
  const stream = client.server({ id: 5 });
  assert.equal((await stream.outcome).code, "ok");
  await until(() => channel.statistics().openStreams === 0);
  const ids: number[] = [];
  for await (const { id } of stream) ids.push(id);
  assert.deepEqual(ids, [0, 1, 2, 3, 4], "and what had come can still be read");
});

async function* many(request: { readonly id: number }): AsyncGenerator<{ id: number }> {
  for (let id = 0; id < request.id; id++) yield { id };
}

live("C3: break, throw, return() and the end of a block cancel, and the handler hears it", { impl: holding }, async ({ client }) => {
  ends.length = 0;
  for await (const _ of client.server({ id: 1 })) break;
  await until(() => ends.length === 1);
  await assert.rejects(
    (async () => {
      for await (const _ of client.server({ id: 1 })) throw new Error("mine");
    })(),
    /mine/,
  );
  await until(() => ends.length === 2);
  const iterator = client.server({ id: 1 })[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return();
  await until(() => ends.length === 3);
  const disposed = client.server({ id: 1 });
  await disposed.receive();
  await disposed[Symbol.asyncDispose]();
  await until(() => ends.length === 4);
  assert.deepEqual(ends, ["cancelled", "cancelled", "cancelled", "cancelled"]);
});

live("C3: cancel() before anything has come, and an aborted signal, end the handler", { impl: holding }, async ({ client, server }) => {
  ends.length = 0;
  const call = client.server({ id: 0 });
  await until(() => server.statistics().runningHandlers === 1);
  call.cancel("enough");
  await assert.rejects(call.receive(), code("cancelled", /enough/));
  await until(() => ends.length === 1);
  const abort = new AbortController();
  const unary = client.unary({}, { signal: abort.signal });
  await until(() => server.statistics().runningHandlers === 1);
  abort.abort();
  await assert.rejects(unary, code("cancelled"));
  await until(() => ends.length === 2);
});

live("C4: close() of a stream that its server does not end is bounded", { impl: holding }, async ({ client }) => {
  ends.length = 0;
  for (const id of [0, 1]) {
    const stream = client.server({ id }, { closeTimeoutMs: 50 });
    if (id > 0) await stream.receive();
    assert.equal((await stream.close()).code, "cancelled");
    assert.equal(await stream.receive(), undefined);
  }
  await until(() => ends.length === 2);
});

live(
  "C4: close() gives the end of a server that ends in time, and drops what comes before",
  { impl: { server: many } },
  async ({ client }) => {
    const stream = client.server({ id: 50 });
    assert.equal((await stream.close()).code, "ok");
    assert.equal(await stream.receive(), undefined);
  },
);

live("C4: close() half-closes", { impl: { bidi: echo }, needs: "streams of requests" }, async ({ client }) => {
  const talk = client.bidi();
  await talk.send({ id: 1 });
  assert.equal((await talk.close()).code, "ok");
});

async function* echo(requests: AsyncIterable<{ readonly id: number }>): AsyncGenerator<{ id: number }> {
  for await (const { id } of requests) yield { id };
}

live(
  "C4: close() of an endless stream drops closeMaxBytes and no more",
  {
    impl: {
      async *server(_request, context) {
        try {
          for (;;) yield { body: new Uint8Array(10_000) };
        } finally {
          ends.push(context.signal.aborted ? "aborted" : "not");
        }
      },
    },
  },
  async ({ client }) => {
    ends.length = 0;
    const stream = client.server({}, { closeMaxBytes: 100_000 });
    await stream.receive();
    const outcome = await stream.close();
    assert.equal(outcome.code, "cancelled");
    assert.match(outcome.message, /100000 bytes/);
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ["aborted"]);
  },
);

live("C5: the deadline ends calls, and the handler", { impl: holding }, async ({ client }) => {
  ends.length = 0;
  // connecting alone may take longer than the deadline, and then there is no handler to end
  for await (const _ of client.server({ id: 1 })) break;
  await until(() => ends.length === 1);
  const options = { timeoutMs: 60 };
  await assert.rejects(client.unary({}, options), code("deadline_exceeded"));
  const stream = client.server({ id: 1 }, options);
  await stream.receive();
  await assert.rejects(stream.receive(), code("deadline_exceeded"));
  await until(() => ends.length === 3);
  for (const end of ends) assert.ok(end === "deadline_exceeded" || end === "cancelled", end);
});

live("C5: the deadline ends an upload, and the handler", { impl: holding, needs: "streams of requests" }, async ({ client }) => {
  ends.length = 0;
  // connected first, as above
  for await (const _ of client.server({ id: 1 })) break;
  await until(() => ends.length === 1);
  ends.length = 0;
  await assert.rejects(client.client([{ id: 9 }], { timeoutMs: 60 }), code("deadline_exceeded"));
  await until(() => ends.length === 1);
  assert.ok(ends[0] === "deadline_exceeded" || ends[0] === "cancelled", ends[0]);
});

live("C5: a stream on which nothing moves ends in its idle time", { impl: holding }, async ({ client }) => {
  ends.length = 0;
  const stream = client.server({ id: 1 }, { idleTimeoutMs: 40 });
  await stream.receive();
  await assert.rejects(stream.receive(), code("deadline_exceeded", /idleTimeoutMs/));
  await until(() => ends.length === 1);
});

live(
  "C6: a receive that is given up loses nothing",
  {
    impl: {
      async *server(request) {
        for (let id = 0; id < request.id; id++) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield { id };
        }
      },
    },
  },
  async ({ client }) => {
    const stream = client.server({ id: 60 });
    const ids: number[] = [];
    let givenUp = 0;
    for (;;) {
      const abort = new AbortController();
      if (ids.length % 2 === 0) queueMicrotask(() => abort.abort());
      try {
        const message = await stream.receive(givenUp % 3 === 2 ? { timeoutMs: 0 } : { signal: abort.signal });
        if (message === undefined) break;
        ids.push(message.id);
      } catch (error) {
        givenUp++;
        assert.ok(["cancelled", "deadline_exceeded"].includes(String((error as RpcError).code)), String(error));
        await new Promise((resolve) => setImmediate(resolve));
        if (ids.length % 2 !== 0) continue;
        const message = await stream.receive();
        if (message === undefined) break;
        ids.push(message.id);
      }
    }
    assert.deepEqual(
      ids,
      Array.from({ length: 60 }, (_, id) => id),
    );
    assert.ok(givenUp > 10);
  },
);

let seen: { aborted: boolean; code: string } | undefined;

live(
  "C7: the handler's signal does not abort after a good end, which its `done` tells",
  {
    impl: {
      async unary(request, context) {
        void context.done.then(({ code }) => {
          seen = { aborted: context.signal.aborted, code: String(code) };
        });
        return request;
      },
    },
  },
  async ({ client }) => {
    seen = undefined;
    assert.equal((await client.unary({ id: 3 })).id, 3);
    await until(() => seen !== undefined);
    assert.deepEqual(seen, { aborted: false, code: "ok" });
  },
);

live(
  "C7: a generator's finally runs when its client leaves",
  {
    impl: {
      async *server(request, _context) {
        try {
          for (let id = 0; ; id++) {
            yield { id, body: new Uint8Array(request.id) };
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ends.push("finally");
        }
      },
    },
  },
  async ({ client }) => {
    ends.length = 0;
    for await (const { id } of client.server({ id: 100 })) if (id === 3) break;
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ["finally"]);
  },
);

live(
  "C7: a push rejects when its client leaves",
  {
    impl: {
      async server(_request, _context, out) {
        try {
          for (;;) {
            await out.send({ body: new Uint8Array(1_000) });
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } catch (error) {
          ends.push(String((error as RpcError).code));
          throw error;
        }
      },
    },
  },
  async ({ client }) => {
    ends.length = 0;
    for await (const _ of client.server({})) break;
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ["cancelled"]);
  },
);

live(
  "C7: a push of a bidi handler rejects when its client leaves",
  {
    impl: {
      async bidi(requests, _context, out) {
        try {
          for await (const _ of requests);
          for (;;) {
            await out.send({ body: new Uint8Array(1_000) });
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } catch (error) {
          ends.push(String((error as RpcError).code));
          throw error;
        }
      },
    },
    needs: "streams of requests",
  },
  async ({ client }) => {
    ends.length = 0;
    for await (const _ of client.bidi([{ id: 1 }])) break;
    await until(() => ends.length === 1);
    assert.deepEqual(ends, ["cancelled"]);
  },
);

let sent = 0;

live(
  "C8: a handler whose client does not read is held back, and goes on when it does",
  {
    impl: {
      async server(request, _context, out) {
        for (sent = 0; sent < request.id; sent++) await out.send({ id: sent, body: new Uint8Array(10_000) });
      },
    },
  },
  async ({ client }) => {
    const stream = client.server({ id: 3_000 });
    assert.equal((await stream.receive())?.id, 0);
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    // what the two ends and the kernel hold of 30 MB
    assert.ok(sent < 2_000, `${sent} messages of 10 kB were accepted`);
    let count = 1;
    for await (const { id } of stream) assert.equal(id, count++);
    assert.equal(count, 3_000);
  },
);

live(
  "C8: a client whose server does not read is held back, and goes on when it does",
  {
    impl: {
      async client(requests, context) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        context.responseTrailers.set("x-seen", "1");
        let id = 0;
        for await (const request of requests) id += request.body.length;
        return { id };
      },
    },
    needs: "streams of requests",
  },
  async ({ client }) => {
    let taken = 0;
    function* requests() {
      for (; taken < 2_000; taken++) yield { body: new Uint8Array(10_000) };
    }
    const response = client.client(requests());
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(taken < 1_500, `${taken} messages of 10 kB were taken`);
    assert.equal((await response).id, 20_000_000);
  },
);

live("C8: messages of many sizes pass whole, both ways", { impl: { unary: (request) => request } }, async ({ client }) => {
  for (const size of [0, 1, 4_095, 4_096, 16_384, 65_535, 70_000, 3_000_000]) {
    const body = Uint8Array.from({ length: size }, (_, i) => i * 7 + size);
    const response = await client.unary({ body });
    assert.ok(Buffer.compare(response.body, body) === 0, `${size} bytes`);
  }
});

live(
  "C8: a message that is too large is refused by either end",
  { impl: { unary: (request) => ({ body: new Uint8Array(request.id) }) } },
  async ({ client }) => {
    await assert.rejects(client.unary({ id: 5_000 }, { maxReceiveBytes: 4_000 }), code("resource_exhausted", /maxReceiveBytes/));
    await assert.rejects(client.unary({ body: new Uint8Array(5_000_000) }), code("resource_exhausted"));
  },
);

live(
  "C9: a send after the end rejects, and what was forgotten hurts nobody",
  {
    impl: {
      async client() {
        return { id: 5 };
      },
    },
    needs: "streams of requests",
  },
  async ({ client }) => {
    const up = client.client();
    void up.send({ id: 1 });
    assert.equal((await up.finish()).id, 5);
    await assert.rejects(Promise.resolve(up.send({ id: 2 })), code("failed_precondition"));
    const forgotten = client.client();
    void forgotten.send({ id: 1 });
    forgotten.cancel();
  },
);

live(
  "C12: closing the server with a parked handler is bounded; both sides are told `unavailable`",
  { impl: holding },
  async ({ client, server }) => {
    ends.length = 0;
    const stream = client.server({ id: 1 });
    await stream.receive();
    const began = performance.now();
    const report = await server.close({ graceMs: 30 });
    assert.ok(performance.now() - began < 2_000);
    assert.equal(report.cutOff.length, 1);
    await assert.rejects(stream.receive(), code("unavailable"));
    assert.deepEqual(ends, ["unavailable"]);
  },
);

live(
  "C12: closing the channel ends its calls, and the handlers hear of it",
  { impl: holding, needs: "a channel" },
  async ({ client, channel }) => {
    ends.length = 0;
    const stream = client.server({ id: 1 });
    await stream.receive();
    await channel.close();
    await assert.rejects(stream.receive(), code("unavailable"));
    await until(() => ends.length === 1);
    await assert.rejects(client.unary({}), code("unavailable", /closed/));
  },
);

live("C13: a task that fails ends the streams of its group", { impl: holding }, async ({ client }) => {
  ends.length = 0;
  await assert.rejects(
    withGroup(undefined, async (group) => {
      const stream = client.server({ id: 1 });
      group.own(stream);
      group.run(async () => {
        for await (const _ of stream);
      });
      group.run(async () => {
        await stream.headers;
        throw new Error("mine");
      });
    }),
    /mine/,
  );
  await until(() => ends.length === 1);
});

live("bidi by hand: both halves at once", { impl: { bidi: echo }, needs: "full duplex" }, async ({ client }) => {
  const talk = client.bidi();
  for (let id = 0; id < 20; id++) {
    await talk.send({ id });
    assert.equal((await talk.receive())?.id, id);
  }
  talk.closeSend();
  assert.equal(await talk.receive(), undefined);
});

live(
  "bidi by hand where responses follow requests: closeSend() first, or a clear error",
  { impl: { bidi: echo }, needs: "streams of requests" },
  async ({ client }) => {
    const talk = client.bidi();
    await talk.send({ id: 1 });
    talk.closeSend();
    assert.equal((await talk.receive())?.id, 1);
    assert.equal(await talk.receive(), undefined);
    const early = client.bidi();
    const asked = early.receive();
    void early.send({ id: 2 });
    const answer = await asked.then(
      (message) => message?.id,
      (error) => error,
    );
    if (answer !== 2) code("unimplemented", /closeSend\(\)/)(answer);
    early.cancel();
  },
);
