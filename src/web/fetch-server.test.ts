import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { Field, type Fields, findField, NO_FIELDS } from "../base/field.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { ExchangeEvents } from "../exchange/exchange.js";
import { checksumOf, content, Recorder } from "../testing/exchange-suite/recorder.js";
import { VirtualRuntime } from "../testing/virtual-runtime.js";
import { FetchServerConnection } from "./fetch-server-connection.js";

const OK: Fields = [new Field(":status", "200"), new Field("content-type", "application/proto")];
const NOTHING = new Uint8Array(0);
const URL_OF_CALL = "https://example.org/api/a.B/C?x=1";

interface Accepted {
  readonly recorder: Recorder;
  readonly head: Fields;
  readonly end: boolean;
}

/** A handler that does with each request what the test says. */
function serverThat(does: (accepted: Accepted) => void = () => {}) {
  const accepted: Accepted[] = [];
  let closed = 0;
  const runtime = new VirtualRuntime();
  const acceptor: ExchangeAcceptor = {
    onExchange(exchange, head, end): ExchangeEvents {
      const recorder = new Recorder();
      recorder.exchange = exchange;
      const one = { recorder, head, end };
      accepted.push(one);
      does(one);
      return recorder;
    },
  };
  const connection = new FetchServerConnection({ acceptor, runtime, writeStallTimeoutMs: 30_000, onClosed: () => void closed++ });
  return {
    connection,
    runtime,
    accepted,
    call: (init: RequestInit & { duplex?: "half" } = {}) =>
      connection.accept(new Request(URL_OF_CALL, { method: "POST", ...init }), "/api"),
    closed: () => closed,
    /** What must be so after every test. */
    async end() {
      connection.drain();
      await turns(5);
      assert.equal(connection.openExchanges, 0);
      assert.equal(closed, 1);
      assert.equal(runtime.timers.size, 0);
      for (const { recorder } of accepted) {
        assert.deepEqual(recorder.violations(), []);
        assert.equal(recorder.count("end"), 1);
      }
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function first<T>(list: readonly T[]): T {
  assert.ok(list.length > 0, "nothing has come");
  return list[0] as T;
}

test("a request arrives as HTTP/2 would bring it, without the prefix; a whole answer has a body of known length", async () => {
  const server = serverThat(({ recorder }) => {
    recorder.at.data = () => {
      if (recorder.fins === 0) return;
      recorder.exchange?.sendHead(OK, [new Field("x-own", "1")], false);
      recorder.exchange?.sendData(Uint8Array.of(1), Uint8Array.of(2, 3), true);
    };
  });
  const response = await server.call({ body: content(5), headers: { "x-a": "b" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-own"), "1");
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [1, 2, 3]);
  const { head, end, recorder } = first(server.accepted);
  assert.equal(end, false);
  for (const [name, value] of [
    [":method", "POST"],
    [":scheme", "https"],
    [":path", "/a.B/C?x=1"],
    [":authority", "example.org"],
    ["x-a", "b"],
  ] as const)
    assert.equal(findField(head, name), value);
  assert.equal(recorder.exchange?.peer.encrypted, true);
  assert.equal(recorder.exchange?.fullDuplex, false);
  assert.equal(recorder.checksum, checksumOf(content(5)));
  await turns(1);
  assert.equal(recorder.end?.kind, "complete");
  await server.end();
});

test("a request without a body ends with its head; an answer may be a head alone", async () => {
  const server = serverThat(({ recorder }) => recorder.exchange?.sendHead([new Field(":status", "204")], NO_FIELDS, true));
  const response = await server.call();
  assert.equal(response.status, 204);
  assert.equal(response.body, null);
  assert.equal(first(server.accepted).end, true);
  await server.end();
  assert.equal(first(server.accepted).recorder.end?.kind, "complete");
});

test("a streamed answer is taken as it is read: what waits is bounded, and room is told of", async () => {
  const server = serverThat();
  const pending = server.call();
  const { exchange } = first(server.accepted).recorder as Required<Recorder> & { exchange: NonNullable<Recorder["exchange"]> };
  const { recorder } = first(server.accepted);
  exchange.sendHead(OK, NO_FIELDS, false);
  const reader = (await pending).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const piece = content(30_000);
  assert.equal(exchange.sendData(NOTHING, piece, false), true);
  assert.equal(exchange.sendData(NOTHING, piece, false), true);
  assert.equal(exchange.sendData(NOTHING, piece, false), false);
  await turns(3);
  assert.equal(recorder.count("writable"), 0);
  assert.equal(exchange.sendWindow, 65_536 - 90_000);
  const { value } = await reader.read();
  assert.equal(value?.length, 90_000);
  await turns(1);
  assert.equal(recorder.count("writable"), 1);
  exchange.sendData(NOTHING, piece, true);
  assert.equal((await reader.read()).value?.length, 30_000);
  assert.equal((await reader.read()).done, true);
  await server.end();
  assert.equal(recorder.end?.kind, "complete");
});

test("a request is read no further than it is consumed", async () => {
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(content(10_000));
        if (++pulled === 100) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const server = serverThat(({ recorder }) => {
    recorder.consumes = false;
  });
  const pending = server.call({ body, duplex: "half" });
  const { recorder } = first(server.accepted);
  await turns(20);
  assert.equal(pulled, 7);
  recorder.exchange?.consume(70_000);
  await turns(20);
  assert.equal(pulled, 14);
  recorder.consumes = true;
  recorder.exchange?.consume(70_000);
  await turns(200);
  assert.equal(pulled, 100);
  assert.equal(recorder.bytes, 1_000_000);
  recorder.exchange?.sendHead(OK, NO_FIELDS, true);
  await pending;
  await server.end();
});

test("a client that goes is heard of once: by the request's signal, or by the response's body", async () => {
  for (const how of ["signal before the answer", "signal", "body", "both"]) {
    const abort = new AbortController();
    const server = serverThat();
    const pending = server.call({ signal: abort.signal });
    const { recorder } = first(server.accepted);
    if (how !== "signal before the answer") {
      recorder.exchange?.sendHead(OK, NO_FIELDS, false);
      const { body } = await pending;
      if (how !== "signal") await body?.cancel();
    }
    if (how !== "body") abort.abort();
    await pending;
    assert.deepEqual(recorder.log, ["end"], how);
    assert.equal(recorder.end?.kind, "reset");
    assert.equal(recorder.end?.initiator, "peer");
    assert.equal(recorder.exchange?.sendData(NOTHING, content(1), true), true);
    recorder.exchange?.reset(ErrorCode.CANCEL);
    await server.end();
  }
});

test("a response that waits and is not read is broken off after the stall time; whoever reads slowly keeps it", async () => {
  const server = serverThat();
  const pending = server.call();
  const { recorder } = first(server.accepted);
  recorder.exchange?.sendHead(OK, NO_FIELDS, false);
  const reader = (await pending).body?.getReader();
  for (let i = 0; i < 3; i++) {
    recorder.exchange?.sendData(NOTHING, content(1_000), false);
    await server.runtime.advanceAndSettle(29_000);
    assert.equal((await reader?.read())?.value?.length, 1_000);
  }
  await server.runtime.advanceAndSettle(60_000);
  assert.equal(recorder.count("end"), 0, "nothing waits");
  recorder.exchange?.sendData(NOTHING, content(1_000), true);
  await server.runtime.advanceAndSettle(30_000);
  assert.equal(recorder.end?.kind, "lost");
  assert.match(recorder.end?.message ?? "", /read nothing for 30000 ms/);
  await assert.rejects(async () => reader?.read(), /read nothing/);
  await server.end();
});

test("a signal that aborts after a good end does nothing", async () => {
  const abort = new AbortController();
  const server = serverThat(({ recorder }) => recorder.exchange?.sendHead(OK, NO_FIELDS, true));
  await server.call({ signal: abort.signal });
  await turns(1);
  abort.abort();
  await server.end();
  assert.equal(first(server.accepted).recorder.end?.kind, "complete");
});

test("reset breaks the response off; before it has begun it is an error of HTTP", async () => {
  const server = serverThat();
  const pending = server.call();
  const { recorder } = first(server.accepted);
  recorder.exchange?.sendHead(OK, NO_FIELDS, false);
  const { body } = await pending;
  recorder.exchange?.reset(ErrorCode.INTERNAL_ERROR);
  assert.equal(recorder.end?.initiator, "application");
  await assert.rejects(async () => body?.getReader().read(), /INTERNAL_ERROR/);
  await server.end();

  const early = serverThat(({ recorder: one }) => one.exchange?.reset(ErrorCode.REFUSED_STREAM));
  assert.equal((await early.call()).status, 503);
  await early.end();
});

test("a request that is not read to its end is cancelled once the answer is whole", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(content(60_000)),
    cancel: () => void (cancelled = true),
  });
  const server = serverThat(({ recorder }) => {
    recorder.consumes = false;
  });
  const pending = server.call({ body, duplex: "half" });
  const { recorder } = first(server.accepted);
  recorder.exchange?.sendHead(OK, NO_FIELDS, false);
  const response = await pending;
  recorder.exchange?.sendData(NOTHING, content(10), true);
  // the response is whole, and waits to be read
  recorder.exchange?.reset(ErrorCode.NO_ERROR);
  assert.equal(recorder.count("end"), 0);
  assert.equal((await response.arrayBuffer()).byteLength, 10);
  await turns(2);
  assert.equal(cancelled, true);
  assert.equal(recorder.end?.code, ErrorCode.NO_ERROR);
  await server.end();
});

test("a request that breaks off is lost; trailers end the exchange with an error, empty ones do not", async () => {
  const server = serverThat();
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("gone")) });
  const response = await server.call({ body, duplex: "half" });
  assert.equal(response.status, 500);
  assert.equal(first(server.accepted).recorder.end?.kind, "lost");
  await server.end();

  const trailing = serverThat(({ recorder }) => {
    recorder.exchange?.sendHead(OK, NO_FIELDS, false);
    recorder.exchange?.sendTrailers(NO_FIELDS, [new Field("grpc-status", "0")]);
  });
  assert.equal((await trailing.call()).status, 500);
  assert.match(first(trailing.accepted).recorder.end?.message ?? "", /trailers/);
  await trailing.end();

  const without = serverThat(({ recorder }) => recorder.exchange?.respond(OK, NO_FIELDS, NOTHING, content(3), NO_FIELDS, NO_FIELDS));
  assert.equal((await (await without.call()).arrayBuffer()).byteLength, 3);
  await without.end();
});

test("draining tells open exchanges, refuses new ones and waits; destroying ends them as lost", async () => {
  const server = serverThat();
  const pending = server.call();
  const { recorder } = first(server.accepted);
  server.connection.drain();
  assert.equal(recorder.count("draining"), 1);
  assert.equal((await server.call()).status, 503);
  assert.equal(server.accepted.length, 1);
  await turns(2);
  assert.equal(server.closed(), 0);
  server.connection.destroy("the server is shutting down");
  assert.equal(recorder.end?.kind, "lost");
  assert.equal((await pending).status, 500);
  await server.end();
});

test("what cannot be served is answered with a status: another path, a body that somebody has read, a request that was aborted", async () => {
  const server = serverThat();
  const { connection } = server;
  assert.equal((await connection.accept(new Request("https://example.org/other"), "/api")).status, 404);
  const read = new Request(URL_OF_CALL, { method: "POST", body: "a" });
  await read.text();
  assert.equal((await connection.accept(read, "/api")).status, 500);
  assert.equal((await server.call({ signal: AbortSignal.abort() })).status, 500);
  assert.equal(server.accepted.length, 0);
  await server.end();
});
