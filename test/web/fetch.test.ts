import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { Bench } from "../../gen/bench_pb.js";
import { ConformanceService } from "../../gen/connectrpc/conformance/v1/service_pb.js";
import { createClient, RpcError } from "../../src/index.js";
import type { ServiceImplementation } from "../../src/server/index.js";
import { type ConnectOptions, connect, type FetchServer, grpcWeb, grpcWebText, jsonCodec, serveFetch } from "../../src/web/index.js";
import { cleanUp } from "../sockets/clean-up.js";
import { listenWith } from "./node-adapter.js";

const PROTOCOLS = ["connect", grpcWeb, grpcWebText] as const;
const CODECS = ["proto", jsonCodec] as const;

/** A server over a real socket and a client that reaches it by fetch; what is left open at the end is a failure. */
async function pair(t: TestContext, bench: ServiceImplementation<typeof Bench>, options: ConnectOptions = {}) {
  const server: FetchServer = serveFetch({ routes: (r) => r.service(Bench, bench), prefix: "/api" });
  const url = await listenWith(t, server.handler);
  const channel = connect(`${url}/api/`, options);
  cleanUp(t)(async () => {
    await channel.close();
    await server.close({ graceMs: 0 });
    for (const [name, count] of Object.entries({ ...channel.statistics(), ...server.statistics() })) {
      if (/^(open|waiting|running)/.test(name)) assert.equal(count, 0, name);
    }
  });
  return { server, channel, client: createClient(Bench, channel), url };
}

for (const protocol of PROTOCOLS) {
  const name = typeof protocol === "string" ? protocol : protocol.name;
  for (const codec of CODECS) {
    test(`${name}, ${typeof codec === "string" ? codec : codec.name}: all four kinds of methods over fetch`, async (t) => {
      const { client } = await pair(
        t,
        {
          unary: ({ id }, context) => {
            context.responseTrailers.set("x-trailer", "t");
            return { id: id + 1 };
          },
          async *server({ id }) {
            for (let i = 0; i < id; i++) yield { id: i, body: new Uint8Array(i) };
          },
          async client(requests) {
            let id = 0;
            for await (const request of requests) id += request.id;
            return { id };
          },
          async *bidi(requests) {
            for await (const { id } of requests) yield { id: id * 2 };
          },
        },
        { protocol, codec },
      );
      let trailer: string | undefined;
      const reply = await client.unary({ id: 1 }, { onTrailers: (trailers) => (trailer = trailers.get("x-trailer") ?? undefined) });
      assert.equal(reply.id, 2);
      assert.equal(trailer, "t");
      const ids: number[] = [];
      for await (const { id } of client.server({ id: 3 })) ids.push(id);
      assert.deepEqual(ids, [0, 1, 2]);
      assert.equal((await client.client([{ id: 2 }, { id: 3 }])).id, 5);
      const doubled: number[] = [];
      for await (const { id } of client.bidi([{ id: 1 }, { id: 2 }])) doubled.push(id);
      assert.deepEqual(doubled, [2, 4]);
    });
  }

  test(`${name}: errors of handlers arrive with their code; a path of no method is unimplemented`, async (t) => {
    const { client } = await pair(
      t,
      {
        unary: () => {
          throw new RpcError("not_found", "no such payload");
        },
        async *server() {
          yield { id: 1 };
          throw new RpcError("data_loss", "half of it");
        },
      },
      { protocol },
    );
    await assert.rejects(client.unary({}), { code: "not_found", message: "no such payload", initiator: "peer" });
    const call = client.server({});
    assert.equal((await call.receive())?.id, 1);
    await assert.rejects(call.receive(), { code: "data_loss", message: "half of it" });
    await assert.rejects(client.client([{}]), { code: "unimplemented" });
  });

  test(`${name}: a deadline ends both ends; a cancel reaches the handler`, async (t) => {
    let aborted = 0;
    const { promise: both, resolve } = deferred();
    const park = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason);
          if (++aborted === 2) resolve();
        });
      });
    const { client } = await pair(
      t,
      {
        unary: (_request, { signal }) => park(signal),
        async *server(_request, { signal }) {
          yield { id: 1 };
          await park(signal);
        },
      },
      { protocol },
    );
    await assert.rejects(client.unary({}, { timeoutMs: 50 }), { code: "deadline_exceeded" });
    for await (const { id } of client.server({})) {
      assert.equal(id, 1);
      break;
    }
    await both;
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("a server stream that is not read costs the server a bounded number of bytes", async (t) => {
  let sent = 0;
  const body = new Uint8Array(100_000);
  const { client } = await pair(t, {
    async *server() {
      for (; sent < 1_000; sent++) yield { body };
    },
  });
  const call = client.server({});
  await call.receive();
  for (let before = -1; before !== sent; ) {
    before = sent;
    for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sent < 500, `${sent} messages of 100 kB were taken from the handler`);
  let received = 1;
  while ((await call.receive()) !== undefined) received++;
  assert.equal(received, 1_000);
});

test("safe methods are asked for with GET, without a body", async (t) => {
  const server = serveFetch({
    routes: (r) => r.service(ConformanceService, { idempotentUnary: () => ({ payload: { data: new Uint8Array(3) } }) }),
  });
  const url = await listenWith(t, server.handler);
  const asked: string[] = [];
  const channel = connect(url, {
    httpGet: true,
    fetch: (address, init) => {
      asked.push(`${init?.method} ${typeof init?.body} ${String(address).includes("message=")}`);
      return fetch(address, init);
    },
  });
  const reply = await createClient(ConformanceService, channel).idempotentUnary({ requestData: Uint8Array.of(1) });
  assert.equal(reply.payload?.data.length, 3);
  assert.deepEqual(asked, ["GET undefined true"]);
  await channel.close();
  await server.close();
});

test("where requests are not to be streamed, methods that do end with unimplemented and the others work", async (t) => {
  const { client } = await pair(t, { unary: ({ id }) => ({ id }), client: () => ({}) }, { requestStreaming: false });
  assert.equal((await client.unary({ id: 7 })).id, 7);
  await assert.rejects(client.client([{}]), {
    code: "unimplemented",
    message: /requestStreaming of connect\(\) is false: use a method with one request/,
  });
  const upload = client.client();
  await assert.rejects(upload.finish(), { code: "unimplemented" });
});

test("a server that is not there is unavailable, with the URL", async (t) => {
  cleanUp(t);
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/api`;
  gone.close();
  await once(gone, "close");
  const channel = connect(url);
  try {
    await assert.rejects(createClient(Bench, channel).unary({}), {
      code: "unavailable",
      message: new RegExp(`the request to ${url}/bench.v1.Bench/Unary failed: .*ECONNREFUSED`),
      initiator: "network",
    });
  } finally {
    await channel.close();
  }
});

test("closing a server tells handlers, answers new requests with unavailable, and cuts off the rest", async (t) => {
  const { client, server } = await pair(t, {
    async *server(_request, { signal }) {
      yield { id: 1 };
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  const call = client.server({});
  assert.equal((await call.receive())?.id, 1);
  const closing = server.close({ graceMs: 20 });
  await assert.rejects(client.unary({}), { code: "unavailable" });
  await assert.rejects(call.receive(), { code: "unavailable" });
  const { cutOff } = await closing;
  assert.equal(cutOff.length, 1);
});

test("gRPC is refused over fetch, by the client and by the server", async (t) => {
  assert.throws(() => connect("http://localhost", { protocol: "grpc" as "connect" }), { name: "UsageError", message: /protocol/ });
  const { url } = await pair(t, { unary: () => ({}) });
  const headers = { "content-type": "application/grpc", te: "trailers" };
  const response = await fetch(`${url}/api/bench.v1.Bench/Unary`, { method: "POST", headers, body: new Uint8Array(5) });
  assert.equal(response.headers.get("grpc-status"), "12");
  await response.arrayBuffer();
});

test("connect() and serveFetch() say which option is wrong", () => {
  for (const bad of ["", "ftp://host", "http://host?x=1", "http://user@host", 7 as unknown as string]) {
    assert.throws(() => connect(bad), { name: "UsageError", message: /baseUrl/ }, String(bad));
  }
  assert.throws(() => connect("http://host", { codec: "xml" as "proto" }), { name: "UsageError", message: /codec/ });
  assert.throws(() => serveFetch({ routes: undefined as unknown as () => void }), { name: "UsageError", message: /routes/ });
  assert.throws(() => serveFetch({ routes: () => {}, prefix: "/api/" }), { name: "UsageError", message: /prefix/ });
});
