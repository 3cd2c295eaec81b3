import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { Field, type Fields, findField, NO_FIELDS } from "../base/field.js";
import { checksumOf, content, Recorder } from "../testing/exchange-suite/recorder.js";
import { expectNoLeaks, openHandles } from "../testing/leak-check.js";
import { FetchClientConnection } from "./fetch-client-connection.js";

const NOTHING = new Uint8Array(0);
const POST: Fields = [
  new Field(":method", "POST"),
  new Field(":scheme", "http"),
  new Field(":path", "/a.B/C?x=1"),
  new Field(":authority", "example.org"),
  new Field("te", "trailers"),
  new Field("user-agent", "sluice"),
  new Field("content-type", "application/proto"),
];

interface Client {
  readonly connection: FetchClientConnection;
  readonly closed: Promise<void>;
  /** An exchange and the promise of its end. */
  open(): { recorder: Recorder; ended: Promise<void> };
}

/** Runs the test beside a real server; what the test leaves open is a failure. */
async function withServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  run: (client: Client, server: Server) => Promise<void>,
): Promise<void> {
  const before = openHandles();
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const client = clientOf(`http://127.0.0.1:${port}/prefix`);
    await run(client, server);
    client.connection.drain();
    await client.closed;
    assert.equal(client.connection.openExchanges, 0);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await expectNoLeaks(before);
}

function clientOf(base: string, fetchWith: typeof fetch = fetch): Client {
  const { promise: closed, resolve } = deferred();
  const connection = new FetchClientConnection(
    { base, fetch: fetchWith, init: { redirect: "manual" } },
    { onReady() {}, onCapacity() {}, onDraining() {}, onClosed: () => resolve() },
  );
  const open = () => {
    const recorder = new Recorder();
    const { promise: ended, resolve: end } = deferred();
    recorder.at.end = end;
    recorder.exchange = connection.open(recorder);
    return { recorder, ended: ended.then(() => assert.deepEqual(recorder.violations(), [])) };
  };
  return { connection, closed, open };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A condition that comes true by what the loop does, without waiting for the clock. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail(`it never came true that ${what}`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test("a body that is whole with its first piece goes with its length; the head arrives as said, without what is fetch's own", async () => {
  let seen: IncomingMessage | undefined;
  let body: Buffer | undefined;
  await withServer(
    async (request, response) => {
      seen = request;
      body = await bodyOf(request);
      response.writeHead(207, { "content-type": "application/proto", "x-two": ["a", "b"] }).end("hello");
    },
    async ({ open }) => {
      const { recorder, ended } = open();
      recorder.exchange?.sendHead(POST, [new Field("x-own", "1")], false);
      assert.equal(recorder.exchange?.sendData(Uint8Array.of(1, 2), Uint8Array.of(3), true), true);
      await ended;
      assert.equal(seen?.method, "POST");
      assert.equal(seen?.url, "/prefix/a.B/C?x=1");
      assert.deepEqual([...(body ?? [])], [1, 2, 3]);
      const { headers } = seen as IncomingMessage;
      assert.equal(headers["content-length"], "3");
      assert.equal(headers["x-own"], "1");
      assert.equal(headers["content-type"], "application/proto");
      assert.equal(headers.te, undefined);
      assert.notEqual(headers["user-agent"], "sluice");
      assert.notEqual(headers.host, "example.org");
      assert.equal(findField(recorder.head ?? NO_FIELDS, ":status"), "207");
      assert.equal(findField(recorder.head ?? NO_FIELDS, "x-two"), "a, b");
      assert.equal(recorder.checksum, checksumOf(new TextEncoder().encode("hello")));
      assert.equal(recorder.end?.kind, "complete");
      assert.deepEqual(recorder.log, ["head", "data 5 fin", "end"]);
    },
  );
});

test("a GET goes without a body, and a response without a body ends with its head", async () => {
  let seen: IncomingMessage | undefined;
  await withServer(
    (request, response) => {
      seen = request;
      response.writeHead(204).end();
    },
    async ({ open }) => {
      const { recorder, ended } = open();
      recorder.exchange?.sendHead([new Field(":method", "GET"), new Field(":path", "/q?message=a")], NO_FIELDS, true);
      await ended;
      assert.equal(seen?.method, "GET");
      assert.equal(seen?.url, "/prefix/q?message=a");
      assert.equal(seen?.headers["content-length"], undefined);
      assert.deepEqual(recorder.log, ["head end", "end"]);
    },
  );
});

test("a response whose coding fetch has taken off does not name it", async () => {
  await withServer(
    async (_request, response) => {
      const { gzipSync } = await import("node:zlib");
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("plain"));
    },
    async ({ open }) => {
      const { recorder, ended } = open();
      recorder.exchange?.sendHead(POST, NO_FIELDS, true);
      await ended;
      assert.equal(findField(recorder.head ?? NO_FIELDS, "content-encoding"), undefined);
      assert.equal(recorder.checksum, checksumOf(new TextEncoder().encode("plain")));
    },
  );
});

test("a body that is not whole at once is streamed, and waits while the server does not read", async () => {
  let request: IncomingMessage | undefined;
  const piece = content(60_000);
  await withServer(
    (incoming, response) => {
      request = incoming;
      incoming.pause();
      response.writeHead(200);
      response.flushHeaders();
    },
    async ({ open }) => {
      const { recorder, ended } = open();
      const exchange = recorder.exchange as NonNullable<Recorder["exchange"]>;
      exchange.sendHead(POST, NO_FIELDS, false);
      // Node sends the head with the first bytes
      let sent = 0;
      // what the sockets of both ends hold is taken; when it has not moved for many turns of the loop, it waits
      for (let room = true; room && sent < 64_000_000; ) {
        const told = recorder.count("writable");
        room = exchange.sendData(Uint8Array.of(7), piece, false);
        sent += piece.length + 1;
        for (let turn = 0; turn < 2_000 && !room; turn++) {
          await turns(1);
          room = recorder.count("writable") > told;
        }
      }
      assert.ok(sent < 64_000_000, "back-pressure never came");
      assert.ok(exchange.sendWindow < 0);
      let received = 0;
      request?.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
      request?.resume();
      exchange.sendData(NOTHING, NOTHING, true);
      await until(() => received === sent, "everything has arrived");
      assert.equal(recorder.end, undefined);
      assert.equal(request?.headers["transfer-encoding"], "chunked");
      request?.socket.destroy();
      await ended;
    },
  );
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a response that nobody consumes stops coming; consuming lets it go on, whole and in order", async () => {
  let written = 0;
  let sum = 0;
  const total = 40_000_000;
  await withServer(
    (_request, response) => {
      response.writeHead(200);
      const piece = content(65_536);
      const write = () => {
        while (written < total) {
          const next = piece.subarray(0, Math.min(piece.length, total - written));
          written += next.length;
          if (!response.write(next)) {
            response.once("drain", write);
            return;
          }
        }
        response.end();
      };
      write();
    },
    async ({ open }) => {
      const { recorder, ended } = open();
      recorder.consumes = false;
      recorder.exchange?.sendHead(POST, NO_FIELDS, true);
      await until(() => recorder.bytes >= 65_536, "the credit is used up");
      await turns(3_000);
      assert.ok(recorder.bytes <= 3 * 65_536, `${recorder.bytes} bytes came without credit`);
      assert.ok(written < total, "the server could write everything");
      recorder.consumes = true;
      recorder.exchange?.consume(recorder.bytes);
      await ended;
      assert.equal(recorder.bytes, total);
      const piece = content(65_536);
      const pieces = Array.from({ length: Math.ceil(total / piece.length) }, (_, i) =>
        piece.subarray(0, Math.min(piece.length, total - i * piece.length)),
      );
      sum = checksumOf(...pieces);
      assert.equal(recorder.checksum, sum);
    },
  );
});

test("reset aborts the fetch in the same turn, the server hears it, and nothing comes after the end", async () => {
  const { promise: heard, resolve: hear } = deferred();
  await withServer(
    (_request, response) => {
      response.on("close", hear);
      response.writeHead(200);
      response.write("first");
    },
    async ({ open }) => {
      const { recorder } = open();
      recorder.exchange?.sendHead(POST, NO_FIELDS, true);
      await until(() => recorder.bytes === 5, "the first piece has come");
      recorder.exchange?.reset(ErrorCode.CANCEL);
      assert.deepEqual(recorder.end, {
        kind: "reset",
        initiator: "application",
        code: ErrorCode.CANCEL,
        unprocessed: false,
        message: "reset with CANCEL",
      });
      recorder.exchange?.reset(ErrorCode.CANCEL);
      assert.equal(recorder.exchange?.sendData(NOTHING, Uint8Array.of(1), true), true);
      await heard;
      assert.deepEqual(recorder.violations(), []);
    },
  );
});

test("a reset before the response comes aborts the request; what comes late is disposed of", async () => {
  let late: ((response: Response) => void) | undefined;
  let signal: AbortSignal | null | undefined;
  let cancelled = false;
  const { open, connection, closed } = clientOf("http://late.test", (_url, init) => {
    signal = init?.signal;
    return new Promise<Response>((resolve) => {
      late = resolve;
    });
  });
  const { recorder } = open();
  recorder.exchange?.sendHead(POST, NO_FIELDS, true);
  recorder.exchange?.reset(ErrorCode.CANCEL);
  assert.equal(signal?.aborted, true);
  late?.(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  await until(() => cancelled, "the late body was cancelled");
  assert.deepEqual(recorder.log, ["end"]);
  connection.drain();
  await closed;
});

test("what was reset before it began has not been processed, and is not sent", async () => {
  let calls = 0;
  const { open, connection, closed } = clientOf("http://none.test", () => {
    calls++;
    return Promise.reject(new TypeError("no"));
  });
  const { recorder } = open();
  recorder.exchange?.sendHead(POST, NO_FIELDS, false);
  recorder.exchange?.reset(ErrorCode.CANCEL);
  assert.equal(recorder.end?.unprocessed, true);
  await turns(2);
  assert.equal(calls, 0);
  connection.drain();
  await closed;
});

test("a server that cannot be reached, a body that breaks off and a fetch that throws are lost, with the URL and the cause", async () => {
  const before = openHandles();
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("part", () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const broken = clientOf(`http://127.0.0.1:${port}`);
  const first = broken.open();
  first.recorder.exchange?.sendHead(POST, NO_FIELDS, true);
  await first.ended;
  assert.equal(first.recorder.end?.kind, "lost");
  assert.equal(first.recorder.end?.initiator, "network");
  assert.equal(first.recorder.end?.unprocessed, false);
  await new Promise((resolve) => server.close(resolve));
  const second = broken.open();
  second.recorder.exchange?.sendHead(POST, NO_FIELDS, true);
  await second.ended;
  assert.equal(second.recorder.end?.kind, "lost");
  assert.match(
    second.recorder.end?.message ?? "",
    new RegExp(`the request to http://127.0.0.1:${port}/a.B/C\\?x=1 failed: .*ECONNREFUSED`),
  );
  const throwing = clientOf("http://throws.test", () => {
    throw new Error("made by hand");
  });
  const third = throwing.open();
  third.recorder.exchange?.sendHead(POST, NO_FIELDS, true);
  assert.match(third.recorder.end?.message ?? "", /made by hand/);
  for (const { connection, closed } of [broken, throwing]) {
    connection.drain();
    await closed;
  }
  await expectNoLeaks(before);
});

test("a redirect that a browser hides is a response that says no more than that", async () => {
  const hidden = Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" });
  const { open, connection, closed } = clientOf("http://moved.test", () => Promise.resolve(hidden));
  const { recorder, ended } = open();
  recorder.exchange?.sendHead(POST, NO_FIELDS, true);
  await ended;
  assert.equal(recorder.end?.kind, "complete");
  assert.deepEqual([recorder.head?.length, findField(recorder.head ?? NO_FIELDS, ":status")], [1, "3xx"]);
  connection.drain();
  await closed;
});

test("draining lets what is open finish; destroying ends it as lost, before the connection", async () => {
  await withServer(
    (_request, response) => void response.writeHead(200).write("first"),
    async ({ open, connection, closed }) => {
      const { recorder } = open();
      recorder.exchange?.sendHead(POST, NO_FIELDS, true);
      await until(() => recorder.bytes === 5, "the first piece has come");
      connection.drain();
      assert.equal(connection.capacity, 0);
      assert.equal(connection.openExchanges, 1);
      connection.destroy("the channel was closed");
      assert.equal(recorder.end?.kind, "lost");
      assert.equal(recorder.end?.initiator, "application");
      await closed;
    },
  );
});
