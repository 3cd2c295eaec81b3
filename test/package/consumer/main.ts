// A program of a user: strict, no platform in its types (no DOM, no @types/node), nothing but what the package exports.
import { create } from "@bufbuild/protobuf";
import { type CallOptions, createClient, type Interceptor, Metadata, type Outcome, RpcError } from "sluice";
import { connect, serve } from "sluice/node";
import type { Router } from "sluice/server";
import { everyInterleaving, type InMemory, inMemory } from "sluice/testing";
import { Bench, type Payload, PayloadSchema } from "./bench_pb.js";

/** Calls each kind of method over a socket; returns what came of it, as text. */
export async function run(): Promise<string[]> {
  const results: string[] = [];
  const seen: string[] = [];
  const server = await serve({
    port: 0,
    routes: (r) =>
      r.service(Bench, {
        unary: (request, ctx) => {
          if (request.name === "missing") throw new RpcError("not_found", "no such payload");
          ctx.responseHeaders.set("x-method", ctx.method.name);
          return { ...request, id: request.id + 1 };
        },
        async *server(request) {
          for (let id = 0; id < request.id; id++) yield { id };
        },
        async client(requests) {
          let id = 0;
          for await (const request of requests) id += request.id;
          return create(PayloadSchema, { id });
        },
        async bidi(requests, _ctx, out) {
          for await (const request of requests) await out.send(request);
        },
      }),
  });
  const counting: Interceptor = async (call, next) => {
    call.requestHeaders.set("x-counted", "1");
    const outcome: Outcome = await next();
    seen.push(`interceptor ${call.method.name} ${outcome.code}`);
  };
  const channel = connect(server.url, { protocol: "grpc", interceptors: [counting] });
  try {
    const client = createClient(Bench, channel, { timeoutMs: 10_000 });

    let headers: Metadata = new Metadata();
    const reply: Payload = await client.unary({ id: 1, name: "a" }, { onHeaders: (received) => (headers = received) });
    results.push(`unary ${reply.id} ${reply.name} ${headers.get("x-method")}`);

    const error: unknown = await client.unary({ name: "missing" }).catch((reason: unknown) => reason);
    if (error instanceof RpcError) results.push(`error ${error.code} ${error.message}`);

    const ids: number[] = [];
    for await (const message of client.server({ id: 3 })) ids.push(message.id);
    results.push(`server ${ids.join(",")}`);

    const upload = client.client();
    await upload.send({ id: 2 });
    await upload.send({ id: 3 });
    results.push(`client ${(await upload.finish()).id}`);

    const talk = client.bidi();
    await talk.send({ name: "hello" });
    results.push(`bidi ${(await talk.receive())?.name}`);
    talk.closeSend();
    results.push(`close ${(await talk.close()).code}`);
  } finally {
    await channel.close();
    await server.close({ graceMs: 1000 });
  }
  return [...results, ...seen, ...(await inAWorld())];
}

async function inAWorld(): Promise<string[]> {
  const scenario = {
    routes: (router: Router) => router.service(Bench, { unary: (request) => request }),
    start: (world: InMemory, options: CallOptions) => world.client(Bench).unary({ id: 4 }, options),
  };
  const world = inMemory({ routes: scenario.routes, network: { latencyMs: 10 } });
  const reply = await world.settle(world.client(Bench).unary({ id: 3 }));
  await world.close();
  const { runs } = await everyInterleaving(() => scenario, { depth: 1 });
  return [`in memory ${reply.id}`, `interleavings ${runs}`];
}
