import assert from "node:assert/strict";
import { connect as connectSocket, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { type RunningServer, type ServeOptions, serve } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";

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
