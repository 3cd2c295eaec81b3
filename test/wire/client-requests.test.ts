import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { createClient } from "sluice";
import { type ConnectOptions, connect } from "sluice/node";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { cleanUp } from "../sockets/clean-up.js";
import { envelopes } from "./strange-client.js";

/* What clients of Connect and gRPC-Web send, as a server sees it. */

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Clients of a server that notes what comes, and refuses it. */
async function noting(t: TestContext, options: ConnectOptions) {
  let sent: Sent | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      sent = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
      response.writeHead(500).end();
    });
  });
  const closing = cleanUp(t);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(() => new Promise((resolve) => server.close(resolve)));
  const channel = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { httpVersion: "1.1", ...options });
  closing(() => channel.close());
  return {
    bench: createClient(Bench, channel),
    cacheable: createClient(TestService, channel),
    async sent(call: Promise<unknown>): Promise<Sent> {
      sent = undefined;
      await assert.rejects(call, { code: "unknown" });
      assert.ok(sent, "a request came");
      return sent;
    },
  };
}

const NAMES_ALONE = /^(gzip|br|zstd)(,(gzip|br|zstd))*$/;

test("Connect, unary: HTTP's fields of compression, whose lists have no weights; the protocol's version; a time-out of at most ten digits", async (t) => {
  const { bench, sent } = await noting(t, { protocol: "connect", compression: "gzip" });
  const { headers, body } = await sent(bench.unary({ id: 5 }, { timeoutMs: 1e15 }));
  assert.equal(headers["content-type"], "application/proto");
  assert.equal(headers["connect-protocol-version"], "1");
  assert.equal(headers["content-encoding"], "gzip");
  assert.match(String(headers["accept-encoding"]), NAMES_ALONE);
  assert.equal(headers["connect-timeout-ms"], "9999999999");
  assert.equal(fromBinary(PayloadSchema, gunzipSync(body)).id, 5);
  for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^(grpc-|te$|connect-(content|accept))/);
});

test("Connect, streams: Connect's fields of compression, and none of HTTP's; messages say by a flag, and those of no bytes are not compressed", async (t) => {
  const { bench, sent } = await noting(t, { protocol: "connect", compression: "gzip" });
  const { headers, body } = await sent(bench.client([{ id: 5 }, {}]));
  assert.equal(headers["content-type"], "application/connect+proto");
  assert.equal(headers["connect-content-encoding"], "gzip");
  assert.match(String(headers["connect-accept-encoding"]), NAMES_ALONE);
  assert.deepEqual([headers["content-encoding"], headers["accept-encoding"]], [undefined, undefined]);
  const [[flags, first] = [9, Buffer.alloc(0)], second] = envelopes(body);
  assert.equal(flags, 1);
  assert.equal(fromBinary(PayloadSchema, gunzipSync(first)).id, 5);
  assert.deepEqual(second, [0, Buffer.alloc(0)]);
});

test("Connect GET: what is safe alone, without a body or what describes one, the time-out as a field, the message last, in base64 of the URL's alphabet without padding", async (t) => {
  const { cacheable, bench, sent } = await noting(t, { protocol: "connect", httpGet: true });
  const { method, url, headers, body } = await sent(
    cacheable.cacheableUnaryCall({ responseSize: 6, payload: { body: Buffer.from("\xfb\xff\xfe?", "latin1") } }, { timeoutMs: 5_000 }),
  );
  assert.equal(method, "GET");
  const [path, query = ""] = url.split("?");
  assert.equal(path, `/${TestService.typeName}/CacheableUnaryCall`);
  assert.match(query, /^connect=v1&base64=1&encoding=proto&message=[A-Za-z0-9_-]+$/);
  assert.match(query, /[_-]/, "there is something to tell the alphabets apart");
  assert.match(String(headers["connect-timeout-ms"]), /^[1-9]\d{1,3}$/);
  assert.deepEqual(
    [headers["content-type"], headers["content-length"], headers["transfer-encoding"], body.length],
    [undefined, undefined, undefined, 0],
  );
  assert.equal((await sent(bench.unary({ id: 5 }))).method, "POST");
  const again = await sent(cacheable.cacheableUnaryCall({ responseSize: 6, payload: { body: Buffer.from("\xfb\xff\xfe?", "latin1") } }));
  assert.equal(again.url, url, "the same message is the same URL");
});

test("Connect GET: a URL of 8,000 bytes goes as GET, one of 8,001 as POST", async (t) => {
  const { cacheable, sent } = await noting(t, { protocol: "connect", httpGet: true, codec: "json" });
  const ask = (bytes: number) => sent(cacheable.cacheableUnaryCall({ responseStatus: { message: "m".repeat(bytes) } }));
  const { url } = await ask(1);
  const most = 8_000 - (url.length - 1);
  const longest = await ask(most);
  assert.deepEqual([longest.method, longest.url.length], ["GET", 8_000]);
  const longer = await ask(most + 1);
  assert.deepEqual([longer.method, longer.headers["content-type"]], ["POST", "application/json"]);
});

test("gRPC-Web: x-grpc-web and x-user-agent say what it is; a time-out has at most eight digits and a unit", async (t) => {
  const { bench, sent } = await noting(t, { protocol: "grpc-web" });
  const { headers, body } = await sent(bench.unary({ id: 5 }, { timeoutMs: 1e15 }));
  assert.equal(headers["content-type"], "application/grpc-web");
  assert.equal(headers["x-grpc-web"], "1");
  assert.match(String(headers["x-user-agent"]), /^grpc-web-javascript-sluice\/\d/);
  assert.match(String(headers["grpc-timeout"]), /^\d{1,8}[HMSmun]$/);
  assert.deepEqual([headers["te"], envelopes(body).length], [undefined, 1], "there is no trailer in a request");
});

test("metadata holds no field of a protocol or of HTTP, and no character that could end one: nothing is sent", async (t) => {
  for (const protocol of ["connect", "grpc-web"] as const) {
    const { bench } = await noting(t, { protocol });
    for (const [name, value] of [
      ...["connect-timeout-ms", "connect-x", "grpc-timeout", "grpc-status", "content-type", "content-encoding", "te"].map((name) => [
        name,
        "1",
      ]),
      ...["host", "connection", "transfer-encoding", "content-length", "x y", "x\r\ny", "x:", ""].map((name) => [name, "1"]),
      ...["a\r\nb: c", "a\nb", "a\rb", "a\0b", " a", "a ", "\u4e2d"].map((value) => ["x", value]),
    ] as [string, string][]) {
      assert.throws(() => void bench.unary({}, { headers: { [name]: value } }), { name: "UsageError" }, JSON.stringify([name, value]));
    }
  }
});
