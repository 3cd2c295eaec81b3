// The same package where the compiler knows a platform: its own AbortSignal is taken, calls are `await using`-able, and fetch is the platform's.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import * as page from "sluice/page";
import { connect as connectByFetch, grpcWeb, jsonCodec, toFetchHandler } from "sluice/web";
import { Bench } from "./bench_pb.js";

export async function first(url: string, signal: AbortSignal): Promise<number | undefined> {
  await using channel = connect(url);
  await using call = createClient(Bench, channel).server({ id: 1 }, { signal });
  return (await call.receive({ signal: AbortSignal.timeout(1000) }))?.id;
}

export const handler: (request: Request) => Promise<Response> = toFetchHandler((r) => r.service(Bench, { unary: ({ id }) => ({ id }) }));

export const inProcess = createClient(
  Bench,
  connectByFetch("http://in.process", {
    fetch: (url, init) => handler(new Request(url, init)),
    credentials: "include",
    protocol: grpcWeb,
    codec: jsonCodec,
  }),
);

/** A page moves between the two clients by what it imports. */
export async function inPage(
  client: typeof inProcess = page.createClient(Bench, page.connect("/api", { codec: page.jsonCodec })),
): Promise<number> {
  await using stream = client.server({ id: 1 }, { timeoutMs: 5_000 });
  for await (const { id } of stream) return id;
  return (await client.unary({ id: 2 })).id;
}
