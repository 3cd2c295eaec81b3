import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, type Client, createClient } from "sluice";
import { type ConnectOptions, connect } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "./clean-up.js";
import { type RawServer, rawServer } from "./raw-http1.js";

/* Connections of HTTP/1.1 between two calls: how long they rest, and what a server that closes them costs. */

const answer = (socket: Socket, ...fields: string[]): void => {
  const head = ["HTTP/1.1 200 OK", "content-type: application/proto", "content-length: 2", ...fields, "", ""].join("\r\n");
  socket.write(`${head}\b\x07`, "latin1");
};

function calling(t: TestContext, { url }: RawServer, options: ConnectOptions = {}): { client: Client<typeof Bench>; channel: Channel } {
  const channel = connect(url, { protocol: "connect", httpVersion: "1.1", ...options });
  cleanUp(t)(() => channel.close());
  return { client: createClient(Bench, channel), channel };
}

/** Keeps this process from everything else. */
const busy = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("a connection rests for 4 s where the server names no time, else for a second less than that, and never longer than idleTimeoutMs", async (t) => {
  const rested = async (field: string | undefined, idleTimeoutMs: number | undefined): Promise<number> => {
    const server = await rawServer(t, (socket) => answer(socket, ...(field === undefined ? [] : [field])));
    const { client, channel } = calling(t, server, idleTimeoutMs === undefined ? {} : { http1Limits: { idleTimeoutMs } });
    await client.unary({});
    const began = performance.now();
    while (channel.statistics().openConnections > 0 && performance.now() - began < 7_000) await sleep(2);
    return performance.now() - began;
  };
  const expected = [
    [undefined, undefined, 4_000],
    [undefined, 60, 60],
    [undefined, 1_500, 1_500],
    ["keep-alive: timeout=3", undefined, 2_000],
    ["keep-alive: timeout=3, max=100", Number.POSITIVE_INFINITY, 2_000],
    ["keep-alive: timeout=99999999999999999999", 300, 300],
    ["keep-alive: timeout=1", undefined, 1],
  ] as const;
  const found = await Promise.all(expected.map(([field, ms]) => rested(field, ms)));
  for (const [i, [field, option, ms]] of expected.entries()) {
    const took = found[i] as number;
    assert.ok(took > ms - 30 && took < ms + 1_500, `${field}, idleTimeoutMs ${option}: ${took} ms`);
  }
});

test("a connection that is used again in time is the same, and rests anew", async (t) => {
  const server = await rawServer(t, (socket) => answer(socket));
  const { client } = calling(t, server, { http1Limits: { idleTimeoutMs: 1_000 } });
  for (let i = 0; i < 5; i++) {
    await client.unary({});
    await sleep(300);
  }
  assert.equal(server.sockets.length, 1);
});

test("a call that finds its connection closed goes on another, though this process was too busy to hear of it", async (t) => {
  const server = await rawServer(t, (socket) => answer(socket));
  const { client } = calling(t, server, { http1Limits: { idleTimeoutMs: 10_000 } });
  for (const close of ["destroy", "resetAndDestroy"] as const) {
    const before = server.requests();
    assert.equal((await client.unary({})).id, 7);
    await sleep(30);
    server.sockets.at(-1)?.[close]();
    // the end is in the kernel, and nobody has asked for it yet
    const call = client.unary({});
    assert.equal((await call).id, 7, close);
    assert.equal(server.requests(), before + 2, `${close}: each request came once`);
  }
});

test("a call that comes when its connection has rested too long goes on another, though this process was too busy to close it", async (t) => {
  const server = await rawServer(t, (socket) => answer(socket));
  const { client } = calling(t, server, { http1Limits: { idleTimeoutMs: 50 } });
  await client.unary({});
  await sleep(10);
  busy(60);
  await client.unary({});
  assert.equal(server.sockets.length, 2);
});

test("a request that went out is not sent again when the server closes the connection without an answer", async (t) => {
  const server = await rawServer(t, (socket, nth) => {
    if (nth === 1) answer(socket);
    else socket.destroy();
  });
  const { client } = calling(t, server);
  await client.unary({});
  await sleep(30);
  await assert.rejects(client.unary({}), { code: "unavailable" });
  assert.equal(server.requests(), 2);
  assert.equal(server.sockets.length, 1);
});

test("a call that is given up before its request began leaves the connection to the next", async (t) => {
  const server = await rawServer(t, (socket) => answer(socket));
  const { client } = calling(t, server);
  await client.unary({});
  await sleep(30);
  const abort = new AbortController();
  const given = client.unary({}, { signal: abort.signal });
  abort.abort();
  await assert.rejects(given, { code: "cancelled" });
  await client.unary({});
  assert.deepEqual([server.requests(), server.sockets.length], [2, 1]);
});
