import assert from "node:assert/strict";
import { jsonCodec } from "sluice";
import { HALF_DUPLEX } from "./carriers.js";
import { bytes, guarantee, idsOf } from "./world.js";

const LARGE = bytes(3 * 1024 * 1024);

/** Around frames, windows and marks. */
const SIZES = [1_024, 8_192, 16_384, 32_768, 65_535, 131_072].map((edge) => ({
  edge,
  sizes: [-40, -6, -5, -1, 0, 1, 600].map((more) => edge + more),
}));

const echo = {
  unary: (request: { id: number; body: Uint8Array }) => ({ id: request.id + 1, body: request.body }),
  async *server(request: { id: number; body: Uint8Array }) {
    for (let id = 0; id < request.id; id++) yield { id, body: request.body };
  },
  async client(requests: AsyncIterable<{ id: number }>) {
    let id = 0;
    for await (const request of requests) id += request.id;
    return { id };
  },
  async *bidi(requests: AsyncIterable<{ id: number; body: Uint8Array }>) {
    for await (const { id, body } of requests) yield { id: id * 2, body };
  },
};

guarantee("the four kinds carry their messages, in order", { impl: echo }, async ({ client }) => {
  assert.equal((await client.unary({ id: 1 })).id, 2);
  assert.deepEqual(await idsOf(client.server({ id: 5 })), [0, 1, 2, 3, 4]);
  const upload = client.client();
  for (let id = 1; id <= 4; id++) await upload.send({ id });
  assert.equal((await upload.finish()).id, 10);
  assert.equal(await upload.finish(), await upload.finish());
  const talk = client.bidi();
  for (let id = 1; id <= 3; id++) await talk.send({ id });
  talk.closeSend();
  for (let id = 1; id <= 3; id++) assert.equal((await talk.receive())?.id, id * 2);
  assert.equal(await talk.receive(), undefined);
  assert.equal(await talk.receive(), undefined, "the end is given again and again");
  assert.equal((await talk.outcome).code, "ok");
});

guarantee("a bidi call answers each request as it comes", { impl: echo, skip: HALF_DUPLEX }, async ({ client }) => {
  const talk = client.bidi();
  for (let id = 1; id <= 3; id++) {
    await talk.send({ id });
    assert.equal((await talk.receive())?.id, id * 2);
  }
  talk.closeSend();
  assert.equal(await talk.receive(), undefined);
});

guarantee("requests can be given as an iterable", { impl: echo }, async ({ client }) => {
  const messages = [{ id: 1 }, { id: 2 }, { id: 3 }];
  async function* slowly() {
    for (const message of messages) {
      await null;
      yield message;
    }
  }
  assert.equal((await client.client(messages)).id, 6);
  assert.equal((await client.client(slowly())).id, 6);
  assert.deepEqual(await idsOf(client.bidi(messages)), [2, 4, 6]);
  assert.deepEqual(await idsOf(client.bidi(slowly())), [2, 4, 6]);
});

guarantee("empty streams and empty messages are what they are", { impl: echo }, async ({ client }) => {
  assert.deepEqual(await idsOf(client.server({ id: 0 })), []);
  assert.equal((await client.client([])).id, 0);
  assert.equal((await client.client().finish()).id, 0);
  assert.deepEqual(await idsOf(client.bidi([])), []);
  assert.deepEqual(await idsOf(client.bidi([{}])), [0]);
  assert.equal((await client.unary({})).id, 1);
});

guarantee("messages far larger than the window pass in each direction", { impl: echo }, async ({ client }) => {
  const reply = await client.unary({ body: LARGE });
  assert.deepEqual(Buffer.from(reply.body).equals(LARGE), true);
  let count = 0;
  for await (const { body } of client.server({ id: 3, body: LARGE })) {
    assert.ok(Buffer.from(body).equals(LARGE));
    count++;
  }
  assert.equal(count, 3);
});

guarantee("messages far larger than the window pass in both directions at once", { impl: echo, skip: HALF_DUPLEX }, async ({ client }) => {
  const talk = client.bidi();
  const sent = Promise.all([talk.send({ body: LARGE }), talk.send({ body: LARGE })]);
  assert.ok(Buffer.from((await talk.receive())?.body ?? []).equals(LARGE));
  assert.ok(Buffer.from((await talk.receive())?.body ?? []).equals(LARGE));
  await sent;
  talk.closeSend();
  assert.equal(await talk.receive(), undefined);
});

guarantee(
  "a message that comes in very small pieces is whole",
  {
    impl: echo,
    network: { maxPieceBytes: 7 },
    skip: { memory: "there are no pieces", http1: "node:http is given no pieces", fetch: "fetch shows no pieces" },
  },
  async ({ client }) => {
    assert.ok(Buffer.from((await client.unary({ body: LARGE.subarray(0, 5_000) })).body).equals(LARGE.subarray(0, 5_000)));
    assert.deepEqual(await idsOf(client.bidi([{ id: 1 }, { id: 2 }])), [2, 4]);
  },
);

guarantee("JSON works as protobuf does", { impl: echo, channel: { codec: jsonCodec } }, async ({ client }) => {
  assert.equal((await client.unary({ id: 41 })).id, 42);
  assert.deepEqual(await idsOf(client.bidi([{ id: 1 }, { id: 2 }])), [2, 4]);
});

guarantee(
  "messages of every size around frames, windows and marks are whole, alone and one after the other",
  { impl: echo },
  async ({ client }) => {
    for (const { edge, sizes } of SIZES) {
      for (const size of sizes) assert.equal((await client.unary({ body: LARGE.subarray(0, size) })).body.length, size);
      let count = 0;
      for await (const { body } of client.server({ id: 4, body: LARGE.subarray(0, edge + 1) })) count += body.length;
      assert.equal(count, 4 * (edge + 1));
    }
  },
);

guarantee(
  "messages of every size around frames, windows and marks are whole, in both directions at once",
  { impl: echo, skip: HALF_DUPLEX },
  async ({ client }) => {
    for (const { sizes } of SIZES) {
      const replies = client.bidi(sizes.map((size) => ({ id: size, body: LARGE.subarray(0, size) })));
      for await (const { id, body } of replies) assert.equal(body.length * 2, id);
    }
  },
);
