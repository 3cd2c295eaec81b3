import assert from "node:assert/strict";
import { ContextValues, contextKey, jsonCodec, Metadata, RpcError } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { brotli, gzip } from "./compressions.js";
import { bytes, code, gate, guarantee, idsOf } from "./world.js";

const LARGE = bytes(3 * 1024 * 1024);

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
  for (let id = 1; id <= 3; id++) {
    await talk.send({ id });
    assert.equal((await talk.receive())?.id, id * 2);
  }
  talk.closeSend();
  assert.equal(await talk.receive(), undefined);
  assert.equal(await talk.receive(), undefined, "the end is given again and again");
  assert.equal((await talk.outcome).code, "ok");
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

guarantee("messages far larger than the window pass in all directions", { impl: echo }, async ({ client }) => {
  const reply = await client.unary({ body: LARGE });
  assert.deepEqual(Buffer.from(reply.body).equals(LARGE), true);
  let count = 0;
  for await (const { body } of client.server({ id: 3, body: LARGE })) {
    assert.ok(Buffer.from(body).equals(LARGE));
    count++;
  }
  assert.equal(count, 3);
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
  { impl: echo, pipe: { maxPieceBytes: 7 }, skip: { memory: "there are no pieces" } },
  async ({ client }) => {
    assert.ok(Buffer.from((await client.unary({ body: LARGE.subarray(0, 5_000) })).body).equals(LARGE.subarray(0, 5_000)));
    assert.deepEqual(await idsOf(client.bidi([{ id: 1 }, { id: 2 }])), [2, 4]);
  },
);

guarantee(
  "metadata goes both ways, bytes included, and headers come before messages",
  {
    impl: {
      unary(_request, context) {
        context.responseHeaders.set("got", context.requestHeaders.getAll("many").join("|"));
        context.responseHeaders.set("got-bin", context.requestHeaders.getBinary("some-bin") ?? new Uint8Array());
        context.responseTrailers.set("last", "word").append("last", "words");
        context.responseTrailers.set("last-bin", Uint8Array.of(0, 255));
        return {};
      },
    },
  },
  async ({ client }) => {
    const seen: string[] = [];
    const request = { headers: { many: ["a", "b"], "some-bin": Uint8Array.of(1, 2, 254) } };
    await client.unary(
      {},
      {
        ...request,
        onHeaders(headers) {
          seen.push(`headers ${headers.get("got")}`);
          assert.deepEqual(headers.getBinary("got-bin"), Uint8Array.of(1, 2, 254));
        },
        onTrailers(trailers) {
          seen.push(`trailers ${trailers.getAll("last").join()}`);
          assert.deepEqual(trailers.getBinary("last-bin"), Uint8Array.of(0, 255));
        },
      },
    );
    assert.deepEqual(seen, ["headers a|b", "trailers word,words"]);
    const headers = new Metadata([["many", "c"]]);
    await client.unary({}, { headers, onHeaders: (got) => assert.equal(got.get("got"), "c") });
    headers.set("many", "later");
  },
);

guarantee(
  "headers of a server stream come while its handler waits, before any message",
  {
    impl: {
      async *server(_request, context) {
        context.responseHeaders.set("early", "yes");
        await GATES[0]?.promise;
        yield { id: 1 };
      },
    },
  },
  async ({ client, settle }) => {
    GATES[0] = gate();
    const stream = client.server({});
    assert.equal((await stream.headers).get("early"), "yes");
    const first = stream.receive();
    await settle();
    GATES[0].open();
    assert.equal((await first)?.id, 1);
    assert.equal(await stream.receive(), undefined);
  },
);

guarantee(
  "headers of other kinds come with sendHeaders() or the first message; setting one later is a mistake that says so",
  {
    impl: {
      async unary(_request, context) {
        context.responseHeaders.set("a", "1");
        context.sendHeaders();
        assert.throws(() => context.responseHeaders.set("b", "2"), /have been sent/);
        await GATES[1]?.promise;
        return { id: 7 };
      },
      async *bidi(requests, context) {
        context.responseHeaders.set("a", "2");
        for await (const request of requests) yield request;
        assert.throws(() => context.responseHeaders.set("b", "2"), /have been sent/);
      },
    },
  },
  async ({ client, settle }) => {
    GATES[1] = gate();
    const seen: string[] = [];
    const reply = client.unary({}, { onHeaders: (headers) => void seen.push(headers.get("a") ?? "") });
    await settle();
    assert.deepEqual(seen, ["1"]);
    GATES[1].open();
    assert.equal((await reply).id, 7);
    const talk = client.bidi();
    void talk.headers.then((headers) => void seen.push(headers.get("a") ?? ""));
    await settle();
    assert.deepEqual(seen, ["1"]);
    await talk.send({ id: 1 });
    assert.equal((await talk.headers).get("a"), "2");
    assert.equal((await talk.receive())?.id, 1);
    talk.closeSend();
    assert.equal(await talk.receive(), undefined);
  },
);

const GATES: ReturnType<typeof gate<void>>[] = [];

guarantee(
  "headers resolve empty when a call ends well without them, and reject with its error when it ends badly",
  {
    impl: {
      async *server(request) {
        if (request.id === 1) throw new RpcError("not_found", "none");
        yield* [];
      },
    },
    service: { methods: { server: { earlyHeaders: false } } },
  },
  async ({ client }) => {
    const bad = client.server({ id: 1 });
    await assert.rejects(bad.headers, code("not_found"));
    await assert.rejects(bad.receive(), code("not_found"));
    const good = client.server({ id: 0 });
    assert.equal((await good.headers).size, 0);
    assert.equal((await good.outcome).code, "ok");
    assert.equal((await good.headers).size, 0);
  },
);

guarantee(
  "an error arrives whole: code, message of any characters, details, trailers; alone or after messages",
  {
    impl: {
      unary(_request, context) {
        context.responseTrailers.set("hint", "trailer");
        const details = [{ type: "bench.v1.Payload", value: Uint8Array.of(8, 42) }];
        throw new RpcError("failed_precondition", "50 % \n„ja“ 🙂", { details, metadata: { more: "meta" } });
      },
      async *server() {
        yield { id: 1 };
        throw new RpcError(77, "no name for this");
      },
      async client() {
        throw new RpcError("aborted", "");
      },
    },
  },
  async ({ client }) => {
    const error = (await client.unary({}).catch((caught: unknown) => caught)) as RpcError;
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, "failed_precondition");
    assert.equal(error.message, "50 % \n„ja“ 🙂");
    assert.equal(error.initiator, "peer");
    assert.equal(error.metadata.get("hint"), "trailer");
    assert.equal(error.metadata.get("more"), "meta");
    assert.equal(error.findDetails(PayloadSchema)[0]?.id, 42);
    const stream = client.server({});
    assert.equal((await stream.receive())?.id, 1);
    await assert.rejects(stream.receive(), code(77, /no name/));
    await assert.rejects(stream.receive(), code(77, /no name/));
    const outcome = await stream.outcome;
    assert.equal(outcome.code, 77);
    assert.equal(outcome.initiator, "peer");
    await assert.rejects(client.client([]), code("aborted"));
  },
);

guarantee(
  "what a handler throws by accident is internal, logged, and not told to the client",
  {
    impl: {
      unary() {
        throw new Error("secret");
      },
      async *server() {
        yield { id: 1 };
        throw new Error("secret");
      },
      async client() {
        throw new Error("secret");
      },
      async bidi() {
        return Promise.reject();
      },
    },
  },
  async ({ client, logs }) => {
    const silent = (error: unknown) => code("internal")(error) && !(error as Error).message.includes("secret");
    await assert.rejects(client.unary({}), silent);
    await assert.rejects(idsOf(client.server({})), silent);
    await assert.rejects(client.client([]), silent);
    await assert.rejects(idsOf(client.bidi([])), silent);
    assert.deepEqual(
      logs.map(({ event, method }) => `${event} ${method}`),
      ["Unary", "Server", "Client", "Bidi"].map((name) => `handler-failed /bench.v1.Bench/${name}`),
    );
  },
);

guarantee(
  "a response that is no message is internal, and says what is wrong",
  {
    impl: {
      unary: () => ({ id: "x" as unknown as number }),
      async *server() {
        yield { id: 1 };
        yield { id: "x" as unknown as number };
      },
    },
  },
  async ({ client }) => {
    await assert.rejects(client.unary({}), code("internal", /bench.v1.Payload cannot be encoded/));
    await assert.rejects(idsOf(client.server({})), code("internal", /cannot be encoded/));
  },
);

guarantee("a request that is no message ends the call and says so", { impl: echo }, async ({ client }) => {
  await assert.rejects(client.unary({ id: "x" as unknown as number }), code("internal", /bench.v1.Payload cannot be encoded/));
  const talk = client.bidi();
  await assert.rejects(Promise.resolve(talk.send({ id: "x" as unknown as number })), code("internal"));
  await assert.rejects(talk.receive(), code("internal"));
  assert.equal((await talk.outcome).code, "internal");
});

guarantee("a method or service that is not there is unimplemented, by name", { impl: {} }, async ({ client, channel }) => {
  await assert.rejects(client.unary({}), code("unimplemented", /Unary/));
  await assert.rejects(idsOf(client.server({})), code("unimplemented", /Server/));
  await assert.rejects(client.client([]), code("unimplemented", /Client/));
  await assert.rejects(idsOf(client.bidi([])), code("unimplemented", /Bidi/));
  assert.equal(channel.statistics().totalCalls, 4);
});

guarantee("JSON works as protobuf does", { impl: echo, channel: { codec: jsonCodec } }, async ({ client }) => {
  assert.equal((await client.unary({ id: 41 })).id, 42);
  assert.deepEqual(await idsOf(client.bidi([{ id: 1 }, { id: 2 }])), [2, 4]);
});

const COMPRESSIBLE = new Uint8Array(100_000);

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
  async ({ client }) => {
    COMPRESSED.length = 0;
    const talk = client.bidi();
    await talk.send({ id: 0, body: COMPRESSIBLE });
    assert.equal((await talk.receive())?.body.length, COMPRESSIBLE.length);
    await talk.send({ id: 1, body: COMPRESSIBLE }, { compress: false });
    assert.equal((await talk.receive())?.body.length, COMPRESSIBLE.length);
    await talk.close();
    assert.deepEqual(COMPRESSED, ["server true true", "client true true", "server false false", "client false false"]);
    COMPRESSED.length = 0;
    await client.unary({ body: COMPRESSIBLE }, { compression: "identity" });
    await client.unary({ body: COMPRESSIBLE }, { compression: "br" });
    assert.deepEqual(COMPRESSED, ["server false false", "client true true", "server true true", "client true true"]);
    assert.throws(() => void client.unary({}, { compression: "lzma" }), { name: "UsageError", message: /identity, gzip, br/ });
  },
);

const COMPRESSED: string[] = [];

guarantee(
  "a compression that the server does not know is unimplemented, with what it knows",
  {
    impl: echo,
    compressions: [gzip],
    channel: { compressions: [gzip, brotli], compression: brotli },
  },
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

const USER = contextKey<string>("nobody", "user");

guarantee(
  "context values go from interceptors to handlers, and never over the wire",
  {
    impl: { unary: (_request, context) => ({ name: context.values.get(USER) }) },
    serverInterceptors: [
      (call, next) => {
        if (call.requestHeaders.has("user")) call.values.set(USER, call.requestHeaders.get("user") as string);
        return next();
      },
    ],
    client: {
      interceptors: [
        (call, next) => {
          const user = call.values.get(USER);
          if (user !== "nobody") call.requestHeaders.set("user", user);
          return next();
        },
      ],
    },
  },
  async ({ client }) => {
    assert.equal((await client.unary({})).name, "nobody");
    assert.equal((await client.unary({}, { values: new ContextValues().set(USER, "ada") })).name, "ada");
  },
);

guarantee(
  "messages of every size around frames, windows and marks are whole, alone and one after the other",
  { impl: echo },
  async ({ client }) => {
    for (const edge of [1_024, 8_192, 16_384, 32_768, 65_535, 131_072]) {
      const sizes = [-40, -6, -5, -1, 0, 1, 600].map((more) => edge + more);
      for (const size of sizes) assert.equal((await client.unary({ body: LARGE.subarray(0, size) })).body.length, size);
      const replies = client.bidi(sizes.map((size) => ({ id: size, body: LARGE.subarray(0, size) })));
      for await (const { id, body } of replies) assert.equal(body.length * 2, id);
      let count = 0;
      for await (const { body } of client.server({ id: 4, body: LARGE.subarray(0, edge + 1) })) count += body.length;
      assert.equal(count, 4 * (edge + 1));
    }
  },
);
