import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type Client, createClient, RpcError } from "sluice";
import { type ConnectOptions, connect } from "sluice/node";
import * as page from "sluice/page";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "../sockets/clean-up.js";
import { envelope } from "./strange-client.js";

/* Answers to calls of Connect and gRPC-Web as strangers write them, byte by byte. */

export type Reply = (response: ServerResponse) => void;

export type Ask = (kind: "unary" | "stream", next: Reply) => Promise<Seen>;

/** A test of each client that speaks Connect. */
export function connectTest(title: string, body: (call: Ask) => Promise<void>): void {
  test(`${title} (sluice/node)`, async (t) => body(await strangers(t, "connect")));
  test(`${title} (sluice/page)`, async (t) => body(await strangers(t, "page")));
}

/** A client, and what is to answer its next call. `page`: the small client over fetch. */
export async function strangers(t: TestContext, protocol: "connect" | "grpc-web" | "page", options: ConnectOptions = {}): Promise<Ask> {
  let reply: Reply = () => {};
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => reply(response));
  });
  const closing = cleanUp(t);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(() => new Promise((resolve) => server.close(resolve)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let client: Client<typeof Bench>;
  if (protocol === "page") {
    client = page.createClient(Bench, page.connect(url));
    closing(() => server.closeAllConnections());
  } else {
    const channel = connect(url, { protocol, httpVersion: "1.1", compression: "gzip", ...options });
    closing(() => channel.close({ graceMs: 0 }));
    client = createClient(Bench, channel);
  }
  return async (kind, next) => {
    reply = next;
    return kind === "unary" ? unary(client) : stream(client);
  };
}

export interface Seen {
  readonly ids: number[];
  readonly code: string;
  readonly message: string;
  readonly error: RpcError | undefined;
  readonly trailers: Record<string, string[]>;
}

async function unary(client: Client<typeof Bench>): Promise<Seen> {
  let trailers = {};
  const onTrailers = (given: { toJSON(): Record<string, string[]> }) => {
    trailers = given.toJSON();
  };
  try {
    const { id } = await client.unary({}, { onTrailers });
    return { ids: [id], code: "ok", message: "", error: undefined, trailers };
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return { ids: [], code: String(error.code), message: error.message, error, trailers: error.metadata.toJSON() };
  }
}

async function stream(client: Client<typeof Bench>): Promise<Seen> {
  const ids: number[] = [];
  let trailers = {};
  const onTrailers = (given: { toJSON(): Record<string, string[]> }) => {
    trailers = given.toJSON();
  };
  try {
    for await (const { id } of client.server({}, { onTrailers })) ids.push(id);
    return { ids, code: "ok", message: "", error: undefined, trailers };
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return { ids, code: String(error.code), message: error.message, error, trailers: error.metadata.toJSON() };
  }
}

export const says =
  (status: number, headers: Record<string, string | string[]>, ...body: (Uint8Array | string)[]): Reply =>
  (response) => {
    response.writeHead(status, headers);
    for (const piece of body) response.write(piece);
    response.end();
  };

export const proto = (...body: (Uint8Array | string)[]) => says(200, { "content-type": "application/proto" }, ...body);
export const json = (status: number, body: string) => says(status, { "content-type": "application/json" }, body);
export const connectStream = (...body: (Uint8Array | string)[]) => says(200, { "content-type": "application/connect+proto" }, ...body);
export const web = (...body: (Uint8Array | string)[]) => says(200, { "content-type": "application/grpc-web+proto" }, ...body);
export const END = envelope("{}", 2);
export const OK = envelope("grpc-status: 0\r\n", 0x80);
