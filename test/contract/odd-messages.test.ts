import assert from "node:assert/strict";
import { createClient, jsonCodec } from "sluice";
import { gzip } from "sluice/node";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { connectClient } from "../../src/protocol/connect/index.js";
import { HALF_DUPLEX, NO_CREDIT } from "./carriers.js";
import { type Acceptor, type Dialect, envelope, hasPlainUnary, NO_BYTES } from "./dialect.js";
import { echo } from "./echo.js";
import { RawClient } from "./raw-client.js";
import { type RawAnswer, raw } from "./raw-server.js";
import { aborted, bytes, code, gate, guarantee, idsOf, turn } from "./world.js";

/* Messages of no byte, messages that nobody reads, errors that are no errors, requests without a body. */

let script: (answer: RawAnswer) => void = () => {};
const acceptor = raw((answer) => script(answer));

const named = ({ encoding }: Dialect): Record<string, string> => ({ [encoding]: "gzip" });

guarantee(
  "a message of no byte that is called compressed is an empty one where a compression was named, and breaks the protocol where none was",
  { acceptor, compressions: [gzip] },
  async ({ client }) => {
    script = (answer) => void answer.head(named(answer.dialect)).message(NO_BYTES, 1).end();
    assert.deepEqual(await idsOf(client.server({})), [0]);
    script = (answer) => void answer.head().message(NO_BYTES, 1).end();
    await assert.rejects(idsOf(client.server({})), code("internal", /without naming a compression/));
    script = (answer) => void answer.head().message(NO_BYTES).end();
    assert.deepEqual(await idsOf(client.server({})), [0]);
  },
);

guarantee(
  "a body of no byte is an empty message, though its head names a compression",
  { acceptor, compressions: [gzip] },
  async ({ client }) => {
    script = (answer) => {
      answer.head(named(answer.dialect));
      if (answer.dialect.statusIn === "head") answer.body(NO_BYTES, true);
      else answer.message(NO_BYTES).end();
    };
    assert.equal((await client.unary({})).id, 0);
  },
);

guarantee(
  "an empty message is not called compressed, whatever was agreed",
  {
    impl: {
      async *server() {
        yield {};
      },
    },
    compressions: [gzip],
    responseCompressions: [gzip],
  },
  async (world) => {
    const client = new RawClient(world);
    await turn();
    const path = "/bench.v1.Bench/Server";
    const probe = client.request(path);
    probe.exchange.reset(8);
    const call = client.request(path, { [probe.dialect.encoding.replace(/(content-)?encoding$/, "accept-encoding")]: "gzip" });
    call.message(NO_BYTES).end();
    await world.settle();
    assert.equal(call.get(probe.dialect.encoding), "gzip");
    assert.deepEqual([...call.response.subarray(0, 5)], [0, 0, 0, 0, 0]);
    client.close();
    await world.settle();
  },
);

guarantee(
  "what a codec throws that is no error is told all the same, and what is one by its message alone",
  {
    impl: echo,
    channel: {
      codec: {
        ...jsonCodec,
        encode(_schema, message) {
          throw (message as { id?: number }).id === 1 ? "as a text" : new Error("as an error");
        },
      },
    },
  },
  async ({ client }) => {
    const told = (why: string) => code("internal", new RegExp(`^message of type bench.v1.Payload cannot be encoded: ${why}$`));
    await assert.rejects(client.unary({ id: 1 }), told("as a text"));
    await assert.rejects(client.unary({ id: 2 }), told("as an error"));
  },
);

guarantee(
  "C11: a message that was accepted and takes all of the window makes the client wait for credit",
  { impl: { client: (_requests, context) => aborted(context.signal).then(() => ({})) }, skip: NO_CREDIT },
  async ({ client, channel, settle }) => {
    const upload = client.client();
    // one that nobody takes, or the next would be let in piece by piece
    void upload.send({});
    assert.equal(upload.send({ body: bytes(1_000_000) }), undefined);
    await settle();
    assert.deepEqual(
      channel.calls().map(({ waitingFor, waitingSends }) => [waitingFor, waitingSends]),
      [["credit", 0]],
    );
    upload.cancel();
  },
);

guarantee(
  "C11: a unary call counts its request, with what it takes in the body",
  { impl: { unary: () => hold.promise } },
  async (world) => {
    const { client, channel, settle } = world;
    const reply = client.unary({ body: bytes(1_000) });
    await settle();
    const [call] = channel.calls();
    const prefix = hasPlainUnary(world.protocol) ? 0 : 5;
    assert.deepEqual([call?.messagesSent, call?.bytesSent, call?.localHalf], [1, 1_003 + prefix, "ended"]);
    hold.open({});
    await reply;
    hold = gate<object>();
  },
);

let hold = gate<object>();

for (const [unread, server] of [
  [
    "an unread message and a part of a large one gives both",
    async function* () {
      yield { id: 1, body: bytes(10_000) };
      yield { body: bytes(500_000) };
    },
  ],
  [
    "a window full of unread messages gives it",
    async function* () {
      for (let id = 0; id < 300; id++) yield { id, body: bytes(1_000) };
    },
  ],
] as const) {
  guarantee(`C4: close() beside ${unread} back, and hears the server's end`, { impl: { server } }, async ({ client, settle }) => {
    const stream = client.server({});
    await settle();
    const closing = stream.close();
    await settle();
    assert.equal((await closing).code, "ok");
  });
}

guarantee(
  "C4: close() gives back all that nobody took: messages, and what has come of one behind them",
  { acceptor, skip: NO_CREDIT },
  async ({ client, settle, carrier }) => {
    let answer: RawAnswer | undefined;
    const window = () => answer?.exchange.sendWindow ?? 0;
    script = (given) => {
      answer = given;
      given.head().message(encoded(15_000));
      given.body(given.dialect.message(encoded(100_000)).subarray(0, 25_000));
    };
    const stream = client.server({});
    await settle();
    assert.ok(window() < 30_000);
    void stream.close();
    await settle();
    // over HTTP/2 it goes back by the half of a window
    assert.ok(window() >= (carrier === "memory" ? 65_530 : 40_000), `${window()}`);
    stream.cancel();
  },
);

guarantee(
  "C8: a handler that leaves its requests gives back all that it did not take: messages, and what has come of one behind them",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        for await (const _ of requests) break;
        await never.promise;
        return {};
      },
    },
    skip: NO_CREDIT,
  },
  async (world) => {
    hold = gate<object>();
    never = gate();
    const raw = new RawClient(world);
    await turn();
    const call = raw.request("/bench.v1.Bench/Client");
    call.message().message(encoded(15_000));
    call.body(call.dialect.message(encoded(100_000)).subarray(0, 25_000));
    await world.settle();
    assert.ok(call.exchange.sendWindow < 30_000);
    hold.open({});
    await world.settle();
    assert.ok(call.exchange.sendWindow >= (world.carrier === "memory" ? 65_530 : 40_000), `${call.exchange.sendWindow}`);
    call.exchange.reset(8);
    await world.settle();
    never.open();
    raw.close();
    await world.settle();
    hold = gate<object>();
  },
);

let never = gate();

/** `Payload { body }` of so many bytes in all. */
function encoded(length: number): Uint8Array {
  const whole = new Uint8Array(length);
  const body = length - 5;
  whole.set([26, (body & 127) | 128, ((body >> 7) & 127) | 128, ((body >> 14) & 127) | 128, 0]);
  return whole;
}

guarantee("a response that ends with its head is an empty one where the body is the message", { acceptor }, async ({ client }) => {
  script = (answer) => {
    if (answer.dialect.statusIn === "head") answer.head({}, true);
    else answer.head().message(NO_BYTES).end();
  };
  assert.equal((await client.unary({})).id, 0);
});

guarantee(
  "C8: who takes the last message that waits lets a large one behind it come, and need not ask for it",
  {
    impl: {
      async *server() {
        yield { id: 1 };
        yield { id: 2, body: bytes(500_000) };
      },
    },
    skip: NO_CREDIT,
  },
  async ({ client, channel, settle }) => {
    const stream = client.server({});
    await settle();
    assert.equal(channel.calls()[0]?.unreadMessages, 1, "the other has come in part");
    assert.equal((await stream.receive())?.id, 1);
    await settle();
    assert.deepEqual(channel.calls(), [], "all has come");
    assert.equal((await stream.receive())?.id, 2);
  },
);

guarantee(
  "headers that are asked for after they came are those that came",
  {
    impl: {
      async *bidi(requests, context) {
        context.responseHeaders.set("x-name", "value");
        for await (const { id } of requests) yield { id };
      },
    },
    skip: HALF_DUPLEX,
  },
  async ({ client }) => {
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await talk.receive();
    assert.equal((await talk.headers).get("x-name"), "value");
    talk.closeSend();
    assert.equal(await talk.receive(), undefined);
  },
);

guarantee(
  "onHeaders is not called for a call that its head has ended: by a status, or by a compression that was not offered",
  { acceptor, compressions: [gzip] },
  async ({ client, settle }) => {
    let called = 0;
    const options = { onHeaders: () => void called++ };
    script = (answer) => {
      answer.foreign("200", "image/png");
    };
    const foreign = client.server({}, options);
    await settle();
    foreign.cancel();
    script = (answer) => void answer.head({ [answer.dialect.encoding]: "lzma" }).message(NO_BYTES, 1);
    await assert.rejects(client.server({}, options).receive(), code("internal", /lzma/));
    assert.equal(called, 0);
  },
);

const IN_TRAILERS = "its status stands in trailers";
const NO_GET = "Connect alone has requests without a body";
const asked: string[] = [];

guarantee(
  "a request without a body is one message of as many bytes as it has, compressed where that was asked for, and the response is the call's",
  {
    routes: (router) =>
      router.service(TestService, {
        cacheableUnaryCall(request, context) {
          asked.push(`${context.httpMethod} ${/compression=gzip/.test(context.query)}`);
          return { username: `${request.payload?.body.length}` };
        },
      }),
    channel: { protocol: connectClient("proto", true) },
    compressions: [gzip],
    skip: { grpc: NO_GET, "grpc-web": NO_GET, "grpc-web-text": NO_GET, triple: NO_GET },
  },
  async ({ channel, settle }) => {
    asked.length = 0;
    const tests = createClient(TestService, channel);
    const request = { payload: { body: new Uint8Array(100) } };
    assert.equal((await tests.cacheableUnaryCall(request)).username, "100");
    assert.equal((await tests.cacheableUnaryCall(request, { compression: "gzip" })).username, "100");
    assert.deepEqual(asked, ["GET false", "GET true"]);
    await settle();
    const waiting = tests.cacheableUnaryCall(request);
    const [call] = channel.calls();
    assert.deepEqual([call?.messagesSent, call?.bytesSent, call?.localHalf, call?.waitingFor], [1, 104, "ended", "peer"]);
    await waiting;
    await settle();
  },
);

/** Goes between the transport and the server: requests that have no body get one. */
const embody = (server: Acceptor): Acceptor => ({
  onExchange(exchange, head, end) {
    const events = server.onExchange(exchange, head, false);
    if (end) events.onData(Uint8Array.of(123, 125), 0, 2, true);
    return events;
  },
});

guarantee(
  "a request without a body that has one all the same is the client's mistake",
  {
    routes: (router) => router.service(TestService, { cacheableUnaryCall: () => ({}) }),
    acceptor: embody,
    channel: { protocol: connectClient("proto", true) },
    skip: { grpc: NO_GET, "grpc-web": NO_GET, "grpc-web-text": NO_GET, triple: NO_GET },
  },
  async ({ channel }) => {
    await assert.rejects(
      createClient(TestService, channel).cacheableUnaryCall({}),
      code("invalid_argument", /came as GET, and with a body/),
    );
  },
);

guarantee(
  "an empty last word that is called compressed is an empty one: the status in the head counts",
  {
    acceptor,
    compressions: [gzip],
    skip: { grpc: IN_TRAILERS, triple: IN_TRAILERS, connect: "its last word is never empty" },
  },
  async ({ client }) => {
    script = (answer) => {
      const head = { "grpc-status": "5", "grpc-message": "not there", ...named(answer.dialect) };
      answer.head(head).body(envelope(NO_BYTES, answer.dialect.closingFlags | 1), true);
    };
    await assert.rejects(client.server({}).receive(), code("not_found", /not there/));
  },
);

const NO_ENVELOPES = "the body of a unary call is the message";

guarantee(
  "a server that answers twice where one response is taken is told by that, and one that does not answer by that",
  { acceptor, skip: { connect: NO_ENVELOPES, triple: NO_ENVELOPES } },
  async ({ client }) => {
    script = (answer) => void answer.head().message().message().end();
    await assert.rejects(client.unary({}), code("unimplemented", /more than one response/));
    script = (answer) => void answer.head().end();
    await assert.rejects(client.unary({}), code("unimplemented", /without a response/));
  },
);
