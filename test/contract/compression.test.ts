import assert from "node:assert/strict";
import { encode } from "sluice";
import { brotli, gzip } from "sluice/node";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { hasPlainUnary } from "./dialect.js";
import { code, guarantee, idsOf } from "./world.js";

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

/** Less than a stream takes ahead of a handler that waits for the end of its requests, in base64 too. */
const COMPRESSIBLE = new Uint8Array(40_000);

guarantee(
  "messages are compressed both ways, and each can be left as it is",
  {
    impl: {
      async *bidi(requests, context) {
        for await (const request of requests) {
          context.compress = request.id !== 1;
          yield request;
        }
      },
      unary: (request) => request,
    },
    compressions: [gzip, brotli],
    responseCompressions: [gzip],
    channel: { compression: gzip },
    serverInterceptors: [
      (call, next) => {
        call.mapReceive((message, info) => {
          COMPRESSED.push(`server ${info.compressed} ${info.encodedBytes < 1_000}`);
          return message;
        });
        return next();
      },
    ],
    client: {
      interceptors: [
        (call, next) => {
          call.mapReceive((message, info) => {
            COMPRESSED.push(`client ${info.compressed} ${info.encodedBytes < 1_000}`);
            return message;
          });
          return next();
        },
      ],
    },
  },
  async ({ client, readable, carrier, protocol }) => {
    COMPRESSED.length = 0;
    const talk = client.bidi();
    await talk.send({ id: 0, body: COMPRESSIBLE });
    await talk.send({ id: 1, body: COMPRESSIBLE }, { compress: false });
    readable(talk);
    for (let id = 0; id < 2; id++) assert.equal((await talk.receive())?.body.length, COMPRESSIBLE.length);
    await talk.close();
    assert.deepEqual(compressed("server"), ["true true", "false false"]);
    assert.deepEqual(compressed("client"), ["true true", "false false"]);
    COMPRESSED.length = 0;
    await client.unary({ body: COMPRESSIBLE }, { compression: "identity" });
    await client.unary({ body: COMPRESSIBLE }, { compression: "br" });
    // fetch asks itself for bodies that are compressed as a whole
    const answer = carrier === "fetch" && hasPlainUnary(protocol) ? "client false false" : "client true true";
    assert.deepEqual(COMPRESSED, ["server false false", answer, "server true true", answer]);
    assert.throws(() => void client.unary({}, { compression: "lzma" }), { name: "UsageError", message: /identity, gzip, br/ });
  },
);

const COMPRESSED: string[] = [];

function compressed(side: string): string[] {
  return COMPRESSED.filter((line) => line.startsWith(side)).map((line) => line.slice(side.length + 1));
}

guarantee(
  "a message of no bytes in an envelope is never compressed",
  {
    impl: {
      async *bidi(requests) {
        for await (const request of requests) yield request;
      },
    },
    compressions: [gzip],
    responseCompressions: [gzip],
    channel: { compression: gzip },
    serverInterceptors: [
      (call, next) => {
        call.mapReceive((message, { compressed, encodedBytes }) => {
          COMPRESSED.push(`server ${compressed} ${encodedBytes === 0}`);
          return message;
        });
        return next();
      },
    ],
    client: {
      interceptors: [
        (call, next) => {
          call.mapReceive((message, { compressed, encodedBytes }) => {
            COMPRESSED.push(`client ${compressed} ${encodedBytes === 0}`);
            return message;
          });
          return next();
        },
      ],
    },
  },
  async ({ client, readable }) => {
    COMPRESSED.length = 0;
    const talk = client.bidi();
    for (const message of [{}, encode(PayloadSchema, {})]) await talk.send(message);
    readable(talk);
    for (let id = 0; id < 2; id++) assert.equal((await talk.receive())?.id, 0);
    assert.equal((await talk.close()).code, "ok");
    assert.deepEqual(compressed("server"), ["false true", "false true"]);
    assert.deepEqual(compressed("client"), ["false true", "false true"]);
  },
);

guarantee(
  "a compression that the server does not know is unimplemented, with what it knows",
  { unaryOnly: true, impl: echo, compressions: [gzip], channel: { compressions: [gzip, brotli], compression: brotli } },
  async ({ client }) => {
    await assert.rejects(client.unary({}), code("unimplemented", /"?br"?.*gzip/));
  },
);

guarantee(
  "a message that grows beyond the limit when it is decompressed is resource_exhausted, on both sides",
  {
    impl: {
      unary: () => ({ body: new Uint8Array(300_000) }),
      async *server() {
        yield { body: new Uint8Array(300_000) };
      },
      async client(requests) {
        for await (const _ of requests);
        return {};
      },
    },
    compressions: [gzip],
    responseCompressions: [gzip],
    channel: { compression: gzip },
    maxReceiveBytes: 200_000,
  },
  async ({ client }) => {
    await assert.rejects(client.unary({}), code("resource_exhausted", /200000/));
    await assert.rejects(idsOf(client.server({})), code("resource_exhausted", /200000/));
    await assert.rejects(client.unary({ body: new Uint8Array(300_000) }), code("resource_exhausted", /200000/));
    await assert.rejects(client.client([{ body: new Uint8Array(300_000) }]), code("resource_exhausted", /200000/));
  },
);

guarantee(
  "a message that announces more than maxReceiveBytes is refused at its prefix, on both sides; the limit itself passes",
  {
    impl: {
      unary: (request) => ({ body: new Uint8Array(request.id) }),
      async *server(request) {
        yield { id: 1 };
        yield { body: new Uint8Array(request.id) };
      },
      async client(requests) {
        for await (const _ of requests);
        return {};
      },
    },
    maxReceiveBytes: 10_000,
  },
  async ({ client }) => {
    assert.equal((await client.unary({ id: 9_997 })).body.length, 9_997);
    await assert.rejects(client.unary({ id: 9_998 }), code("resource_exhausted", /10001 bytes.*10000/));
    await assert.rejects(client.unary({ body: new Uint8Array(9_998) }), code("resource_exhausted", /10001 bytes.*10000/));
    await assert.rejects(client.client([{}, { body: new Uint8Array(1_000_000) }]), code("resource_exhausted"));
    const stream = client.server({ id: 50_000 });
    // the fault is this side's: what came before it is dropped, as after a cancel
    await assert.rejects(idsOf(stream), code("resource_exhausted"));
    assert.equal((await stream.outcome).initiator, "engine");
    assert.equal((await client.unary({ id: 20_000 }, { maxReceiveBytes: 30_000 })).body.length, 20_000);
  },
);
