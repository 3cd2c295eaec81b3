import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Channel, type Client, createClient, RpcError } from "sluice";
import { connect, type RunningServer, serve } from "sluice/node";
import type { ServiceImplementation } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { until } from "../live/carriers.js";
import { cleanUp } from "./clean-up.js";
import { rawClient, requestHead } from "./raw-http1.js";

/* Bidi over HTTP/1.1, where responses follow requests: it works where the method allows, and never waits for ever where it does not. */

const PROTOCOLS = ["connect", "grpc-web", "grpc-web-text"] as const;

async function calling(
  t: TestContext,
  bidi: NonNullable<ServiceImplementation<typeof Bench>["bidi"]>,
  protocol: (typeof PROTOCOLS)[number],
): Promise<{ client: Client<typeof Bench>; channel: Channel; server: RunningServer }> {
  const server = await serve({ routes: (router) => router.service(Bench, { bidi }) });
  const channel = connect(server.url, { protocol, httpVersion: "1.1" });
  cleanUp(t)(async () => {
    await channel.close();
    await server.close({ graceMs: 0 });
    const { openStreams, openCalls, runningHandlers } = server.statistics();
    assert.deepEqual([openStreams, openCalls, runningHandlers], [0, 0, 0]);
  });
  return { client: createClient(Bench, channel), channel, server };
}

const unimplemented = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RpcError, String(error));
  assert.equal(error.code, "unimplemented", String(error));
  assert.match(error.message, pattern);
  return true;
};

for (const protocol of PROTOCOLS) {
  test(`over HTTP/1.1 receive() before closeSend() is unimplemented, and says what to do (${protocol})`, async (t) => {
    const { client } = await calling(
      t,
      async function* echo(requests) {
        for await (const request of requests) yield request;
      },
      protocol,
    );
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await assert.rejects(talk.receive(), unimplemented(/half-duplex.*closeSend\(\)/));
    assert.equal((await talk.outcome).initiator, "engine");
    const before = client.bidi();
    await assert.rejects(before.receive(), unimplemented(/closeSend\(\)/), "also before there is a connection");
  });

  test(`over HTTP/1.1 the requests of an iterable, and those sent by hand before closeSend(), are answered (${protocol})`, async (t) => {
    const { client } = await calling(
      t,
      async function* echo(requests) {
        for await (const request of requests) yield request;
      },
      protocol,
    );
    const ids: number[] = [];
    for await (const { id } of client.bidi([{ id: 1 }, { id: 2 }])) ids.push(id);
    const talk = client.bidi();
    await talk.send({ id: 3 });
    talk.closeSend();
    for await (const { id } of talk) ids.push(id);
    assert.deepEqual(ids, [1, 2, 3]);
    assert.equal((await talk.outcome).code, "ok");
  });

  test(`over HTTP/1.1 a handler that answers early has its responses held back until the half-close (${protocol})`, async (t) => {
    const { client, channel, server } = await calling(
      t,
      async function* early(requests) {
        yield { id: 100 };
        for await (const { id } of requests) yield { id };
      },
      protocol,
    );
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await until(() => server.calls()[0]?.waitingSends === 1);
    // the head alone may have gone
    assert.deepEqual([server.calls()[0]?.messagesSent, channel.calls()[0]?.messagesReceived], [0, 0]);
    talk.closeSend();
    const ids: number[] = [];
    for await (const { id } of talk) ids.push(id);
    assert.deepEqual(ids, [100, 1]);
  });
}

test("over HTTP/1.1 a handler and a client that wait for each other are told unimplemented after 5 s", { timeout: 15_000 }, async (t) => {
  const { server } = await calling(
    t,
    async function* early(requests) {
      // the handler waits to answer, and reads no more until it has
      yield { id: 100 };
      for await (const request of requests) yield request;
    },
    "connect",
  );
  const { write, heard } = await rawClient(t, server);
  const began = performance.now();
  write(`${requestHead("/bench.v1.Bench/Bidi", "application/connect+proto", "transfer-encoding: chunked")}7\r\n\0\0\0\0\x02\b\x01\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  assert.doesNotMatch(heard(), /unimplemented/);
  await until(() => heard().includes("unimplemented"));
  assert.ok(performance.now() - began < 7_000);
  assert.match(heard(), /half-duplex/);
});
