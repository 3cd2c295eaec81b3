import assert from "node:assert/strict";
import { connect as connectSocket, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "sluice";
import { connect, type RunningServer, type ServeOptions, serve } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";
import { rawServer, requestHead } from "./raw-http1.js";

/* What a peer over HTTP/1.1 can make a server hold is bounded. */

async function serving(t: TestContext, handlers: ServiceImplementation<typeof Bench>, options: Partial<ServeOptions> = {}) {
  const closing = cleanUp(t);
  const server = await serve({ ...options, routes: (router) => router.service(Bench, handlers) });
  closing(() => server.close({ graceMs: 0 }));
  const open = (): Socket => {
    const socket = connectSocket(server.port as number, "127.0.0.1");
    socket.on("error", () => {});
    closing(() => socket.destroy());
    return socket;
  };
  return { server, open };
}

const unary = (id: number): string => {
  const body = JSON.stringify({ id });
  return `POST /${Bench.typeName}/Unary HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

test("pipelined requests are served one after the other, in order, and the socket is read on only when they are", async (t) => {
  let running = 0;
  let most = 0;
  const { open, server } = await serving(t, {
    async unary(request) {
      most = Math.max(most, ++running);
      await sleep(1);
      running--;
      return request;
    },
  });
  const socket = open();
  let got = "";
  socket.on("data", (data) => {
    got += data.toString();
  });
  socket.write(Array.from({ length: 40 }, (_, id) => unary(id + 1)).join(""));
  await until(() => got.split("HTTP/1.1 200").length === 41);
  assert.deepEqual(
    [...got.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id)),
    Array.from({ length: 40 }, (_, id) => id + 1),
  );
  assert.equal(most, 1);
  socket.write(unary(99));
  await until(() => got.includes('"id":99'));
  assert.equal(server.statistics().runningHandlers, 0);
});

test("a peer that pipelines without end is cut off, and its requests run no handler after that", async (t) => {
  let handlers = 0;
  const { open, server } = await serving(t, {
    async unary(_request, context) {
      handlers++;
      await context.done;
      throw context.signal.reason;
    },
  });
  const socket = open();
  let closed = false;
  socket.on("close", () => {
    closed = true;
  });
  const flood = unary(1).repeat(1_000);
  for (let i = 0; i < 3; i++) socket.write(flood);
  await until(() => closed || server.statistics().openStreams > 1);
  await until(() => server.statistics().runningHandlers === 0);
  assert.equal(handlers, 1);
});

test("a peer that reads nothing of its response loses its connection, and the handler hears of it", async (t) => {
  let ended = false;
  const { open, server } = await serving(
    t,
    {
      async *server() {
        try {
          for (;;) yield { body: new Uint8Array(100_000) };
        } finally {
          ended = true;
        }
      },
    },
    { http1Limits: { writeStallTimeoutMs: 150 } },
  );
  const socket = open();
  socket.pause();
  const message = toBinary(PayloadSchema, create(PayloadSchema));
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  const head = `POST /${Bench.typeName}/Server HTTP/1.1\r\nhost: h\r\ncontent-type: application/connect+proto\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), body]));
  await until(() => ended);
  await until(() => connectionsOf(server) === 0);
});

test("a stream on which nothing is to be written is left alone", async (t) => {
  const { open, server } = await serving(
    t,
    {
      async *server(_request, context) {
        yield {};
        await Promise.race([context.done, sleep(500)]);
        yield {};
      },
    },
    { http1Limits: { writeStallTimeoutMs: 100 } },
  );
  const socket = open();
  let got = "";
  socket.on("data", (data) => {
    got += data.toString("latin1");
  });
  const head = `POST /${Bench.typeName}/Server HTTP/1.1\r\nhost: h\r\ncontent-type: application/connect+json\r\ncontent-length: 7\r\n\r\n`;
  socket.write(`${head}\0\0\0\0\x02{}`);
  await until(() => got.includes("\r\n0\r\n"));
  assert.equal(connectionsOf(server), 1);
});

test("a server that reads nothing of a request loses its connection, and the call ends with unavailable, for every kind that sends much", async (t) => {
  const { url, sockets } = await rawServer(t, (socket) => socket.pause());
  const channel = connect(url, { protocol: "connect", httpVersion: "1.1", http1Limits: { writeStallTimeoutMs: 150 } });
  cleanUp(t)(() => channel.close());
  const client = createClient(Bench, channel);
  const body = new Uint8Array(100_000);
  function* endless() {
    for (;;) yield { body };
  }
  const stalled = { code: "unavailable", initiator: "network", message: /read nothing for 150 ms$/ };
  await assert.rejects(client.client(endless()), stalled);
  const talk = client.bidi(endless());
  await assert.rejects(
    (async () => await talk.outcome.then(({ code, initiator, message }) => Promise.reject({ code, initiator, message })))(),
    stalled,
  );
  await assert.rejects(client.unary({ body: new Uint8Array(16_000_000) }), stalled);
  await until(() => channel.statistics().openConnections === 0);
  assert.equal(sockets.length, 3);
});

test("a server that reads slowly, and one that reads all and answers late, are left alone", async (t) => {
  const slowly = await rawServer(t, (socket) => {
    socket.pause();
    const reading = setInterval(() => socket.resume() && setImmediate(() => socket.pause()), 20);
    setTimeout(() => {
      clearInterval(reading);
      socket.resume();
    }, 1_200);
    setTimeout(
      () => socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 2\r\n\r\n\b\x07", "latin1"),
      2_000,
    );
  });
  const channel = connect(slowly.url, { protocol: "connect", httpVersion: "1.1", http1Limits: { writeStallTimeoutMs: 500 } });
  cleanUp(t)(() => channel.close());
  assert.equal((await createClient(Bench, channel).unary({ body: new Uint8Array(50_000_000) })).id, 7);
});

test("a response that is whole at once is the peer's to read at its own pace, for longer than idleTimeoutMs, but not to leave", async (t) => {
  const handlers = { unary: (request: { readonly id: number }) => ({ id: request.id, body: new Uint8Array(30_000_000) }) };
  const { open, server } = await serving(t, handlers, { http1Limits: { idleTimeoutMs: 100, writeStallTimeoutMs: 600 } });
  for (const reads of [true, false]) {
    const socket = open();
    let got = 0;
    let closedAfter = 0;
    const began = performance.now();
    let slow = true;
    socket.on("data", (data) => {
      got += data.length;
      if (slow) socket.pause();
    });
    socket.on("close", () => {
      closedAfter = performance.now() - began;
    });
    socket.pause();
    socket.write(requestHead(`/${Bench.typeName}/Unary`, "application/proto", "content-length: 0"));
    await until(() => server.statistics().openCalls === 1);
    const reading = reads ? setInterval(() => socket.resume(), 10) : undefined;
    await sleep(1_200);
    clearInterval(reading);
    slow = false;
    if (reads) assert.equal(closedAfter, 0);
    else await until(() => connectionsOf(server) === 0);
    socket.resume();
    await until(() => closedAfter > 0);
    if (reads) assert.ok(got > 30_000_000, `${got} bytes`);
    else assert.ok(got < 20_000_000, `${got} bytes`);
    assert.equal(server.statistics().openCalls, 0);
  }
});

test("limits of Infinity are none, on either end", async (t) => {
  const none = { idleTimeoutMs: Number.POSITIVE_INFINITY, writeStallTimeoutMs: Number.POSITIVE_INFINITY };
  const { server } = await serving(
    t,
    {
      unary: (request) => request,
      async *server() {
        for (let id = 0; id < 200; id++) yield { id, body: new Uint8Array(100_000) };
      },
    },
    { http1Limits: none, maxReceiveBytes: 20_000_000 },
  );
  const channel = connect(server.url, { protocol: "connect", httpVersion: "1.1", http1Limits: none });
  cleanUp(t)(() => channel.close());
  const client = createClient(Bench, channel);
  const stream = client.server({});
  await until(() => (server.calls()[0]?.waitingSends ?? 0) > 0);
  let count = 0;
  for await (const _ of stream) count++;
  assert.equal(count, 200);
  assert.equal((await client.unary({ id: 3, body: new Uint8Array(10_000_000) }, { maxReceiveBytes: 20_000_000 })).id, 3);
  await sleep(50);
  assert.deepEqual([connectionsOf(server), channel.statistics().openConnections], [1, 1]);
});

test("limits of a client that are none are refused at the call", () => {
  for (const [name, value] of [
    ["idleTimeoutMs", 0],
    ["writeStallTimeoutMs", "1"],
  ] as const) {
    const http1Limits = { [name]: value } as Record<string, number>;
    assert.throws(() => connect("http://localhost:1", { httpVersion: "1.1", protocol: "connect", http1Limits }), {
      name: "UsageError",
      message: new RegExp(`"http1Limits\\.${name}"`),
    });
  }
});

test("CONNECT is answered: this is no proxy", async (t) => {
  const { open } = await serving(t, {});
  const socket = open();
  let got = "";
  socket.on("data", (data) => {
    got += data.toString();
  });
  socket.write("CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n");
  await until(() => socket.destroyed || socket.readableEnded);
  assert.match(got, /^HTTP\/1\.1 405 /);
});

const connectionsOf = (server: RunningServer): number => server.statistics().openConnections;
