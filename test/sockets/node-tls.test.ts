import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectSocket, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { UsageError } from "../../src/base/usage-error.js";
import { dialer } from "../../src/node/dial.js";
import { type Accepted, type Listener, type ListenOptions, listen } from "../../src/node/listen.js";
import type { ClientTlsOptions, ServerTlsOptions } from "../../src/node/tls-options.js";
import { cleanUp } from "./clean-up.js";
import { RecordingStream, text, turn } from "./recording-stream.js";
import { pumpThroughSlowReader } from "./slow-reader.js";

const file = (name: string) => readFileSync(new URL(`../../../test/certificates/${name}`, import.meta.url));
const CA = file("ca.pem");
const SERVER: ServerTlsOptions = { cert: file("server.pem"), key: file("server-key.pem") };
const CLIENT: ClientTlsOptions = { cert: file("client.pem"), key: file("client-key.pem") };
const STRANGER = { cert: file("stranger.pem"), key: file("stranger-key.pem") };
const MUTUAL: ServerTlsOptions = { ...SERVER, ca: CA, requestClientCertificate: true };
const LOCAL = { host: "127.0.0.1", port: 0 } as const;

async function listening(
  t: TestContext,
  tls: ServerTlsOptions,
  options: Partial<ListenOptions> = {},
): Promise<{ listener: Listener; accepted: RecordingStream[] }> {
  const atEnd = cleanUp(t);
  const accepted: RecordingStream[] = [];
  const listener = await listen({ address: LOCAL, tls, ...options }, (open: Accepted) => accepted.push(new RecordingStream(open)));
  atEnd(async () => {
    for (const { stream } of accepted) stream.destroy();
    await listener.close();
    for (let i = 0; i < 500 && listener.openConnections > 0; i++) await turn();
    assert.deepEqual([listener.openConnections, listener.handshakes], [0, 0]);
  });
  return { listener, accepted };
}

/** Another's server on a free port, for the time of a test. */
async function foreign(t: TestContext, server: Server): Promise<number> {
  const atEnd = cleanUp(t);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

function dial(port: number, tls?: ClientTlsOptions, host = "127.0.0.1"): RecordingStream {
  return new RecordingStream(dialer({ address: { host, port }, ...(tls === undefined ? {} : { tls }) }));
}

async function first(accepted: RecordingStream[]): Promise<RecordingStream> {
  while (accepted[0] === undefined) await turn();
  return accepted[0];
}

test("TLS with ALPN: bytes both ways, an orderly end", async (t) => {
  const { listener, accepted } = await listening(t, SERVER);
  assert.equal(listener.url, `https://127.0.0.1:${listener.port}`);
  const client = dial(listener.port, { ca: CA });
  await client.opened;
  assert.equal(client.stream.peer.encrypted, true);
  assert.equal(client.stream.peer.certificate?.subject, "O=Sluice tests only, CN=localhost");
  assert.ok(client.stream.peer.certificate?.alternativeNames.includes("DNS:localhost"));
  client.stream.write(text("hello"));
  const server = await first(accepted);
  assert.deepEqual(server.stream.peer.encrypted, true);
  assert.equal(server.stream.peer.certificate, undefined);
  assert.deepEqual(await server.bytes(5), text("hello"));
  assert.equal(server.chunks[0]?.constructor, Uint8Array);
  server.stream.write(text("and back"));
  assert.deepEqual(await client.bytes(8), text("and back"));
  client.stream.end();
  assert.equal(await server.closed, undefined);
  assert.equal(await client.closed, undefined);
});

test("TLS: a half-closed stream still reads", async (t) => {
  const { listener, accepted } = await listening(t, SERVER);
  const client = dial(listener.port, { ca: CA });
  await client.opened;
  const server = await first(accepted);
  server.onPeerEnd = () => {};
  client.stream.write(text("question"));
  client.stream.end();
  while (server.ends === 0) await turn();
  server.stream.write(text("answer"));
  assert.deepEqual(await client.bytes(6), text("answer"));
  server.stream.end();
  assert.equal(await client.closed, undefined);
  assert.equal(await server.closed, undefined);
});

test("a server that hangs up during the handshake", async (t) => {
  const ends = await foreign(
    t,
    createServer((socket) =>
      socket
        .on("error", () => {})
        .resume()
        .end(),
    ),
  );
  assert.match((await dial(ends, { ca: CA }).closed) ?? "", /^connection reset by 127\.0\.0\.1:\d+/);
});

test("mTLS: the server knows who the client is", async (t) => {
  const { listener, accepted } = await listening(t, MUTUAL);
  const client = dial(listener.port, { ca: CA, ...CLIENT });
  await client.opened;
  const server = await first(accepted);
  const certificate = server.stream.peer.certificate;
  assert.equal(certificate?.subject, "O=Sluice tests only, CN=test client");
  assert.deepEqual(certificate?.alternativeNames, ["DNS:client.test", "URI:spiffe://test/client"]);
  assert.match(certificate?.fingerprint256 ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  client.stream.destroy();
});

test("mTLS: a client without a certificate, or with one that nobody vouches for, is not let in and hears why", async (t) => {
  const { listener, accepted } = await listening(t, MUTUAL);
  const without = dial(listener.port, { ca: CA });
  assert.match((await without.closed) ?? "", /^127\.0\.0\.1:\d+ wants a client certificate, and none was given$/);
  const stranger = dial(listener.port, { ca: CA, ...STRANGER });
  await stranger.closed;
  assert.equal(accepted.length, 0);
  assert.equal(listener.handshakes, 0);
});

test("a certificate that nobody vouches for is told as such", async (t) => {
  const { listener } = await listening(t, SERVER);
  const { listener: stranger } = await listening(t, STRANGER);
  for (const { port } of [listener, stranger]) {
    const client = dial(port, {});
    assert.match((await client.closed) ?? "", /^the certificate of 127\.0\.0\.1:\d+ is not trusted: /);
    assert.equal(client.opens, 0);
  }
  const careless = dial(stranger.port, { rejectUnauthorized: false });
  await careless.opened;
  assert.equal(careless.stream.peer.certificate, undefined, "what was not verified is nobody's certificate");
  careless.stream.destroy();
});

test("a certificate for another name is told as such; serverName says which name is meant", async (t) => {
  const { listener } = await listening(t, SERVER);
  const other = dial(listener.port, { ca: CA, serverName: "elsewhere.test" });
  assert.match((await other.closed) ?? "", /^the certificate of 127\.0\.0\.1:\d+ is for another name than "elsewhere\.test"$/);
  const ip = dial(listener.port, { ca: CA, serverName: "10.9.8.7" });
  assert.match((await ip.closed) ?? "", /another name than "10\.9\.8\.7"/);
  for (const serverName of ["foo.test.google.fr", "localhost", "127.0.0.1"]) {
    const client = dial(listener.port, { ca: CA, serverName });
    await Promise.race([client.opened, client.closed.then((reason) => assert.fail(reason))]);
    client.stream.destroy();
    await client.closed;
  }
});

test("a TLS alert to a cleartext client is told as such", async (t) => {
  const port = await foreign(
    t,
    createServer((socket) => {
      socket.on("error", () => {}).resume();
      socket.end(Buffer.from("15030100020246", "hex"));
    }),
  );
  const client = dial(port);
  assert.match((await client.closed) ?? "", /^127\.0\.0\.1:\d+ expects TLS, and this connection is cleartext/);
  assert.equal(client.received, 0);
});

test("a cleartext client on a TLS port is closed without a word", async (t) => {
  const { listener, accepted } = await listening(t, SERVER);
  const client = dial(listener.port);
  await client.opened;
  client.stream.write(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
  await client.closed;
  assert.equal(client.received, 0);
  assert.equal(accepted.length, 0);
});

test("a TLS client on a cleartext port is told as such", async (t) => {
  const port = await foreign(
    t,
    createServer((socket) => {
      socket.on("error", () => {}).resume();
      socket.end(Buffer.from("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff", "latin1"));
    }),
  );
  assert.match((await dial(port, {}).closed) ?? "", /^127\.0\.0\.1:\d+ does not speak TLS \(wrong version number\)/);
});

test("a TLS server without HTTP/2 is told as such, whether it refuses or goes on in HTTP/1.1", async (t) => {
  const http1Only = await foreign(t, createHttpsServer(SERVER as object));
  assert.match(
    (await dial(http1Only, { ca: CA }).closed) ?? "",
    /does not offer HTTP\/2 \(ALPN "h2"\): it may be an HTTP\/1\.1-only server$/,
  );
  const noAlpn = await foreign(
    t,
    createTlsServer(SERVER as object, (socket) => socket.on("error", () => {})),
  );
  const client = dial(noAlpn, { ca: CA });
  assert.match((await client.closed) ?? "", /does not offer HTTP\/2/);
  assert.equal(client.opens, 0);
});

test("a TLS client that does not offer HTTP/2 is not accepted", async (t) => {
  const { listener, accepted } = await listening(t, SERVER);
  for (const ALPNProtocols of [undefined, ["http/1.1"]]) {
    const socket = connectTls({ port: listener.port, host: "127.0.0.1", ca: CA, ...(ALPNProtocols && { ALPNProtocols }) });
    socket.on("error", () => {});
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  }
  assert.equal(accepted.length, 0);
  assert.equal(listener.handshakes, 0);
});

test("handshakes that do not go on are bounded in number and in time", async (t) => {
  const { listener, accepted } = await listening(t, SERVER, { maxHandshakes: 3, handshakeTimeoutMs: 150 });
  const idle = Array.from({ length: 3 }, () => connectSocket(listener.port, "127.0.0.1"));
  const closed = idle.map((socket) => {
    socket.on("error", () => {}).resume();
    return new Promise((resolve) => socket.once("close", resolve));
  });
  while (listener.handshakes < 3) await turn();
  const client = dial(listener.port, { ca: CA });
  await Promise.race(closed);
  assert.equal(listener.refused, 1, "one of the idle ones made room");
  await client.opened;
  await first(accepted);
  await Promise.all(closed);
  while (listener.handshakes > 0) await turn();
  client.stream.destroy();
});

test("close ends handshakes under way", async (t) => {
  const { listener } = await listening(t, SERVER, { handshakeTimeoutMs: 60_000 });
  const socket = connectSocket(listener.port, "127.0.0.1");
  socket.on("error", () => {}).resume();
  while (listener.handshakes < 1) await turn();
  await listener.close();
  await new Promise((resolve) => socket.once("close", resolve));
  while (listener.handshakes > 0) await turn();
});

test("200 clients that break off their handshakes leave nothing", async (t) => {
  const { listener, accepted } = await listening(t, SERVER);
  const hello = Buffer.from("160301020001000", "hex");
  for (let i = 0; i < 200; i += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const socket = connectSocket(listener.port, "127.0.0.1");
        socket.on("error", () => {}).resume();
        await new Promise((resolve) => socket.once("connect", resolve));
        if (n % 3 === 0) socket.write(hello);
        if (n % 3 === 1) socket.write("GET / HTTP/1.1\r\n\r\n");
        if (n % 2 === 0) socket.resetAndDestroy();
        else socket.end();
        await new Promise((resolve) => (socket.destroyed ? resolve(undefined) : socket.once("close", resolve)));
      }),
    );
  }
  for (let i = 0; i < 2_000 && (listener.openConnections > 0 || listener.handshakes > 0); i++) await turn();
  assert.deepEqual([listener.openConnections, listener.handshakes, accepted.length], [0, 0, 0]);
});

for (const [name, piece] of [
  ["small pieces", 1_000],
  ["large pieces", 96 * 1024],
] as const) {
  test(`TLS and a slow reader: ${name} from one buffer that is reused as soon as write allows`, async (t) => {
    const { listener, accepted } = await listening(t, SERVER);
    const client = dial(listener.port, { ca: CA });
    await client.opened;
    const told = await pumpThroughSlowReader(client, await first(accepted), 20_000_000, piece);
    assert.ok(told.blocked > 0, "the reader never held up the writer");
    client.stream.destroy();
  });
}

test("bad TLS options throw at the call", () => {
  const address = { host: "127.0.0.1", port: 1 };
  const never = () => assert.fail("listening");
  assert.throws(() => dialer({ address, tls: { ca: "not a certificate", cert: "x", key: "y" } }), /TLS material cannot be read/);
  assert.throws(() => dialer({ address, tls: { cert: CLIENT.cert as Buffer } }), /"tls.cert" and "tls.key" go together: key is missing/);
  assert.throws(() => dialer({ address, tls: { ca: 7 as unknown as string } }), /option "tls.ca" is 7/);
  assert.throws(() => dialer({ address, tls: { serverName: "" } }), /"tls.serverName"/);
  assert.throws(() => dialer({ address, tls: { rejectUnauthorized: 0 as unknown as boolean } }), /"tls.rejectUnauthorized"/);
  assert.throws(() => listen({ address: LOCAL, tls: { cert: SERVER.cert } as ServerTlsOptions }, never), /key is missing/);
  assert.throws(() => listen({ address: LOCAL, tls: { ...SERVER, requestClientCertificate: true } }, never), /needs "tls.ca"/);
  assert.throws(() => listen({ address: LOCAL, tls: { ...SERVER, key: STRANGER.key } }, never), UsageError);
});
