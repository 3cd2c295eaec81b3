import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../base/error-code.js";
import { Field } from "../../base/field.js";
import type { ClientConnection, ClientConnectionEvents, ConnectionEnd, ExchangeAcceptor } from "../../exchange/connection.js";
import { type Http2LimitOptions, OutputPool, resolveLimits, WindowBudget } from "../../http2/index.js";
import { HEADS, NOTHING } from "../../testing/exchange-suite/harness.js";
import { content, Recorder } from "../../testing/exchange-suite/recorder.js";
import { type MemoryPipe, memoryPipe } from "../../testing/memory-byte-stream.js";
import { VirtualRuntime } from "../../testing/virtual-runtime.js";
import type { ByteStream } from "../byte-stream.js";
import type { ByteStreamOpener } from "../byte-stream-opener.js";
import { makeClientConnection } from "./client-connection.js";
import { CLOSE_TIMEOUT_MS } from "./driver.js";
import { acceptConnection } from "./server-connection.js";

/** What a client's connection told. */
class ClientLog implements ClientConnectionEvents {
  readonly ends: ConnectionEnd[] = [];
  ready = 0;
  onReady(): void {
    this.ready++;
  }
  onCapacity(): void {}
  onDraining(): void {}
  onClosed(end: ConnectionEnd): void {
    this.ends.push(end);
  }
}

function setUp(limits: Http2LimitOptions = {}) {
  const runtime = new VirtualRuntime();
  const shared = { runtime, outputPool: new OutputPool(), windowBudget: new WindowBudget() };
  const log = new ClientLog();
  return {
    runtime,
    log,
    client: (open: ByteStreamOpener, connectTimeoutMs = 20_000) =>
      makeClientConnection(open, { ...shared, limits: resolveLimits("client", limits), connectTimeoutMs }, log),
    server: (open: ByteStreamOpener, acceptor: ExchangeAcceptor, ends: ConnectionEnd[]) =>
      acceptConnection(open, { ...shared, limits: resolveLimits("server", limits) }, acceptor, { onClosed: (end) => ends.push(end) }),
  };
}

/** An opener that counts the writes of the stream it opens. */
function counting(open: ByteStreamOpener, writes: number[]): ByteStreamOpener {
  return (events) => {
    const inner = open(events);
    const outer: ByteStream = {
      get peer() {
        return inner.peer;
      },
      write(bytes) {
        writes.push(bytes.length);
        return inner.write(bytes);
      },
      pause: (paused) => inner.pause(paused),
      hold: (held) => inner.hold(held),
      end: () => inner.end(),
      destroy: () => inner.destroy(),
    };
    return outer;
  };
}

function respondAtOnce(): ExchangeAcceptor {
  return {
    onExchange(exchange) {
      exchange.respond(HEADS.response, NOTHING, new Uint8Array(0), content(40), HEADS.trailers, NOTHING);
      exchange.settled();
      return new Recorder();
    },
  };
}

function call(client: ClientConnection): Recorder {
  const recorder = new Recorder();
  recorder.exchange = client.open(recorder);
  recorder.exchange.sendHead(HEADS.request, [new Field("x-call", "1")], true);
  return recorder;
}

test("fifty calls that arrive in one chunk are answered in one write, and sent in one", () => {
  const { runtime, client, server } = setUp();
  const pipe = memoryPipe(runtime);
  const clientWrites: number[] = [];
  const serverWrites: number[] = [];
  server(counting(pipe.server, serverWrites), respondAtOnce(), []);
  const connection = client(counting(pipe.client, clientWrites));
  runtime.run();
  clientWrites.length = 0;
  serverWrites.length = 0;
  const calls = Array.from({ length: 50 }, () => call(connection));
  assert.deepEqual([clientWrites.length, serverWrites.length], [0, 0], "nothing is written inside a command");
  runtime.run();
  for (const recorder of calls) assert.equal(recorder.end?.kind, "complete");
  assert.deepEqual([clientWrites.length, serverWrites.length], [1, 1]);
});

test("answers made in microtasks after the chunk share one write", async () => {
  const { runtime, client, server } = setUp();
  const pipe = memoryPipe(runtime);
  const writes: number[] = [];
  const acceptor: ExchangeAcceptor = {
    onExchange(exchange) {
      void Promise.resolve().then(() => exchange.respond(HEADS.response, NOTHING, new Uint8Array(0), content(40), HEADS.trailers, NOTHING));
      return new Recorder();
    },
  };
  server(counting(pipe.server, writes), acceptor, []);
  const connection = client(pipe.client);
  runtime.run();
  writes.length = 0;
  const calls = Array.from({ length: 50 }, () => call(connection));
  await runtime.settle();
  for (const recorder of calls) assert.equal(recorder.end?.kind, "complete");
  assert.equal(writes.length, 1);
});

test("the first reset of a turn is written inside the command, those that follow it by the kilobyte", () => {
  const { runtime, client, server } = setUp();
  const pipe = memoryPipe(runtime);
  const writes: number[] = [];
  const accepted: Recorder[] = [];
  const acceptor: ExchangeAcceptor = {
    onExchange() {
      accepted.push(new Recorder());
      return accepted.at(-1) as Recorder;
    },
  };
  server(pipe.server, acceptor, []);
  const connection = client(counting(pipe.client, writes));
  runtime.run();
  const calls = Array.from({ length: 200 }, () => call(connection));
  runtime.run();
  assert.equal(accepted.length, 200);
  writes.length = 0;
  const RESET_BYTES = 13;
  calls[0]?.exchange?.reset(ErrorCode.CANCEL);
  assert.deepEqual(writes, [RESET_BYTES]);
  for (const recorder of calls.slice(1)) recorder.exchange?.reset(ErrorCode.CANCEL);
  const kilobyte = Math.ceil(1024 / RESET_BYTES) * RESET_BYTES;
  assert.deepEqual(writes, [RESET_BYTES, kilobyte, kilobyte]);
  runtime.run();
  assert.deepEqual(writes, [RESET_BYTES, kilobyte, kilobyte, 200 * RESET_BYTES - RESET_BYTES - 2 * kilobyte]);
  for (const { end } of accepted) assert.equal(end?.code, ErrorCode.CANCEL);
});

test("a reset in a turn that has something to write goes with it", () => {
  const { runtime, client, server } = setUp();
  const pipe = memoryPipe(runtime);
  const writes: number[] = [];
  server(pipe.server, { onExchange: () => new Recorder() }, []);
  const connection = client(counting(pipe.client, writes));
  runtime.run();
  const first = call(connection);
  runtime.run();
  writes.length = 0;
  const second = call(connection);
  first.exchange?.reset(ErrorCode.CANCEL);
  second.exchange?.reset(ErrorCode.CANCEL);
  assert.deepEqual(writes, []);
  runtime.run();
  assert.equal(writes.length, 1);
});

test("a connection that cannot be opened says why, and holds nothing", () => {
  const { runtime, client, log } = setUp();
  const pipe = memoryPipe(runtime);
  const connection = client(pipe.client);
  pipe.cut("connection refused by nowhere");
  assert.equal(log.ends.length, 0, "not inside the call");
  runtime.run();
  assert.equal(log.ends[0]?.message, "connection refused by nowhere");
  assert.equal(log.ends[0]?.initiator, "network");
  assert.equal(connection.capacity, 0);
  assert.throws(() => connection.open(new Recorder()), /without capacity/);
  assert.equal(runtime.timers.size, 0);
});

test("connecting has a time limit: until the stream is open, and until the peer has spoken", () => {
  for (const [what, prepare] of [
    [
      "no connection",
      (pipe: MemoryPipe): ByteStreamOpener =>
        (events) =>
          pipe.client({ ...quiet, onClose: (reason) => events.onClose(reason) }),
    ],
    ["the peer has not spoken HTTP/2", (pipe: MemoryPipe): ByteStreamOpener => pipe.client],
  ] as const) {
    const { runtime, client, log } = setUp({ firstSettingsTimeoutMs: 60_000 });
    client(prepare(memoryPipe(runtime)), 3_000);
    runtime.advance(2_999);
    assert.equal(log.ends.length, 0);
    runtime.advance(2);
    assert.equal(log.ends[0]?.message, `connecting to memory timed out after 3000 ms: ${what}`);
    assert.equal(log.ends[0]?.initiator, "engine");
    assert.equal(log.ready, 0);
    assert.equal(runtime.timers.size, 0);
  }
});

test("a peer that closes without a word: the reason guesses at TLS", () => {
  const { runtime, client, log } = setUp();
  const pipe = memoryPipe(runtime);
  const peer = pipe.server({ ...quiet, onData: () => peer.end() });
  client(pipe.client);
  runtime.advance(1_000);
  assert.match(log.ends[0]?.message ?? "", /^memory closed the connection without speaking HTTP\/2: it may expect TLS/);
  assert.equal(runtime.timers.size, 0);
});

test("destroy and drain before the stream is open", () => {
  for (const end of [
    (connection: ClientConnection) => connection.destroy("not needed"),
    (connection: ClientConnection) => connection.drain(),
  ]) {
    const { runtime, client, log } = setUp();
    const pipe = memoryPipe(runtime);
    const connection = client(pipe.client);
    end(connection);
    end(connection);
    runtime.advance(10);
    assert.equal(log.ends.length, 1);
    assert.equal(log.ends[0]?.initiator, "application");
    assert.equal(log.ready, 0);
    assert.equal(runtime.timers.size, 0);
  }
});

test("a peer that neither reads nor closes after GOAWAY is cut off in time", () => {
  const { runtime, client, server, log } = setUp();
  const pipe = memoryPipe(runtime);
  const ends: ConnectionEnd[] = [];
  const serverConnection = server(pipe.server, respondAtOnce(), ends);
  client(pipe.client);
  runtime.run();
  assert.equal(log.ready, 1);
  pipe.stall(true);
  serverConnection.destroy("enough");
  runtime.advance(CLOSE_TIMEOUT_MS - 1);
  assert.equal(ends.length, 0);
  runtime.advance(2);
  assert.equal(ends.length, 1);
  assert.equal(ends[0]?.message, "enough");
});

test("garbage from a client: GOAWAY, and the stream is closed although the peer never closes", () => {
  const { runtime, server } = setUp();
  const pipe = memoryPipe(runtime);
  const ends: ConnectionEnd[] = [];
  server(pipe.server, respondAtOnce(), ends);
  let received = 0;
  let closed = false;
  const peer = pipe.client({
    ...quiet,
    onOpen: () => peer.write(content(100)),
    onData: (bytes) => {
      received += bytes.length;
    },
    onClose: () => {
      closed = true;
    },
  });
  runtime.advance(CLOSE_TIMEOUT_MS + 10);
  assert.ok(received > 0, "it was told");
  assert.equal(ends.length, 1);
  assert.equal(ends[0]?.code, ErrorCode.PROTOCOL_ERROR);
  peer.write(content(1));
  runtime.run();
  assert.ok(closed);
  assert.equal(runtime.timers.size, 0);
});

test("keepalive: the engine's timeouts run on the wheel, and a silent network ends the connection", () => {
  const { runtime, client, server, log } = setUp({ keepaliveIntervalMs: 10_000, keepaliveTimeoutMs: 2_000, keepaliveWithoutStreams: true });
  const pipe = memoryPipe(runtime);
  server(pipe.server, respondAtOnce(), []);
  client(pipe.client);
  runtime.advance(60_000);
  assert.equal(log.ends.length, 0, "answered PINGs keep it up");
  pipe.stall(true);
  runtime.advance(30_000);
  assert.match(log.ends[0]?.message ?? "", /keepalive/);
});

const quiet = { onOpen() {}, onData(_bytes: Uint8Array) {}, onDrain() {}, onEnd() {}, onClose(_reason: string | undefined) {} };
