import assert from "node:assert/strict";
import { type Broadcast, createBroadcast, encode, type Interceptor } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { NO_CREDIT } from "./carriers.js";
import { bytes, code, guarantee, idsOf, listeners, stateOf } from "./world.js";

/* Who joins a broadcast and leaves it, in whatever order and at whatever moment. */

type Hub = Broadcast<typeof PayloadSchema>;

let hub: Hub;
let leave = new AbortController();

const collecting = {
  /** Gives the ids back, and so shows what each stream was sent. */
  async client(requests: AsyncIterable<{ id: number }>) {
    let name = "";
    for await (const { id } of requests) name += `${id} `;
    return { name };
  },
};

const fresh = (slowReader: "wait" | "end" | "drop-oldest" = "wait", maxWaiting = 16): void => {
  hub = createBroadcast(PayloadSchema, { slowReader, maxWaiting });
  leave = new AbortController();
};

guarantee("C8: streams that leave a broadcast in any order leave the others in it", { impl: collecting }, async ({ client }) => {
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
    [2, 0, 3, 1],
  ]) {
    fresh();
    const members = order.map(() => ({ call: client.client(), leave: new AbortController() }));
    const joined = members.map(({ call, leave: { signal } }) => hub.join(call, { signal }));
    let sent = 0;
    const expected = order.map(() => "");
    const inIt = new Set([0, 1, 2, 3]);
    const send = async (): Promise<void> => {
      sent++;
      for (const index of inIt) expected[index] += `${sent} `;
      await hub.send({ id: sent });
    };
    for (const index of order) {
      await send();
      members[index]?.leave.abort();
      inIt.delete(index);
      assert.equal(hub.size, inIt.size);
    }
    await send();
    for (const [index, { call }] of members.entries()) {
      assert.equal((await call.finish()).name, expected[index], `stream ${index} of ${order}`);
      await assert.rejects(joined[index] as Promise<void>, code("cancelled"));
    }
  }
});

guarantee(
  "C8: a stream that has left a broadcast may join it again, and be in another beside it; one that joins with an aborted signal is not in it",
  { impl: collecting },
  async ({ client }) => {
    fresh();
    const other = createBroadcast(PayloadSchema, { slowReader: "wait" });
    const upload = client.client();
    const joined = hub.join(upload, leave);
    leave.abort();
    await assert.rejects(joined, code("cancelled"));
    await assert.rejects(hub.join(upload, leave), code("cancelled", /left the broadcast/));
    assert.equal(hub.size, 0);
    void other.join(upload);
    void hub.join(upload);
    await hub.send(encode(PayloadSchema, { id: 1 }));
    await other.send({ id: 2 });
    assert.equal((await upload.finish()).name, "1 2 ");
    assert.deepEqual([hub.size, other.size], [0, 0]);
  },
);

guarantee(
  "C8: a stream that leaves a broadcast with its call, or since it is closed, leaves no listener on its signal; close() may come twice",
  { impl: collecting },
  async ({ client }) => {
    fresh();
    const uploads = [client.client(), client.client()];
    const [ended, closed] = uploads.map((upload) => hub.join(upload, leave));
    assert.equal(listeners(leave.signal), 2);
    void uploads[0]?.finish();
    await ended;
    assert.equal(listeners(leave.signal), 1);
    hub.close();
    hub.close();
    await closed;
    assert.equal(listeners(leave.signal), 0);
    assert.equal((await uploads[1]?.finish())?.name, "");
  },
);

guarantee(
  "C8: a handler need not await that its stream is in a broadcast: the end of its call is no unhandled rejection",
  {
    impl: {
      async server(_request, context, out) {
        void hub.join(out);
        await context.done;
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    const stream = client.server({});
    await settle();
    assert.equal(hub.size, 1);
    stream.cancel();
    await settle();
    assert.equal(hub.size, 0);
  },
);

/** What the interceptor of a test does with the next message. */
let onSend: (message: { id: number }) => void = () => {};

const mapping: Interceptor = (call, next) => {
  call.mapSend((message) => {
    onSend(message as { id: number });
    return message;
  });
  return next();
};

guarantee(
  "C8: a stream that joins while a message is being sent gets the next one first",
  { impl: collecting, client: { interceptors: [mapping] } },
  async ({ client }) => {
    fresh();
    const first = client.client();
    const late = client.client();
    onSend = () => {
      onSend = () => {};
      void hub.join(late);
    };
    void hub.join(first);
    await hub.send({ id: 1 });
    await hub.send({ id: 2 });
    hub.close();
    assert.equal((await first.finish()).name, "1 2 ");
    assert.equal((await late.finish()).name, "2 ");
  },
);

guarantee(
  "C8: streams that leave while a message is being sent, and after it, get no more, and the others do",
  { impl: collecting, client: { interceptors: [mapping] } },
  async ({ client }) => {
    for (const leaver of [0, 1, 2]) {
      fresh();
      const uploads = [client.client(), client.client(), client.client()];
      const leaves = uploads.map(() => new AbortController());
      for (const [index, upload] of uploads.entries()) hub.join(upload, leaves[index]).catch(() => {});
      let seen = 0;
      onSend = () => {
        if (seen++ === leaver) leaves[leaver]?.abort();
      };
      await hub.send({ id: 1 });
      onSend = () => {};
      assert.equal(hub.size, 2);
      const next = (leaver + 1) % 3;
      leaves[next]?.abort();
      assert.equal(hub.size, 1);
      await hub.send({ id: 2 });
      hub.close();
      for (const [index, upload] of uploads.entries()) {
        assert.equal((await upload.finish()).name, index === leaver || index === next ? "1 " : "1 2 ", `${index} of ${leaver}`);
      }
    }
  },
);

guarantee(
  "C8: a stream whose message cannot be sent has left once, and nothing waits for it",
  { impl: collecting, client: { interceptors: [mapping] } },
  async ({ client }) => {
    fresh("wait", 1);
    const upload = client.client();
    const joined = hub.join(upload);
    onSend = () => {
      throw new Error("refused");
    };
    assert.equal(hub.send({ id: 1 }), undefined);
    await assert.rejects(joined, code("internal", /refused/));
    assert.equal(hub.size, 0);
    assert.equal(hub.send({ id: 2 }), undefined);
    onSend = () => {};
  },
);

for (const how of ["fails", "leaves"] as const) {
  guarantee(
    `C8: a stream that ${how} while messages that waited are sent is sent no more of them, and has left once`,
    {
      impl: {
        async client(requests) {
          await hold;
          return collecting.client(requests);
        },
      },
      client: { interceptors: [mapping] },
      skip: NO_CREDIT,
    },
    async ({ client, settle }) => {
      fresh("drop-oldest");
      let open = (): void => {};
      hold = new Promise((resolve) => {
        open = resolve;
      });
      const upload = client.client();
      const joined = hub.join(upload, leave);
      onSend = () => {};
      for (let id = 0; id < 2; id++) {
        hub.send({ id: 5, body: bytes(1_000_000) });
        await settle();
      }
      for (let id = 1; id <= 4; id++) hub.send({ id });
      hub.close();
      assert.equal(hub.size, 1, "what waits is to be sent");
      onSend = ({ id }) => {
        if (id !== 2) return;
        if (how === "fails") throw new Error("refused");
        leave.abort();
      };
      open();
      await assert.rejects(joined, code(how === "fails" ? "internal" : "cancelled"));
      assert.equal(hub.size, 0);
      onSend = () => {};
      if (how === "leaves") assert.match((await upload.finish()).name, /^(5 )+1 2 $/);
    },
  );
}

let hold: Promise<void>;

guarantee(
  "C8: close() lets go of whoever waits for room in a broadcast, though its slowest reader takes nothing",
  {
    impl: {
      async server(_request, _context, out) {
        await hub.join(out);
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, settle }) => {
    fresh("wait", 1);
    const slow = client.server({});
    await settle();
    let room: Promise<void> | undefined;
    for (let id = 0; room === undefined; id++) {
      room = hub.send({ id, body: bytes(200_000) });
      await settle();
    }
    assert.equal(await stateOf(room), "pending");
    hub.close();
    await room;
    assert.equal(hub.size, 1);
    await idsOf(slow);
    await settle();
    assert.equal(hub.size, 0);
  },
);
