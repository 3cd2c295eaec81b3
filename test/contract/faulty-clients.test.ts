import assert from "node:assert/strict";
import { RawClient, type RawResponse } from "./raw-client.js";
import { envelope, fields, NO_BYTES } from "./raw-server.js";
import { guarantee, turn } from "./world.js";

const UNARY = "/bench.v1.Bench/Unary";
const CLIENT = "/bench.v1.Bench/Client";
const NONE = fields({});

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

/** What a client does wrong, and the status that both kinds of requests get for it. */
const CASES: Readonly<
  Record<string, { init?: Record<string, string>; does(response: RawResponse): void; unary: string; client: string; message?: RegExp }>
> = {
  "sends two requests to a method that takes one": {
    does({ exchange }) {
      exchange.sendData(envelope(), envelope(), true);
    },
    unary: "12",
    client: "0",
  },
  "sends no request to a method that takes one": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, NO_BYTES, true);
    },
    unary: "12",
    client: "0",
  },
  "ends inside a message": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope().subarray(0, 6), true);
    },
    unary: "13",
    client: "13",
    message: /inside a message/,
  },
  "ends inside a message, with trailers": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope().subarray(0, 6), false);
      exchange.sendTrailers(fields({ extra: "1" }), NONE);
    },
    unary: "13",
    client: "13",
    message: /inside a message/,
  },
  "ends its requests with trailers": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(), false);
      exchange.sendTrailers(fields({ extra: "1" }), NONE);
    },
    unary: "0",
    client: "0",
  },
  "sends an envelope with an unknown flag": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(undefined, 4), false);
    },
    unary: "13",
    client: "13",
    message: /flags 0x04/,
  },
  "compresses without saying how": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(undefined, 1), true);
    },
    unary: "13",
    client: "13",
    message: /without naming a compression/,
  },
  "sends bytes that are no message": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(Uint8Array.of(8)), true);
    },
    unary: "13",
    client: "13",
    message: /no message of type/,
  },
  "announces a message of 2 GiB": {
    does({ exchange }) {
      exchange.sendData(NO_BYTES, Uint8Array.of(0, 128, 0, 0, 0, 1), false);
    },
    unary: "8",
    client: "8",
    message: /2147483648 bytes/,
  },
  "compresses in a way that the server does not know": {
    init: { "grpc-encoding": "lzma" },
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(undefined, 1), true);
    },
    unary: "12",
    client: "12",
    message: /lzma/,
  },
  "has no time left": {
    init: { "grpc-timeout": "0n" },
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(), true);
    },
    unary: "4",
    client: "4",
    message: /deadline/,
  },
  "asks for another codec": {
    init: { "content-type": "application/grpc+thrift" },
    does({ exchange }) {
      exchange.sendData(NO_BYTES, envelope(), true);
    },
    unary: "",
    client: "",
  },
};

for (const [name, { init, does, unary, client, message }] of Object.entries(CASES)) {
  guarantee(`a client that ${name} is told so, and holds nothing`, { impl }, async (world) => {
    const raw = new RawClient(world);
    await turn();
    for (const [path, expected] of [
      [UNARY, unary],
      [CLIENT, client],
    ] as const) {
      heard.length = 0;
      const response = raw.request(path, init);
      does(response);
      await world.settle();
      if (expected === "") assert.equal(response.get(":status"), "415");
      else assert.equal(response.get("grpc-status"), expected, response.get("grpc-message"));
      if (message !== undefined) assert.match(response.get("grpc-message") ?? "", message);
      if (expected !== "0") assert.ok(heard.every((line) => line.startsWith("client")) || heard.length === 0);
      await world.settle();
      assert.equal(world.server.statistics().openCalls, 0);
      assert.equal(world.server.statistics().runningHandlers, 0);
      // what is answered before the request has ended is cut off without harm to the answer
      if (response.end?.kind === "reset") assert.equal(response.end.code, 0);
    }
    raw.close();
    await world.settle();
  });
}

guarantee("a client that leaves in the middle of its request runs no unary handler", { impl }, async (world) => {
  heard.length = 0;
  const raw = new RawClient(world);
  await turn();
  const { exchange } = raw.request(UNARY);
  exchange.sendData(NO_BYTES, envelope(), false);
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

guarantee("a request that was refused is cut off when its body goes on, or does not end within 5 s", { impl }, async (world) => {
  const raw = new RawClient(world);
  await turn();
  const silent = raw.request("/bench.v1.Bench/Nothing");
  const talking = raw.request("/no.such.Service/Method");
  await world.settle();
  assert.equal(silent.get("grpc-status"), "12");
  assert.match(silent.get("grpc-message") ?? "", /Nothing/);
  assert.equal(silent.end, undefined);
  talking.exchange.sendData(NO_BYTES, envelope(), false);
  await world.settle();
  assert.deepEqual([talking.end?.kind, talking.end?.code], ["reset", 0]);
  await world.advance(4_999);
  assert.equal(silent.end, undefined);
  await world.advance(1);
  assert.equal((silent as RawResponse).end?.kind, "reset");
  raw.close();
  await world.settle();
});

guarantee("C5: the deadline of a request that never comes is kept by the server", { impl }, async (world) => {
  heard.length = 0;
  const raw = new RawClient(world);
  await turn();
  const response = raw.request(UNARY, { "grpc-timeout": "200m" });
  await world.advance(199);
  assert.equal(response.head, undefined);
  await world.advance(1);
  assert.equal(response.get("grpc-status"), "4");
  assert.equal(world.server.statistics().openCalls, 0);
  raw.close();
  await world.settle();
  assert.deepEqual(heard, []);
});
