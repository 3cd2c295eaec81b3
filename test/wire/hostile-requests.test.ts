import assert from "node:assert/strict";
import http2 from "node:http2";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { serve } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "../sockets/clean-up.js";
import {
  type Answer,
  type Ask,
  CACHEABLE,
  CLIENT,
  endStream,
  envelope,
  errorOf,
  JSON_TYPE,
  PROTO,
  payload,
  STREAM,
  UNARY,
  WEB,
  webStatus,
} from "./strange-client.js";

/* Hostile requests, on one connection of HTTP/2 with a call that they must not harm. */

const BIDI = `/${Bench.typeName}/Bidi`;
const GRPC = { "content-type": "application/grpc", te: "trailers" };
const MAX_BYTES = 100_000;

interface Besieged {
  ask(path: string, ask: Ask): Promise<Answer>;
  /** A request that is open, to be written piece by piece. */
  open(path: string, headers: Record<string, string>): { stream: http2.ClientHttp2Stream; answer: Promise<Answer> };
}

/** A server, and a connection to it on which a bidi call echoes before and after what the test does. */
async function besieged(t: TestContext, hostile: (besieged: Besieged) => Promise<void>): Promise<void> {
  const server = await serve({
    compression: "gzip",
    maxReceiveBytes: MAX_BYTES,
    limits: { maxHeaderListBytes: 16_384 },
    routes: (router) => {
      router.service(Bench, {
        unary: (request) => request,
        async client(requests) {
          let id = 0;
          for await (const _ of requests) id++;
          return { id };
        },
        async *bidi(requests) {
          for await (const request of requests) yield request;
        },
      });
      router.service(TestService, { cacheableUnaryCall: ({ responseSize }) => ({ username: String(responseSize) }) });
    },
  });
  const session = http2.connect(server.url);
  session.on("error", () => {});
  cleanUp(t)(async () => {
    session.destroy();
    await server.close({ graceMs: 0 });
  });
  const open = (path: string, headers: Record<string, string>, method = "POST") => {
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: false });
    const answer = new Promise<Answer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      let trailers = {};
      stream.on("response", (fields) => (head = fields));
      stream.on("trailers", (fields) => (trailers = fields));
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      stream.on("close", () =>
        resolve({ status: head[":status"] ?? 0, headers: { ...head, ...trailers } as Answer["headers"], body: Buffer.concat(chunks) }),
      );
    });
    answer.catch(() => {});
    return { stream, answer };
  };
  const neighbour = open(BIDI, STREAM);
  let echoed = 0;
  neighbour.stream.on("data", (chunk: Buffer) => (echoed += chunk.length));
  const echo = async (): Promise<void> => {
    const before = echoed;
    neighbour.stream.write(envelope(payload(7)));
    await until(() => echoed === before + 7);
  };
  await echo();
  await hostile({
    open,
    ask(path, { method = "POST", headers = {}, body = "" }) {
      const { stream, answer } = open(path, headers as Record<string, string>, method);
      stream.end(body);
      return answer;
    },
  });
  await echo();
  neighbour.stream.end();
  assert.equal(endStream(await neighbour.answer).error, undefined);
  assert.deepEqual([server.statistics().openCalls, server.statistics().runningHandlers], [0, 0]);
}

const grpcStatus = ({ headers }: Answer): string => `${headers["grpc-status"]} ${headers["grpc-message"]}`;

const huge = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from([0, ...[24, 16, 8, 0].map((shift) => (bytes / 2 ** shift) & 0xff)]), Buffer.alloc(1_000)]);
const bomb = gzipSync(Buffer.alloc(50_000_000));
const nested = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([0x1a, 0xff, 0xff, 0x03])));

for (const [what, body, connect, grpc] of [
  ["flags that mean nothing", envelope(payload(1), 0x40), "internal", 13],
  ["the end of a response's stream", envelope("{}", 2), "internal", 13],
  ["the trailers of gRPC-Web", envelope("grpc-status: 0\r\n", 0x80), "internal", 13],
  ["a message after an end that no request has", Buffer.concat([envelope("{}", 2), envelope(payload(1))]), "internal", 13],
  ["an end within a prefix", envelope(payload(1)).subarray(0, 3), "internal", 13],
  ["an end within a message", envelope(payload(100)).subarray(0, 6), "internal", 13],
  ["a message of 4 GiB", huge(2 ** 32 - 1), "resource_exhausted", 8],
  ["a message of one byte too many", huge(MAX_BYTES + 1), "resource_exhausted", 8],
  ["a compressed message, and no word of a compression", envelope(gzipSync(payload(1)), 1), "internal", 13],
  ["a message of no bytes that says it is compressed, and no word of a compression", envelope("", 1), "internal", 13],
  ["bytes that are no message", envelope(Buffer.from([0x0a, 0xff])), "invalid_argument", 13],
  ["a message that nests without end", envelope(nested), "invalid_argument", 13],
] as const) {
  test(`a request with ${what} ends its own call, in all three protocols`, (t) =>
    besieged(t, async ({ ask }) => {
      const streamed = await ask(CLIENT, { headers: STREAM, body });
      assert.equal(endStream(streamed).error?.code, connect);
      assert.match(webStatus(await ask(CLIENT, { headers: WEB, body })), new RegExp(`^${grpc} `));
      assert.match(grpcStatus(await ask(CLIENT, { headers: GRPC, body })), new RegExp(`^${grpc} `));
    }));
}

test("a message that inflates beyond the limit is resource_exhausted, and is not inflated to its end", (t) =>
  besieged(t, async ({ ask }) => {
    const large = gzipSync(Buffer.alloc(200_000_000));
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 1);
    for (let i = 0; i < 5; i++) {
      const unary = await ask(UNARY, { headers: { ...PROTO, "content-encoding": "gzip" }, body: large });
      assert.deepEqual([unary.status, errorOf(unary).code], [429, "resource_exhausted"]);
      const small = envelope(bomb, 1);
      assert.equal(
        endStream(await ask(CLIENT, { headers: { ...STREAM, "connect-content-encoding": "gzip" }, body: small })).error?.code,
        "resource_exhausted",
      );
      assert.match(webStatus(await ask(CLIENT, { headers: { ...WEB, "grpc-encoding": "gzip" }, body: small })), /^8 /);
      assert.match(grpcStatus(await ask(CLIENT, { headers: { ...GRPC, "grpc-encoding": "gzip" }, body: small })), /^8 /);
    }
    clearInterval(watching);
    assert.ok(most - before < 20_000_000, `${most - before} bytes`);
  }));

test("hostile JSON is invalid_argument, in a unary call and in a stream", (t) =>
  besieged(t, async ({ ask }) => {
    const json = { "content-type": "application/connect+json" };
    for (const body of [
      `${'{"child":'.repeat(8_000)}{}${"}".repeat(8_000)}`,
      '{"id":1e99}',
      '{"id":99999999999}',
      `{"id":${"9".repeat(50_000)}}`,
      '{"id":1.5}',
      '{"id":"x"}',
      '{"body":"***"}',
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      "{",
      "null x",
      "[]",
      '"id"',
      '{"id":1,"id":2}',
      "[".repeat(90_000),
      `{"${"k".repeat(90_000)}":`,
    ]) {
      const unary = await ask(UNARY, { headers: JSON_TYPE, body });
      assert.deepEqual([unary.status, errorOf(unary).code], [400, "invalid_argument"], String(body).slice(0, 40));
      assert.equal(
        endStream(await ask(CLIENT, { headers: json, body: envelope(body) })).error?.code,
        "invalid_argument",
        String(body).slice(0, 40),
      );
    }
    const named = await ask(UNARY, { headers: JSON_TYPE, body: '{"id":1,"__proto__":{"id":2}}' });
    assert.equal(named.body.toString(), '{"id":1}', "a name that objects have is an unknown field");
  }));

test("a GET with a body is refused", (t) =>
  besieged(t, async ({ ask }) => {
    const answer = await ask(`${CACHEABLE}?encoding=json&message=%7B%7D`, { method: "GET", body: "{}" });
    assert.equal(answer.status, 400);
    assert.deepEqual(errorOf(answer), {
      code: "invalid_argument",
      message: "the request came as GET, and with a body: it is in the query, or the method is POST",
    });
  }));

test("a GET with broken base64, broken escapes or a URL of a megabyte is refused", (t) =>
  besieged(t, async ({ ask }) => {
    for (const [query, status] of [
      ["encoding=proto&base64=1&message=a*b", 400],
      ["encoding=proto&base64=1&message=abcde", 400],
      ["encoding=proto&base64=1&message=ab=c", 400],
      ["encoding=json&message=%7", 400],
      ["encoding=json&message=%FF%FE", 400],
      [`encoding=json&message=${"x".repeat(16_000)}`, 400],
    ] as const) {
      const answer = await ask(`${CACHEABLE}?${query}`, { method: "GET" });
      assert.deepEqual(
        [answer.status, status === 400 ? errorOf(answer).code : undefined],
        [status, "invalid_argument"],
        query.slice(0, 60),
      );
    }
    // a header list beyond the limit is no request: HTTP/2 has no other answer than a reset
    await assert.rejects(ask(`${CACHEABLE}?encoding=json&message=${"x".repeat(1_000_000)}`, { method: "GET" }));
  }));

test("a body that comes byte by byte is read; one that stands still ends at its deadline, in all three protocols", (t) =>
  besieged(t, async ({ open }) => {
    const slow = open(CLIENT, STREAM);
    for (const byte of Buffer.concat([envelope(payload(1)), envelope(payload(2))])) {
      slow.stream.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.stream.end();
    const { body } = await slow.answer;
    assert.deepEqual([...body.subarray(0, 7)], [0, 0, 0, 0, 2, 8, 2]);
    const still = [
      open(UNARY, { ...PROTO, "connect-timeout-ms": "100" }),
      open(CLIENT, { ...STREAM, "connect-timeout-ms": "100" }),
      open(CLIENT, { ...WEB, "grpc-timeout": "100m" }),
      open(CLIENT, { ...GRPC, "grpc-timeout": "100m" }),
    ] as const;
    for (const { stream } of still) stream.write(Uint8Array.of(0, 0, 0));
    const [unary, streamed, web, grpc] = await Promise.all(still.map(({ answer }) => answer));
    assert.deepEqual([unary?.status, errorOf(unary as Answer).code], [504, "deadline_exceeded"]);
    assert.equal(endStream(streamed as Answer).error?.code, "deadline_exceeded");
    assert.match(webStatus(web as Answer), /^4 /);
    assert.match(grpcStatus(grpc as Answer), /^4 /);
  }));
