import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { UsageError } from "../../src/base/usage-error.js";
import { dialer } from "../../src/node/dial.js";
import { type Accepted, type Listener, type ListenOptions, listen } from "../../src/node/listen.js";
import { expectNoLeaks, openHandles } from "../../src/testing/leak-check.js";
import { cleanUp } from "./clean-up.js";
import { RecordingStream, text, turn } from "./recording-stream.js";
import { pumpThroughSlowReader } from "./slow-reader.js";

const LOCAL = { host: "127.0.0.1", port: 0 } as const;

/** Listens for the time of a test and remembers what it accepted; the test ends without a handle left. */
async function listening(t: TestContext, options: ListenOptions): Promise<{ listener: Listener; accepted: RecordingStream[] }> {
  const atEnd = cleanUp(t);
  const accepted: RecordingStream[] = [];
  const listener = await listen(options, (open: Accepted) => accepted.push(new RecordingStream(open)));
  atEnd(async () => {
    for (const { stream } of accepted) stream.destroy();
    await listener.close();
    for (let i = 0; i < 500 && listener.openConnections > 0; i++) await turn();
    assert.equal(listener.openConnections, 0);
  });
  return { listener, accepted };
}

function dial(port: number): RecordingStream {
  return new RecordingStream(dialer({ address: { host: "127.0.0.1", port } }));
}

test("bytes both ways, as plain Uint8Arrays; both ends know each other; an orderly end has no reason", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL });
  assert.equal(listener.url, `http://127.0.0.1:${listener.port}`);
  const client = dial(listener.port);
  assert.equal(client.opens, 0, "nothing happens inside the call");
  await client.opened;
  assert.deepEqual(client.stream.peer, { address: `127.0.0.1:${listener.port}`, encrypted: false });
  assert.equal(client.stream.write(text("hello")), true);
  while (accepted[0] === undefined) await turn();
  const server = accepted[0];
  assert.deepEqual(await server.bytes(5), text("hello"));
  assert.equal(server.chunks[0]?.constructor, Uint8Array);
  assert.match(server.stream.peer.address, /^127\.0\.0\.1:\d+$/);
  server.stream.write(text("and back"));
  assert.deepEqual(await client.bytes(8), text("and back"));
  client.stream.end();
  assert.equal(await server.closed, undefined);
  assert.equal(await client.closed, undefined);
  assert.deepEqual([client.closes, client.ends, server.closes, server.ends, server.opens], [1, 1, 1, 1, 0]);
  assert.equal(client.stream.write(text("late")), false);
});

test("a half-closed stream still reads; destroy is idempotent", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL });
  const client = dial(listener.port);
  await client.opened;
  client.stream.write(text("question"));
  client.stream.end();
  while ((accepted[0]?.ends ?? 0) === 0) {
    if (accepted[0] !== undefined) accepted[0].onPeerEnd = () => {};
    await turn();
  }
  accepted[0]?.stream.write(text("answer"));
  assert.deepEqual(await client.bytes(6), text("answer"));
  client.stream.destroy();
  client.stream.destroy();
  assert.equal(await client.closed, undefined);
});

test("a reset by the peer is told as such", async (t) => {
  const before = openHandles();
  const server = createServer((socket) => socket.resetAndDestroy()).listen(0, "127.0.0.1");
  t.after(async () => {
    server.close();
    await expectNoLeaks(before);
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const client = dial(port);
  assert.match((await client.closed) ?? "", /^connection reset by 127\.0\.0\.1:\d+$/);
});

test("refused, no such host, no such Unix socket: each with its own sentence, in a later turn", async () => {
  const { port, close } = await freedPort();
  await close();
  const before = openHandles();
  assert.equal(await dial(port).closed, `connection refused by 127.0.0.1:${port}: nothing listens there`);
  const unknown = new RecordingStream(dialer({ address: { host: "no-such-host.invalid", port: 1 } }));
  assert.equal(unknown.closes, 0);
  assert.match((await unknown.closed) ?? "", /host name of no-such-host\.invalid:1 (was not found in DNS|could not be looked up)/);
  const missing = new RecordingStream(dialer({ address: { path: join(tmpdir(), "sluice-no-such.sock") } }));
  assert.match((await missing.closed) ?? "", /^there is no socket at unix:.*sluice-no-such\.sock$/);
  await expectNoLeaks(before);
});

test("a port in use is told as such", async (t) => {
  const { listener } = await listening(t, { address: LOCAL });
  await assert.rejects(
    listen({ address: { host: "127.0.0.1", port: listener.port } }, () => {}),
    {
      message: `cannot listen on 127.0.0.1:${listener.port}: the address is in use`,
    },
  );
  await assert.rejects(
    listen({ address: { host: "192.0.2.1", port: 0 } }, () => {}),
    /192\.0\.2\.1:0 is not an address of this machine/,
  );
});

test("an HTTP/1.1 answer to a cleartext connection is told as such", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL });
  const client = dial(listener.port);
  await client.opened;
  client.stream.write(text("hello"));
  while (accepted[0] === undefined) await turn();
  accepted[0].stream.write(text("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assert.match((await client.closed) ?? "", /answered in HTTP\/1\.1, it does not speak HTTP\/2$/);
  assert.equal(client.received, 0);
});

test("more connections than the maximum are closed as they arrive", async (t) => {
  const { listener } = await listening(t, { address: LOCAL, maxConnections: 2 });
  const clients = [dial(listener.port), dial(listener.port)];
  await Promise.all(clients.map((client) => client.opened));
  while (listener.openConnections < 2) await turn();
  const third = dial(listener.port);
  await third.closed;
  assert.equal(listener.refused, 1);
  clients[0]?.stream.destroy();
  while (listener.openConnections > 1) await turn();
  const fourth = dial(listener.port);
  await fourth.opened;
  while (listener.openConnections < 2) await turn();
  assert.equal(fourth.closes, 0);
  for (const client of [...clients, fourth]) client.stream.destroy();
});

test("who says nothing is not accepted: closed when its time is over, or when there are too many, the oldest first", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL, maxHandshakes: 2, handshakeTimeoutMs: 50 });
  const silent = [dial(listener.port), dial(listener.port)];
  await Promise.all(silent.map((client) => client.opened));
  while (listener.handshakes < 2) await turn();
  const third = dial(listener.port);
  await silent[0]?.closed;
  assert.equal(listener.refused, 1);
  assert.equal(third.closes, 0);
  await Promise.all([silent[1]?.closed, third.closed]);
  assert.deepEqual([listener.handshakes, listener.refused, accepted.length], [0, 1, 0]);
});

test("who ends or resets before a first byte is not accepted", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL });
  const ending = connectSocket(listener.port, "127.0.0.1", () => ending.end());
  const resetting = connectSocket(listener.port, "127.0.0.1", () => resetting.resetAndDestroy());
  await Promise.all([ending, resetting].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  while (listener.openConnections > 0) await turn();
  assert.deepEqual([listener.handshakes, accepted.length], [0, 0]);
});

test("close stops accepting, frees the port, closes who has said nothing, and leaves open connections alone", async (t) => {
  const { listener, accepted } = await listening(t, { address: LOCAL });
  const client = dial(listener.port);
  const silent = dial(listener.port);
  await Promise.all([client.opened, silent.opened]);
  client.stream.write(text("hello"));
  while (accepted[0] === undefined || listener.handshakes < 1) await turn();
  await listener.close();
  await listener.close();
  await silent.closed;
  assert.match((await dial(listener.port).closed) ?? "", /refused/);
  accepted[0].stream.write(text("still here"));
  assert.deepEqual(await client.bytes(10), text("still here"));
  const again = await listen({ address: { host: "127.0.0.1", port: listener.port } }, () => {});
  await again.close();
  client.stream.destroy();
});

test("Unix sockets: bytes, a name in use, a file left behind, a file that is no socket", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "app.sock");
  const { listener, accepted } = await listening(t, { address: { path } });
  assert.equal(listener.url, `unix:${path}`);
  assert.equal(listener.port, 0);
  const client = new RecordingStream(dialer({ address: { path } }));
  await client.opened;
  assert.equal(client.stream.peer.address, `unix:${path}`);
  client.stream.write(text("hello"));
  while (accepted[0] === undefined) await turn();
  assert.deepEqual(await accepted[0].bytes(5), text("hello"));
  await assert.rejects(
    listen({ address: { path } }, () => {}),
    { message: `cannot listen on unix:${path}: the address is in use` },
  );
  client.stream.destroy();
  await listener.close();
  await assert.rejects(stat(path), "closing removes the file");

  await abandonSocket(path);
  assert.ok((await stat(path)).isSocket());
  const second = await listen({ address: { path } }, () => {});
  await second.close();

  const plain = join(folder, "plain.txt");
  await writeFile(plain, "precious");
  await assert.rejects(
    listen({ address: { path: plain } }, () => {}),
    /in use/,
  );
  assert.equal((await stat(plain)).size, 8);
});

for (const [name, write] of [
  ["small pieces", 1_000],
  ["large pieces", 96 * 1024],
] as const) {
  test(`a slow reader: ${name} from one buffer that is reused as soon as write allows`, async (t) => {
    const { listener, accepted } = await listening(t, { address: LOCAL });
    const client = dial(listener.port);
    await client.opened;
    client.stream.write(text("go"));
    while ((accepted[0]?.received ?? 0) < 2) await turn();
    const told = await pumpThroughSlowReader(client, accepted[0] as RecordingStream, 20_000_000, write);
    assert.ok(told.blocked > 0, "the reader never held up the writer");
    client.stream.destroy();
  });
}

test("bad options throw at the call", () => {
  const never = () => assert.fail("listening");
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    assert.throws(() => listen({ address: { host: "127.0.0.1", port } }, never), UsageError);
    assert.throws(() => dialer({ address: { host: "127.0.0.1", port } }), UsageError);
  }
  assert.throws(() => dialer({ address: { host: "127.0.0.1", port: 0 } }), /"port" is 0/);
  assert.throws(() => dialer({ address: { host: "", port: 1 } }), /"host"/);
  assert.throws(() => listen({ address: { path: "" } }, never), /"path"/);
  assert.throws(() => listen({ address: LOCAL, maxConnections: 0 }, never), /"maxConnections" is 0/);
  assert.throws(() => listen({ address: LOCAL, handshakeTimeoutMs: -1 }, never), /"handshakeTimeoutMs" is -1/);
});

async function freedPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const listener = await listen({ address: LOCAL }, () => {});
  return { port: listener.port, close: () => listener.close() };
}

/** Leaves a socket file without a listener, as a process does that is killed. */
async function abandonSocket(path: string): Promise<void> {
  const { execFileSync } = await import("node:child_process");
  const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  assert.throws(() => execFileSync(process.execPath, ["-e", program]));
  await new Promise<void>((resolve) => {
    connectSocket(path).once("error", () => resolve());
  });
}
