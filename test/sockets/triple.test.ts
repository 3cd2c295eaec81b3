import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createClient, UsageError } from "sluice";
import { type ConnectOptions, connect, type RunningServer, serve } from "sluice/node";
import type { HandlerContext, Router } from "sluice/server";
import { Bench } from "../../gen/bench_pb.js";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { code } from "../contract/world.js";
import { cleanUp } from "./clean-up.js";

/* The forms that Triple's calls have, over both versions of HTTP. */

async function serving(t: TestContext): Promise<RunningServer> {
  const server = await serve({
    routes: (router) =>
      router.service(
        Bench,
        {
          unary: (request, { protocol }) => ({ id: request.id, name: protocol }),
          async *server(request) {
            for (let id = 0; id < request.id; id++) yield { id };
          },
          async *bidi(requests) {
            for await (const request of requests) yield request;
          },
        },
        { version: "1.0.0" },
      ),
  });
  cleanUp(t)(() => server.close({ graceMs: 0 }));
  return server;
}

for (const [form, options] of Object.entries({
  "gRPC's": {},
  "gRPC's, in JSON": { codec: "json" },
  "plain HTTP": { tripleUnary: "http" },
  "plain HTTP, in JSON": { tripleUnary: "http", codec: "json" },
  "plain HTTP over HTTP/1.1": { httpVersion: "1.1" },
  "plain HTTP over HTTP/1.1, in JSON, compressed": { httpVersion: "1.1", codec: "json", compression: "gzip" },
} as Record<string, ConnectOptions>)) {
  test(`a unary call of Triple whose form is ${form}; streams have gRPC's, or none`, async (t) => {
    const server = await serving(t);
    const channel = connect(server.url, { protocol: "triple", ...options });
    cleanUp(t)(() => channel.close());
    const client = createClient(Bench, channel, { version: "1.0.0", timeoutMs: 5_000 });
    const { id, name } = await client.unary({ id: 7 });
    assert.deepEqual([id, name], [7, "triple"]);
    if (options.httpVersion === "1.1") {
      await assert.rejects(client.server({ id: 1 }).receive(), code("unimplemented", /need HTTP\/2/));
      await assert.rejects(client.bidi([{ id: 1 }]).receive(), code("unimplemented", /need HTTP\/2/));
      return;
    }
    const ids: number[] = [];
    for await (const message of client.server({ id: 3 })) ids.push(message.id);
    for await (const message of client.bidi([{ id: 3 }])) ids.push(message.id);
    assert.deepEqual(ids, [0, 1, 2, 3]);
  });
}

test("a form that there is not is a mistake that says so", () => {
  const url = "http://127.0.0.1:1";
  for (const options of [
    { protocol: "triple", tripleUnary: "connect" },
    { protocol: "triple", tripleUnary: "grpc", httpVersion: "1.1" },
    { protocol: "grpc", tripleUnary: "http" },
    { protocol: "triple", httpGet: true },
  ]) {
    const made = () => connect(url, options as ConnectOptions);
    assert.throws(made, (error) => error instanceof UsageError && /tripleUnary|httpGet/.test(error.message), JSON.stringify(options));
  }
});

test("a GET of Connect says group and version as well", async (t) => {
  const heard = (said: string) => ({
    cacheableUnaryCall: (_request: unknown, context: HandlerContext) => ({ username: `${said} ${context.httpMethod}` }),
  });
  const routes = (router: Router) =>
    router.service(TestService, heard("plain")).service(TestService, heard("blue"), { group: "blue", version: "1.0.0" });
  const server = await serve({ routes });
  const channel = connect(server.url, { protocol: "connect", httpGet: true });
  cleanUp(t)(async () => {
    await channel.close();
    await server.close({ graceMs: 0 });
  });
  const ask = async (key: object) => (await createClient(TestService, channel, key).cacheableUnaryCall({})).username;
  assert.equal(await ask({ group: "blue", version: "1.0.0" }), "blue GET");
  assert.equal(await ask({}), "plain GET");
});
