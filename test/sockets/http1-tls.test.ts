import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { type Client, createClient } from "sluice";
import { type ClientTlsOptions, type ConnectOptions, connect, type RunningServer, type ServeOptions, serve } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";

/* HTTP/1.1 over TLS: what ALPN agrees on, and who each end knows the other to be. */

const file = (name: string) => readFileSync(new URL(`../../../test/certificates/${name}`, import.meta.url));
const CA = file("ca.pem");
const SERVER = { cert: file("server.pem"), key: file("server-key.pem") };
const CLIENT = { cert: file("client.pem"), key: file("client-key.pem") };
const STRANGER = { cert: file("stranger.pem"), key: file("stranger-key.pem") };
const MUTUAL = { ...SERVER, ca: CA, requestClientCertificate: true };

/** A server that answers who calls it. */
async function serving(t: TestContext, options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({
    tls: SERVER,
    routes: (router) =>
      router.service(Bench, {
        unary: (request, { peer }) => ({ ...request, name: `${peer.encrypted} ${peer.certificate?.subject}` }),
        async *server(request) {
          for (let id = 0; id < request.id; id++) yield { id, body: new Uint8Array(20_000) };
        },
        async client(requests) {
          let id = 0;
          for await (const { body } of requests) id += body.length;
          return { id };
        },
      }),
    ...options,
  });
  cleanUp(t)(async () => {
    await server.close({ graceMs: 0 });
    assert.equal(server.statistics().openConnections, 0);
  });
  return server;
}

function calling(t: TestContext, server: RunningServer, tls: ClientTlsOptions, options: ConnectOptions = {}): Client<typeof Bench> {
  const channel = connect(server.url, { protocol: "connect", httpVersion: "1.1", tls, ...options });
  cleanUp(t)(() => channel.close());
  return createClient(Bench, channel);
}

test("calls of Connect and gRPC-Web over HTTP/1.1 and TLS, with bodies of any size, on the port that HTTP/2 has", async (t) => {
  const server = await serving(t);
  for (const protocol of ["connect", "grpc-web", "grpc-web-text"] as const) {
    const client = calling(t, server, { ca: CA }, { protocol });
    assert.equal((await client.unary({ id: 1 })).name, "true undefined");
    let bytes = 0;
    for await (const { body } of client.server({ id: 100 })) bytes += body.length;
    assert.equal(bytes, 2_000_000);
    assert.equal((await client.client(Array.from({ length: 50 }, () => ({ body: new Uint8Array(40_000) })))).id, 2_000_000);
  }
  const overHttp2 = connect(server.url, { tls: { ca: CA } });
  cleanUp(t)(() => overHttp2.close());
  assert.equal((await createClient(Bench, overHttp2).unary({ id: 1 })).id, 1);
});

test("ALPN: HTTP/2 where the client offers it, else HTTP/1.1, which a client that offers nothing gets too", async (t) => {
  const server = await serving(t);
  for (const [offered, agreed] of [
    [["http/1.1"], "http/1.1"],
    [["http/1.1", "h2"], "h2"],
    [["h2", "http/1.1"], "h2"],
    [undefined, false],
  ] as const) {
    const socket: TLSSocket = connectTls({ port: server.port, ca: CA, ...(offered === undefined ? {} : { ALPNProtocols: [...offered] }) });
    cleanUp(t)(() => socket.destroy());
    await new Promise((resolve, reject) => socket.on("secureConnect", resolve).on("error", reject));
    assert.equal(socket.alpnProtocol, agreed, String(offered));
    if (agreed === "h2") continue;
    let heard = "";
    socket.on("data", (data) => {
      heard += data.toString("latin1");
    });
    socket.write('POST /bench.v1.Bench/Unary HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{"id":5}');
    await until(() => heard.includes('"id":5'));
    assert.match(heard, /^HTTP\/1\.1 200 /);
  }
});

test("a server without HTTP/1.1 is told as such", async (t) => {
  const server = await serving(t, { http1: false });
  const message = /^127\.0\.0\.1:\d+ speaks TLS but does not offer HTTP\/1\.1 \(ALPN "http\/1\.1"\)/;
  await assert.rejects(calling(t, server, { ca: CA }).unary({}), { code: "unavailable", message });
});

test("mTLS: the handler knows who the client is; without a certificate, or with a stranger's, no call comes in, and it is said why", async (t) => {
  const server = await serving(t, { tls: MUTUAL });
  assert.equal((await calling(t, server, { ca: CA, ...CLIENT }).unary({})).name, "true O=Sluice tests only, CN=test client");
  await assert.rejects(calling(t, server, { ca: CA }).unary({}), {
    code: "unavailable",
    message: /^127\.0\.0\.1:\d+ wants a client certificate, and none was given$/,
  });
  await assert.rejects(calling(t, server, { ca: CA, ...STRANGER }).unary({}), { code: "unavailable", message: /127\.0\.0\.1:\d+/ });
  assert.equal(server.statistics().totalCalls, 1);
});

test("a server that nobody vouches for, and one of another name, are told as such", async (t) => {
  const server = await serving(t);
  await assert.rejects(calling(t, server, {}).unary({}), { code: "unavailable", message: /^the certificate of .* is not trusted: / });
  await assert.rejects(calling(t, server, { ca: CA, serverName: "elsewhere.test" }).unary({}), {
    code: "unavailable",
    message: /is for another name than "elsewhere\.test"$/,
  });
});
