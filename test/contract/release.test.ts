import assert from "node:assert/strict";
import { RpcError } from "sluice";
import { HALF_DUPLEX } from "./carriers.js";
import { fresh, heard, parked, untilCutOff } from "./parked.js";
import { code, guarantee, idsOf, listeners } from "./world.js";

guarantee(
  "C2: a stream whose messages nobody reads is released when its transport ends, and the messages stay readable",
  {
    impl: {
      async *server() {
        for (let id = 1; id <= 3; id++) yield { id };
      },
    },
  },
  async ({ client, settle, server, channel }) => {
    const abort = new AbortController();
    const stream = client.server({}, { signal: abort.signal, timeoutMs: 1_000 });
    await settle();
    assert.equal(server.statistics().openCalls, 0);
    assert.equal(channel.statistics().openCalls, 0);
    assert.equal(channel.statistics().openStreams, 0);
    assert.equal(listeners(abort.signal), 0);
    abort.abort();
    assert.deepEqual(await idsOf(stream), [1, 2, 3]);
    assert.equal((await stream.outcome).code, "ok");
  },
);

guarantee(
  "C2: after the server's error, and after a lost connection, what came before stays readable; then the error, every time",
  {
    impl: {
      async *server(request, context) {
        yield { id: 1 };
        yield { id: 2 };
        if (request.id === 1) throw new RpcError("data_loss", "no more");
        await untilCutOff(context);
      },
    },
  },
  async ({ client, settle, cut }) => {
    const failed = client.server({ id: 1 });
    const lost = client.server({ id: 2 });
    await settle();
    cut();
    await settle();
    for (const [stream, expected] of [
      [failed, "data_loss"],
      [lost, "unavailable"],
    ] as const) {
      assert.equal((await stream.receive())?.id, 1);
      assert.equal((await stream.receive())?.id, 2);
      await assert.rejects(stream.receive(), code(expected));
      await assert.rejects(stream.receive(), code(expected));
      await assert.rejects(idsOf(stream), code(expected));
      assert.equal((await stream.outcome).code, expected);
    }
  },
);

guarantee(
  "C2: after a local cancel or deadline the inbox is dropped, and receive rejects at once",
  { impl: parked },
  async ({ client, settle, advance }) => {
    fresh();
    const cancelled = client.server({ id: 3 });
    const expired = client.server({ id: 3 }, { timeoutMs: 10 });
    await settle();
    cancelled.cancel(new Error("enough"));
    await assert.rejects(
      cancelled.receive(),
      (error: RpcError) => code("cancelled", /enough/)(error) && (error.cause as Error).message === "enough",
    );
    await advance(11);
    await assert.rejects(expired.receive(), code("deadline_exceeded"));
  },
);

guarantee(
  "C3: leaving a loop by break, return or throw cancels the call, and the server hears it",
  { impl: parked },
  async ({ client, settle }) => {
    const ways: ((stream: AsyncIterable<unknown>) => Promise<void>)[] = [
      async (stream) => {
        for await (const _ of stream) break;
      },
      async (stream) => {
        for await (const _ of stream) return;
      },
      async (stream) => {
        for await (const _ of stream) throw new Error("mine");
      },
    ];
    for (const leave of ways) {
      fresh();
      const stream = client.server({ id: 2 });
      await leave(stream).catch((error: Error) => assert.equal(error.message, "mine"));
      assert.equal((await stream.outcome).code, "cancelled");
      await settle();
      assert.equal(heard.reason?.code ?? "cancelled", "cancelled");
      assert.equal(heard.finished, 1);
      await assert.rejects(stream.receive(), code("cancelled"));
    }
  },
);

guarantee(
  "C3: the end of an `await using` block cancels every kind of stream, at once",
  { impl: parked },
  async ({ client, settle, server }) => {
    for (const open of [() => client.server({ id: 1 }), () => client.client(), () => client.bidi()]) {
      const stream = open();
      await settle();
      assert.equal(server.statistics().runningHandlers, 1);
      await stream[Symbol.asyncDispose]();
      assert.equal((await stream.outcome).code, "cancelled");
      await settle();
      assert.equal(server.statistics().runningHandlers, 0);
      await stream[Symbol.asyncDispose]();
    }
  },
);

guarantee(
  "C3: leaving the loop over a bidi call returns the request iterator, also one that is parked",
  { impl: parked, skip: HALF_DUPLEX },
  async ({ client, settle }) => {
    fresh();
    let returned = 0;
    const never = {
      [Symbol.asyncIterator]() {
        let sent = 0;
        return {
          next: () => (sent++ === 0 ? Promise.resolve({ value: { id: 1 }, done: false as const }) : new Promise<never>(() => {})),
          return() {
            returned++;
            return new Promise<never>(() => {});
          },
        };
      },
    };
    for await (const { id } of client.bidi(never)) {
      assert.equal(id, 1);
      break;
    }
    await settle();
    assert.equal(returned, 1);
    assert.equal(heard.finished, 1);
  },
);
