import assert from "node:assert/strict";
import { bytes, code, type Gate, gate, guarantee, stateOf } from "./world.js";

/** What happened on the server, in order. */
const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

guarantee(
  "C8: a consumer that stops costs a bounded number of bytes, and its neighbours go on",
  {
    impl: {
      async server(request, context, out) {
        try {
          for (;;) {
            await out.send({ body: bytes(10_000) });
            if (request.id === 1) heard.push("sent");
          }
        } finally {
          void context;
        }
      },
      unary: (request) => ({ id: request.id + 1 }),
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stopped = client.server({ id: 1 });
    await stopped.receive();
    await settle();
    const bound = heard.length;
    assert.ok(bound * 10_000 < 400_000, `${bound} messages of 10,000 bytes`);
    let bytesRead = 0;
    for await (const { body } of client.server({ id: 2 })) {
      bytesRead += body.length;
      if (bytesRead > 2_000_000) break;
    }
    for (let id = 0; id < 20; id++) assert.equal((await client.unary({ id })).id, id + 1);
    await settle();
    assert.equal(heard.length, bound);
    assert.equal((await stopped.receive())?.body.length, 10_000);
    stopped.cancel();
  },
);

guarantee(
  "C8: a handler that does not read stops the client, and its neighbours go on",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        let id = 0;
        for await (const _ of requests) id++;
        return { id };
      },
      unary: (request) => request,
    },
  },
  async ({ client, settle }) => {
    fresh();
    const upload = client.client();
    let accepted = 0;
    const body = bytes(10_000);
    for (;;) {
      const waiting = upload.send({ body });
      accepted++;
      await settle();
      if (waiting !== undefined && (await stateOf(waiting)) === "pending") break;
      assert.ok(accepted < 60, "no back-pressure");
    }
    assert.equal((await client.unary({ body: bytes(1_000_000) })).body.length, 1_000_000);
    hold.open();
    assert.equal((await upload.finish()).id, accepted);
  },
);

guarantee(
  "C8: 128 sends may wait that nobody awaits, in order; one more is a mistake",
  {
    impl: {
      async client(requests) {
        const ids: number[] = [];
        for await (const { id } of requests) ids.push(id);
        heard.push(ids.join());
        return {};
      },
    },
  },
  async ({ client }) => {
    fresh();
    const upload = client.client();
    const body = bytes(70_000);
    assert.equal(upload.send({ id: 0, body }), undefined);
    for (let id = 1; id <= 128; id++) void upload.send({ id });
    assert.throws(() => void upload.send({ id: 129 }), { name: "UsageError", message: /128/ });
    await upload.finish();
    assert.equal(heard[0], Array.from({ length: 129 }, (_, id) => id).join());
  },
);

guarantee(
  "C8: a generator that has 128 sends of its own waiting and yields has made the same mistake: its call ends with internal",
  {
    impl: {
      async *server(_request, _context, out) {
        // an unread message keeps the credit for the next
        void out.send({});
        void out.send({ body: bytes(400_000) });
        for (let id = 1; id <= 128; id++) void out.send({ id });
        try {
          yield { id: 129 };
        } finally {
          heard.push("returned");
        }
      },
    },
  },
  async ({ client, settle, logs, statusInBody, fullDuplex }) => {
    fresh();
    const stream = client.server({});
    await settle();
    // HTTP/1.1 and fetch take a message whole: a status can follow it
    const byReset = statusInBody && fullDuplex;
    await assert.rejects(
      async () => {
        for await (const _ of stream) heard.push("message");
      },
      code("internal", byReset ? /INTERNAL_ERROR/ : /the handler failed/),
    );
    assert.ok(heard.includes("returned"));
    assert.match(String(logs[0]?.error), /128 sends/);
  },
);

guarantee("C8: messages of no bytes wait like any others, with a connection and without one", {}, async (world) => {
  for (const reachable of ["up", "silent"] as const) {
    world.cut();
    await world.settle();
    world.reachable = reachable;
    const upload = world.client.client();
    let sent = 0;
    while (sent < 100_000 && upload.trySend({})) sent++;
    assert.ok(sent < 20_000, `${sent} messages were taken at once, ${reachable}`);
    upload.cancel();
    await world.settle();
  }
});
