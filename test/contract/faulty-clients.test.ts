import assert from "node:assert/strict";
import type { ProtocolName } from "sluice";
import { type CarrierName, NO_RESET_CODE, NO_TRAILERS } from "./carriers.js";
import { dialectOf, fields, NO_BYTES, NONE } from "./dialect.js";
import { type RawCall, RawClient } from "./raw-client.js";
import { guarantee, turn } from "./world.js";

const UNARY = "/bench.v1.Bench/Unary";
const CLIENT = "/bench.v1.Bench/Client";

const heard: string[] = [];

const impl = {
  unary() {
    heard.push("unary");
    return {};
  },
  async client(requests: AsyncIterable<unknown>) {
    let id = 0;
    for await (const _ of requests) id++;
    heard.push(`client ${id}`);
    return { id };
  },
};

const NO_ENVELOPES = "the body is the message, without an envelope";

/** What a client does wrong, and the status that both kinds of requests get for it. */
interface Fault {
  init?(call: { readonly encoding: string; timeout(ms: number): Readonly<Record<string, string>> }): Record<string, string>;
  does(call: RawCall): void;
  readonly unary: number;
  readonly client: number;
  /** Where Connect, which speaks HTTP, has another one for both. */
  readonly inConnect?: number;
  readonly message?: RegExp;
  /** Why unary calls of Connect cannot show it. */
  readonly whole?: string;
  readonly skip?: Partial<Record<CarrierName | ProtocolName, string>>;
}

const CASES: Readonly<Record<string, Fault>> = {
  "sends two requests to a method that takes one": {
    does: (call) => void call.message().message().end(),
    unary: 12,
    client: 0,
    whole: NO_ENVELOPES,
  },
  "sends no request to a method that takes one": {
    does: (call) => void call.end(),
    unary: 12,
    client: 0,
    whole: "a body of no byte is an empty message",
  },
  "ends inside a message": {
    does: (call) => void call.body(call.dialect.message().subarray(0, 6), true),
    unary: 13,
    client: 13,
    message: /inside a message/,
    whole: NO_ENVELOPES,
  },
  "ends inside a message, with trailers": {
    skip: NO_TRAILERS,
    does: (call) => call.body(call.dialect.message().subarray(0, 6)).exchange.sendTrailers(fields({ extra: "1" }), NONE),
    unary: 13,
    client: 13,
    message: /inside a message/,
    whole: NO_ENVELOPES,
  },
  "ends its requests with trailers": {
    skip: NO_TRAILERS,
    does: (call) => call.message().exchange.sendTrailers(fields({ extra: "1" }), NONE),
    unary: 0,
    client: 0,
  },
  "sends an envelope with an unknown flag": {
    does: (call) => void call.message(undefined, 4),
    unary: 13,
    client: 13,
    message: /flags 0x04/,
    whole: NO_ENVELOPES,
  },
  "sends the last envelope of a response": {
    does: (call) =>
      void call
        .message()
        .message(NO_BYTES, call.dialect.closingFlags === -1 ? 0x80 : call.dialect.closingFlags)
        .end(),
    unary: 13,
    client: 13,
    message: /flags 0x(80|02)/,
    whole: NO_ENVELOPES,
  },
  "compresses without saying how": {
    does: (call) => void call.message(undefined, 1).end(),
    unary: 13,
    client: 13,
    message: /without naming a compression/,
    whole: "the head alone says whether the body is compressed",
  },
  "sends bytes that are no message": {
    does: (call) => void call.message(Uint8Array.of(8)).end(),
    unary: 13,
    client: 13,
    inConnect: 3,
    message: /no message of type/,
  },
  "announces a message of 2 GiB": {
    does: (call) => void call.body(Uint8Array.of(0, 128, 0, 0, 0, 1)),
    unary: 8,
    client: 8,
    message: /2147483648 bytes/,
    whole: NO_ENVELOPES,
  },
  "compresses in a way that the server does not know": {
    init: ({ encoding }) => ({ [encoding]: "lzma" }),
    does: (call) => void call.message(undefined, 1).end(),
    unary: 12,
    client: 12,
    message: /lzma/,
  },
  "has no time left": {
    init: (dialect) => ({ ...dialect.timeout(0) }),
    does: (call) => void call.message().end(),
    unary: 4,
    client: 4,
    message: /deadline/,
  },
};

for (const [name, { init, does, unary, client, inConnect, message, whole, skip }] of Object.entries(CASES)) {
  guarantee(`a client that ${name} is told so, and holds nothing`, { impl, ...(skip && { skip }) }, async (world) => {
    const raw = new RawClient(world);
    await turn();
    for (const [path, inMost] of [
      [UNARY, unary],
      [CLIENT, client],
    ] as const) {
      const dialect = dialectOf(world.protocol, path);
      const expected = world.protocol === "connect" || dialect.statusIn === "head" ? (inConnect ?? inMost) : inMost;
      if (whole !== undefined && dialect.statusIn === "head") continue;
      heard.length = 0;
      const call = raw.request(path, init?.(dialect));
      does(call);
      await world.settle();
      assert.equal(call.status?.code, expected, call.status?.message);
      if (message !== undefined) assert.match(call.status?.message ?? "", message);
      if (expected !== 0) assert.ok(heard.every((line) => line.startsWith("client")) || heard.length === 0);
      await world.settle();
      assert.equal(world.server.statistics().openCalls, 0);
      assert.equal(world.server.statistics().runningHandlers, 0);
      // what is answered before the request has ended is cut off without harm to the answer
      if (call.endedBy?.kind === "reset") assert.equal(call.endedBy.code, 0);
    }
    raw.close();
    await world.settle();
  });
}

guarantee("a client that asks for another codec gets 415, and runs no handler", { impl }, async (world) => {
  heard.length = 0;
  const raw = new RawClient(world);
  await turn();
  for (const path of [UNARY, CLIENT]) {
    const plain = world.protocol === "triple" && path === UNARY;
    const family = { connect: "connect", triple: "grpc" }[world.protocol as string] ?? world.protocol;
    const call = raw.request(path, { "content-type": plain ? "application/thrift" : `application/${family}+thrift` });
    call.message().end();
    await world.settle();
    assert.equal(call.get(":status"), "415");
  }
  raw.close();
  await world.settle();
  assert.deepEqual(heard, []);
});

guarantee("a client that leaves in the middle of its request runs no unary handler", { impl }, async (world) => {
  heard.length = 0;
  const raw = new RawClient(world);
  await turn();
  const { exchange } = raw.request(UNARY).message();
  await world.settle();
  assert.equal(world.server.statistics().openCalls, 1);
  exchange.reset(8);
  raw.request(UNARY);
  await world.settle();
  raw.close();
  await world.settle();
  assert.deepEqual(heard, []);
  assert.equal(world.server.statistics().openStreams, 0);
});

guarantee(
  "a request that was refused is cut off when its body goes on, or does not end within 5 s",
  { impl, skip: NO_RESET_CODE },
  async (world) => {
    const raw = new RawClient(world);
    await turn();
    const silent = raw.request("/bench.v1.Bench/Nothing");
    const talking = raw.request("/no.such.Service/Method");
    await world.settle();
    assert.equal(silent.status?.code, 12);
    assert.match(silent.status?.message ?? "", /Nothing/);
    assert.equal(silent.endedBy, undefined);
    talking.message();
    await world.settle();
    assert.deepEqual([talking.endedBy?.kind, talking.endedBy?.code], ["reset", 0]);
    await world.advance(4_999);
    assert.equal(silent.endedBy, undefined);
    await world.advance(1);
    assert.equal((silent as RawCall).endedBy?.kind, "reset");
    raw.close();
    await world.settle();
  },
);

const OVER = { http1: "over HTTP/1.1 the exchange is over with its response: what still comes of its request is the connection's to drop" };

guarantee("a request that was refused is held no longer than its body stands still, nor than 5 s", { impl, skip: OVER }, async (world) => {
  const { server, settle, advance } = world;
  const clients = [new RawClient(world), new RawClient(world)] as const;
  await turn();
  const silent = clients[0].request("/bench.v1.Bench/Nothing");
  const talking = clients[1].request("/no.such.Service/Method");
  await settle();
  assert.equal(silent.status?.code, 12);
  assert.equal(server.statistics().openStreams, 2);
  talking.message();
  await settle();
  assert.equal(server.statistics().openStreams, 1);
  await advance(4_999);
  assert.equal(server.statistics().openStreams, 1);
  await advance(1);
  assert.equal(server.statistics().openStreams, 0);
  for (const raw of clients) raw.close();
});

guarantee("C5: the deadline of a request that never comes is kept by the server", { impl }, async (world) => {
  heard.length = 0;
  const raw = new RawClient(world);
  await turn();
  const call = raw.request(UNARY, dialectOf(world.protocol, UNARY).timeout(200));
  await world.advance(199);
  assert.equal(call.responseHead, undefined);
  await world.advance(1);
  assert.equal(call.status?.code, 4);
  assert.equal(world.server.statistics().openCalls, 0);
  raw.close();
  await world.settle();
  assert.deepEqual(heard, []);
});
