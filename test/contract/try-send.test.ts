import assert from "node:assert/strict";
import { aborted, bytes, code, type Gate, gate, guarantee, stateOf } from "./world.js";

/** What happened on the server, in order. */
const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

const body = bytes(20_000);

/** What a stream is sent by, on either side. */
interface Writer {
  trySend(message: { id: number; body?: Uint8Array }): boolean;
  whenWritable(): Promise<void>;
}

/** Sends until nothing more is accepted; returns how many were. */
function fill(writer: Writer): number {
  let accepted = 0;
  while (writer.trySend({ id: accepted, body })) {
    accepted++;
    assert.ok(accepted < 100, "nothing stops the writer");
  }
  return accepted;
}

guarantee(
  "C8: trySend() sends what has room and nothing else; whenWritable() says when there is room again",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        for await (const { id } of requests) heard.push(`${id}`);
        return { id: heard.length };
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const upload = client.client();
    let next = 0;
    // fills the way to the handler, turn by turn
    for (let idle = 0; idle < 3; idle++) {
      await settle();
      for (; upload.trySend({ id: next, body }); idle = 0) next++;
    }
    assert.ok(next * 20_000 < 400_000, `${next} messages of 20,000 bytes`);
    const writable = upload.whenWritable();
    await settle();
    assert.equal(await stateOf(writable), "pending");
    assert.equal(upload.trySend({ id: 99 }), false);
    hold.open();
    await writable;
    assert.equal(upload.trySend({ id: next++ }), true);
    assert.equal((await upload.finish()).id, next);
    assert.deepEqual(
      heard,
      Array.from({ length: next }, (_, id) => `${id}`),
    );
    assert.equal(upload.trySend({ id: next }), false);
    await assert.rejects(upload.whenWritable(), code("failed_precondition"));
  },
);

guarantee(
  "C8: a handler's trySend() follows the client's pace, and ends with the call",
  {
    impl: {
      async server(_request, context, out) {
        const accepted = fill(out);
        heard.push(`accepted ${accepted > 0}`);
        try {
          for (;;) {
            await out.whenWritable();
            fill(out);
          }
        } finally {
          heard.push(`${out.trySend({ id: 0 })} ${context.signal.aborted}`);
        }
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stream = client.server({});
    for (let i = 0; i < 50; i++) assert.equal((await stream.receive())?.body.length, 20_000);
    await settle();
    stream.cancel();
    await settle();
    assert.deepEqual(heard, ["accepted true", "false true"]);
  },
);

guarantee(
  "C8: whenWritable() rejects with the call's error when the call ends, and with failed_precondition after the half-close",
  {
    impl: {
      async bidi(_requests, context) {
        await aborted(context.signal);
      },
    },
  },
  async ({ client, settle }) => {
    const talk = client.bidi();
    for (let idle = 0; idle < 3; idle++) {
      await settle();
      while (talk.trySend({ body })) idle = 0;
    }
    const waiting = talk.whenWritable();
    assert.equal(talk.whenWritable(), waiting, "one promise for all who ask");
    talk.cancel("enough");
    await assert.rejects(waiting, code("cancelled", /enough/));
    await assert.rejects(talk.whenWritable(), code("cancelled", /enough/));
    assert.equal(talk.trySend({}), false);

    const other = client.bidi();
    await other.whenWritable();
    other.closeSend();
    assert.equal(other.trySend({}), false);
    await assert.rejects(other.whenWritable(), code("failed_precondition", /closeSend/));
    other.cancel();
  },
);

guarantee(
  "C8: trySend() before there is a connection is accepted up to the outbox, and after what interceptors hold back",
  {
    impl: {
      async client(requests) {
        for await (const { id } of requests) heard.push(`${id}`);
        return {};
      },
    },
    client: {
      interceptors: [
        async (_call, next) => {
          await hold.promise;
          await next();
        },
      ],
    },
  },
  async ({ client, settle }) => {
    fresh();
    const upload = client.client();
    void upload.send({ id: 1 });
    assert.equal(upload.trySend({ id: 2 }), false, "it would overtake");
    const writable = upload.whenWritable();
    await settle();
    assert.equal(await stateOf(writable), "pending");
    hold.open();
    await writable;
    assert.equal(upload.trySend({ id: 2 }), true);
    await upload.finish();
    assert.deepEqual(heard, ["1", "2"]);
  },
);

guarantee(
  "C8: a message that cannot be encoded ends the call, by trySend() as by send()",
  {
    impl: {
      async *bidi(_requests, context) {
        yield { id: 1 };
        await aborted(context.signal);
      },
    },
  },
  async ({ client }) => {
    const talk = client.bidi();
    assert.equal(talk.trySend({ id: "no number" as never }), false);
    assert.equal((await talk.outcome).code, "internal");
  },
);
