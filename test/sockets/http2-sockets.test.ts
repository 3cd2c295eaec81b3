import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createHttp1Server } from "node:http";
import { type ClientHttp2Stream, connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { ErrorCode } from "../../src/base/error-code.js";
import { findField } from "../../src/base/field.js";
import type { ClientConnection, ConnectionEnd, ExchangeAcceptor, ServerConnection } from "../../src/exchange/connection.js";
import { dialer } from "../../src/node/dial.js";
import { type Listener, listen } from "../../src/node/listen.js";
import { processTransport } from "../../src/node/process-transport.js";
import type { ServerTlsOptions } from "../../src/node/tls-options.js";
import { HEADS, NOTHING } from "../../src/testing/exchange-suite/harness.js";
import { checksumOf, content, Recorder } from "../../src/testing/exchange-suite/recorder.js";
import { makeClientConnection } from "../../src/transport/http2/client-connection.js";
import { acceptConnection } from "../../src/transport/http2/server-connection.js";
import { cleanUp } from "./clean-up.js";
import { turn } from "./recording-stream.js";

const file = (name: string) => readFileSync(new URL(`../../../test/certificates/${name}`, import.meta.url));
const CA = file("ca.pem");
const TLS: ServerTlsOptions = { cert: file("server.pem"), key: file("server-key.pem") };
const EMPTY = new Uint8Array(0);

/** A server of HTTP/2 on the engine, for the time of a test. */
async function serving(
  t: TestContext,
  acceptor: ExchangeAcceptor,
  tls?: ServerTlsOptions,
): Promise<{ listener: Listener; open: Set<ServerConnection> }> {
  const atEnd = cleanUp(t);
  const open = new Set<ServerConnection>();
  const transport = processTransport("server", undefined);
  const listener = await listen({ address: { host: "127.0.0.1", port: 0 }, ...(tls === undefined ? {} : { tls }) }, (accepted) => {
    const connection: ServerConnection = acceptConnection(accepted, transport, acceptor, { onClosed: () => open.delete(connection) });
    open.add(connection);
  });
  atEnd(async () => {
    await listener.close();
    for (const connection of open) connection.destroy("the test is over");
    for (let i = 0; i < 2_000 && open.size > 0; i++) await turn();
    assert.equal(open.size, 0);
  });
  return { listener, open };
}

async function connecting(port: number, tls?: object): Promise<{ client: ClientConnection; closed: Promise<ConnectionEnd> }> {
  const dial = dialer({ address: { host: "127.0.0.1", port }, ...(tls === undefined ? {} : { tls }) });
  let client: ClientConnection | undefined;
  let tellClosed: (end: ConnectionEnd) => void = () => {};
  const closed = new Promise<ConnectionEnd>((resolve) => {
    tellClosed = resolve;
  });
  await new Promise<void>((resolve) => {
    client = makeClientConnection(dial, processTransport("client", undefined), {
      onReady: resolve,
      onCapacity() {},
      onDraining() {},
      onClosed(end) {
        tellClosed(end);
        resolve();
      },
    });
  });
  return { client: client as ClientConnection, closed };
}

/** Answers a body with the same body, once it is whole or as it comes, obeying back-pressure. */
function echo(): ExchangeAcceptor {
  return {
    onExchange(exchange) {
      const pieces: Uint8Array[] = [];
      const recorder = new Recorder();
      recorder.consumes = false;
      const forward = (): void => {
        let room = true;
        while (room && pieces.length > 0) {
          const piece = pieces.shift() as Uint8Array;
          room = exchange.sendData(EMPTY, piece, false);
          exchange.consume(piece.length);
        }
        if (pieces.length === 0 && recorder.fins > 0) {
          exchange.sendTrailers(HEADS.trailers, NOTHING);
          exchange.settled();
        }
      };
      const onData = recorder.onData.bind(recorder);
      recorder.onData = (chunk, start, end, fin) => {
        pieces.push(chunk.slice(start, end));
        onData(chunk, start, end, fin);
        forward();
      };
      recorder.at.writable = forward;
      exchange.sendHead(HEADS.response, NOTHING, false);
      return recorder;
    },
  };
}

function upload(client: ClientConnection, body: Uint8Array): Promise<Recorder> {
  const recorder = new Recorder();
  recorder.exchange = client.open(recorder);
  return new Promise((resolve) => {
    recorder.at.end = () => resolve(recorder);
    recorder.exchange?.sendHead(HEADS.request, NOTHING, false);
    let at = 0;
    const write = (): void => {
      let room = true;
      while (room && at < body.length) {
        const piece = body.slice(at, at + 50_000);
        at += piece.length;
        room = recorder.exchange?.sendData(EMPTY, piece, at === body.length) ?? false;
      }
    };
    recorder.at.writable = write;
    write();
  });
}

for (const [name, tls] of [
  ["cleartext", undefined],
  ["TLS", TLS],
] as const) {
  test(`${name}: ten bodies of 2 MB there and back, beside each other, whole`, async (t) => {
    const { listener } = await serving(t, echo(), tls);
    const { client, closed } = await connecting(listener.port, tls && { ca: CA });
    const bodies = Array.from({ length: 10 }, (_, i) => content(2_000_000, i));
    const answers = await Promise.all(bodies.map((body) => upload(client, body)));
    for (const [i, answer] of answers.entries()) {
      assert.equal(answer.end?.kind, "complete", answer.end?.message);
      assert.equal(answer.bytes, 2_000_000);
      assert.equal(answer.checksum, checksumOf(bodies[i] as Uint8Array));
    }
    assert.equal(client.peer.encrypted, tls !== undefined);
    client.drain();
    assert.equal((await closed).code, ErrorCode.NO_ERROR);
  });

  test(`${name}: node:http2 as the client`, async (t) => {
    const { listener } = await serving(t, echo(), tls);
    const session = connectHttp2(`${tls === undefined ? "http" : "https"}://127.0.0.1:${listener.port}`, { ca: CA });
    const body = content(300_000);
    const request: ClientHttp2Stream = session.request({
      ":method": "POST",
      ":path": "/a/B",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let trailers: Record<string, unknown> = {};
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("trailers", (fields) => {
      trailers = fields;
    });
    request.end(body);
    await new Promise((resolve) => request.once("close", resolve));
    assert.deepEqual(new Uint8Array(Buffer.concat(chunks)), body);
    assert.equal(trailers["grpc-status"], "0");
    await new Promise<void>((resolve) => session.close(resolve));
  });
}

test("node:http2 as the server", async (t) => {
  const atEnd = cleanUp(t);
  const server = createHttp2Server();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => server.close());
  const { client, closed } = await connecting((server.address() as AddressInfo).port);
  const body = content(1_000_000);
  const answer = await upload(client, body);
  assert.equal(answer.checksum, checksumOf(body));
  assert.equal(findField(answer.trailers ?? [], "grpc-status"), "0");
  client.drain();
  await closed;
});

test("a cleartext client on a TLS port, and on an HTTP/1.1 server, is told what is there", async (t) => {
  const atEnd = cleanUp(t);
  const { listener } = await serving(t, echo(), TLS);
  const onTls = await connecting(listener.port);
  assert.match((await onTls.closed).message, /it may expect TLS/);
  const http1 = createHttp1Server();
  await new Promise<void>((resolve) => http1.listen(0, "127.0.0.1", resolve));
  atEnd(() => http1.close());
  const onHttp1 = await connecting((http1.address() as AddressInfo).port);
  assert.match((await onHttp1.closed).message, /answered in HTTP\/1\.1/);
});

test("a TLS client on a cleartext port of the engine is told what is there", async (t) => {
  const { listener, open } = await serving(t, echo());
  const { closed } = await connecting(listener.port, { ca: CA });
  assert.match((await closed).message, /does not speak TLS \(wrong version number\)/);
  for (let i = 0; i < 2_000 && open.size > 0; i++) await turn();
  assert.equal(open.size, 0);
});

test("2,000 connections that send garbage leave the descriptors there were", { skip: process.platform !== "linux" }, async (t) => {
  const { listener, open } = await serving(t, echo());
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  const garbage = [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(64, 0xff),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x01\x63\x00\x00\x00\x00\x01!"),
  ];
  for (let i = 0; i < 2_000; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const socket = connectSocket(listener.port, "127.0.0.1");
        socket.on("error", () => {}).resume();
        socket.write(garbage[n % 3] as Buffer);
        await new Promise((resolve) => socket.once("close", resolve));
      }),
    );
  }
  for (let i = 0; i < 5_000 && (open.size > 0 || descriptors() > before); i++) await turn();
  assert.equal(open.size, 0);
  assert.ok(descriptors() <= before, `${descriptors()} descriptors, ${before} before`);
});
