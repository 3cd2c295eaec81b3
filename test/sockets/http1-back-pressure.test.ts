import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";
import { requestHead } from "./raw-http1.js";

/*
 * C8 over HTTP/1.1, in bytes: what a sender can hand over to a reader that stands still. Over Unix sockets, where the kernel holds some 200 kB; over
 * TCP it may hold megabytes, which are nobody's in this process.
 */

const PIECE = 10_000;
const MAX_BYTES = 800_000;
const PROTOCOLS = ["connect", "grpc-web"] as const;

function path(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-"));
  cleanUp(t)(() => rmSync(folder, { recursive: true }));
  return join(folder, "socket");
}

/** Resolves with the count once it stands still. */
async function settled(count: () => number): Promise<number> {
  let before = -1;
  while (before !== count()) {
    before = count();
    await sleep(100);
  }
  return before;
}

async function serving(t: TestContext, where: string, impl: ServiceImplementation<typeof Bench>): Promise<void> {
  const server = await serve({ path: where, routes: (router) => router.service(Bench, { unary: (request) => request, ...impl }) });
  cleanUp(t)(async () => {
    await server.close({ graceMs: 0 });
    const { openCalls, openStreams, runningHandlers } = server.statistics();
    assert.deepEqual([openCalls, openStreams, runningHandlers], [0, 0, 0]);
  });
}

for (const protocol of PROTOCOLS) {
  test(`a handler hands a bounded number of bytes over to a client that does not take them, and goes on when it does (${protocol})`, async (t) => {
    const where = path(t);
    let sent = 0;
    await serving(t, where, {
      async server(_request, _context, out) {
        for (; sent < 3_000_000; sent += PIECE) await out.send({ body: new Uint8Array(PIECE) });
      },
    });
    const channel = connect(`unix:${where}`, { protocol, httpVersion: "1.1" });
    cleanUp(t)(() => channel.close());
    const client = createClient(Bench, channel);
    const stream = client.server({});
    let got = (await stream.receive())?.body.length ?? 0;
    const bound = await settled(() => sent);
    assert.ok(bound > PIECE && bound < MAX_BYTES, `${bound} bytes`);
    assert.equal((await client.unary({ id: 5 })).id, 5, "its neighbours go on");
    assert.equal(sent, bound);
    for await (const { body } of stream) got += body.length;
    assert.deepEqual([sent, got], [3_000_000, 3_000_000]);
  });

  test(`a client hands a bounded number of bytes over to a handler that does not take them, and goes on when it does (${protocol})`, async (t) => {
    const where = path(t);
    let go = () => {};
    const gone = new Promise<void>((resolve) => (go = resolve));
    await serving(t, where, {
      async client(requests) {
        await gone;
        let id = 0;
        for await (const { body } of requests) id += body.length;
        return { id };
      },
    });
    const channel = connect(`unix:${where}`, { protocol, httpVersion: "1.1" });
    cleanUp(t)(() => channel.close());
    const client = createClient(Bench, channel);
    const up = client.client();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 3_000_000; sent += PIECE) await up.send({ body: new Uint8Array(PIECE) });
    })();
    const bound = await settled(() => sent);
    assert.ok(bound > PIECE && bound < MAX_BYTES, `${bound} bytes`);
    assert.equal((await client.unary({ id: 5 })).id, 5, "its neighbours go on");
    assert.equal(sent, bound);
    go();
    await sending;
    assert.equal((await up.finish()).id, 3_000_000);
  });
}

test("a handler hands a bounded number of bytes over to a peer that reads nothing from its socket", async (t) => {
  const where = path(t);
  let sent = 0;
  await serving(t, where, {
    async server(_request, _context, out) {
      for (;;) {
        await out.send({ body: new Uint8Array(PIECE) });
        sent += PIECE;
      }
    },
  });
  const socket = connectSocket(where);
  cleanUp(t)(() => socket.destroy());
  socket.on("error", () => {}).pause();
  socket.write(`${requestHead("/bench.v1.Bench/Server", "application/connect+proto", "content-length: 5")}\0\0\0\0\0`, "latin1");
  await until(() => sent > 0);
  const bound = await settled(() => sent);
  assert.ok(bound < MAX_BYTES, `${bound} bytes`);
});

test("a client hands a bounded number of bytes over to a server that reads nothing from its socket", async (t) => {
  const where = path(t);
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(where, resolve));
  cleanUp(t)(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const channel = connect(`unix:${where}`, { protocol: "connect", httpVersion: "1.1" });
  cleanUp(t)(() => channel.close());
  let taken = 0;
  function* endless() {
    for (;;) {
      yield { body: new Uint8Array(PIECE) };
      taken += PIECE;
    }
  }
  const call = createClient(Bench, channel).client(endless(), { timeoutMs: 2_000 });
  call.catch(() => {});
  await until(() => taken > 0);
  const bound = await settled(() => taken);
  assert.ok(bound < MAX_BYTES, `${bound} bytes`);
  await assert.rejects(call, { code: "deadline_exceeded" });
});
