import assert from "node:assert/strict";
import { type Compression, encode, jsonCodec } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { EmptySchema } from "../../gen/grpc-testing_pb.js";
import { summing } from "./echo.js";
import { bytes, code, guarantee, idsOf } from "./world.js";

const small = encode(PayloadSchema, { id: 7, body: bytes(100) });
const large = encode(PayloadSchema, { id: 8, body: bytes(100_000) });

guarantee(
  "C8: an encoded message is taken wherever a message is sent, of every kind, by client and server",
  {
    impl: {
      unary: ({ id }) => (id === 7 ? small : Promise.resolve(large)),
      async *server(_request, _context, out) {
        yield small;
        await out.send(large);
        await out.whenWritable();
        assert.equal(out.trySend(small), true);
        yield { id: 1 };
      },
      async client(requests) {
        let id = 0;
        for await (const request of requests) id += request.id;
        return id === 0 ? {} : { id };
      },
      async *bidi(requests) {
        for await (const { id } of requests) yield id === 7 ? small : large;
      },
    },
  },
  async ({ client }) => {
    assert.equal((await client.unary(small)).id, 7);
    assert.deepEqual((await client.unary(large)).body, bytes(100_000));
    assert.deepEqual(await idsOf(client.server(small)), [7, 8, 7, 1]);
    const upload = client.client();
    await upload.send(small);
    await upload.send(large);
    await upload.whenWritable();
    assert.equal(upload.trySend(small), true);
    assert.equal((await upload.finish()).id, 22);
    assert.equal((await client.client([small, { id: 1 }, large])).id, 16);
    assert.deepEqual(await idsOf(client.bidi([large, small])), [8, 7]);
  },
);

guarantee(
  "C8: who receives a shared message may change it: others are given their own",
  {
    impl: {
      async *server() {
        for (let i = 0; i < 3; i++) yield small;
      },
    },
  },
  async ({ client }) => {
    const streams = [client.server({}), client.server({})];
    for (let i = 0; i < 3; i++) {
      for (const stream of streams) {
        const message = await stream.receive();
        assert.deepEqual(message?.body, bytes(100));
        message?.body.fill(0);
      }
    }
    for (const stream of streams) assert.equal(await stream.receive(), undefined);
  },
);

let compressed = 0;

/** Takes a message for one with every byte turned over. */
const turning: Compression = {
  name: "turn",
  compress(input) {
    compressed++;
    return input.map((byte) => byte ^ 0xff);
  },
  decompress: (input) => input.map((byte) => byte ^ 0xff),
};

guarantee(
  "C8: an encoded message is compressed once for all streams, and one stream may have it plain",
  {
    impl: {
      async *bidi(requests, context) {
        for await (const { id } of requests) {
          context.compress = id > 0;
          yield small;
        }
      },
    },
    compressions: [turning],
    responseCompressions: [turning],
    channel: { compression: turning },
  },
  async ({ client }) => {
    const request = encode(PayloadSchema, { id: 1 });
    compressed = 0;
    const streams = [client.bidi(), client.bidi(), client.bidi()];
    for (const stream of streams) {
      await stream.send(request);
      await stream.send(request, { compress: false });
      await stream.send(encode(PayloadSchema, {}), { compress: false });
      stream.closeSend();
    }
    for (const stream of streams) assert.deepEqual(await idsOf(stream), [7, 7, 7]);
    // the request, and the response when this is the first transport that asks for it
    assert.ok(compressed <= 2, `${compressed} compressions`);
  },
);

let jsonEncodings = 0;

guarantee(
  "C8: in another codec an encoded message is made once",
  {
    impl: summing,
    channel: {
      codec: {
        ...jsonCodec,
        encode(schema, message) {
          jsonEncodings++;
          return jsonCodec.encode(schema, message);
        },
      },
    },
  },
  async ({ client }) => {
    jsonEncodings = 0;
    const request = encode(PayloadSchema, { id: 5 });
    assert.equal((await client.client([request, request, request])).id, 15);
    assert.equal((await client.client([request])).id, 5);
    assert.equal(jsonEncodings, 1);
  },
);

const seen: unknown[] = [];

guarantee(
  "C8: interceptors see an encoded message decoded, once, and may replace it for their stream",
  {
    impl: summing,
    client: {
      interceptors: [
        (call, next) => {
          const add = Number(call.requestHeaders.get("add") ?? 0);
          call.mapSend((message) => {
            seen.push(message);
            return add === 0 ? message : { ...(message as object), id: (message as { id: number }).id + add };
          });
          return next();
        },
      ],
    },
  },
  async ({ client }) => {
    seen.length = 0;
    const request = encode(PayloadSchema, { id: 5 });
    assert.equal((await client.client([request, request])).id, 10);
    assert.equal((await client.client([request, request], { headers: { add: "1" } })).id, 12);
    assert.equal((await client.client([request])).id, 5);
    assert.equal(new Set(seen).size, 1, "decoded once");
    assert.equal((seen[0] as { id: number }).id, 5);
  },
);

guarantee(
  "C8: an interceptor that changes a shared message instead of replacing it fails its call",
  {
    impl: summing,
    client: {
      interceptors: [
        (call, next) => {
          call.mapSend((message) => {
            (message as { id: number }).id++;
            return message;
          });
          return next();
        },
      ],
    },
  },
  async ({ client }) => {
    await assert.rejects(client.client([encode(PayloadSchema, { id: 5 })]), code("internal", /read only/));
    assert.equal((await client.client([{ id: 5 }])).id, 6);
  },
);

guarantee(
  "C8: an encoded message of another type ends the call with an error that names both types",
  {
    impl: {
      ...summing,
      async *server() {
        yield encode(EmptySchema, {}) as never;
      },
    },
  },
  async ({ client }) => {
    const wrong = encode(EmptySchema, {}) as never;
    const names = /grpc\.testing\.Empty cannot be sent as bench\.v1\.Payload/;
    await assert.rejects(client.unary(wrong), code("internal", names));
    await assert.rejects(client.client([wrong]), code("internal", names));
    await assert.rejects(client.server({}).receive(), code("internal", names));
  },
);
