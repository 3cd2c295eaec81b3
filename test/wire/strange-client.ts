import assert from "node:assert/strict";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { TestContext } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { RpcError } from "sluice";
import { type RunningServer, serve } from "sluice/node";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { TestService } from "../../gen/grpc-testing_pb.js";
import { cleanUp } from "../sockets/clean-up.js";

/* Requests of Connect and gRPC-Web as strangers write them, byte by byte. */

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Uint8Array | string;
}

export async function serving(t: TestContext): Promise<(path: string, ask: Ask) => Promise<Answer>> {
  const server = await serve({
    compression: "gzip",
    maxReceiveBytes: 100_000,
    routes: (router) => {
      router.service(Bench, {
        unary: (request, context) => {
          if (request.id === 404) throw new RpcError("not_found", "no such payload");
          context.responseHeaders.set("x-head", "h");
          context.responseTrailers.set("x-end", "e");
          return request;
        },
        async *server(request, context) {
          context.responseTrailers.set("x-end", "e");
          if (request.id === 404) throw new RpcError("not_found", "no such payload");
          yield request;
        },
        async client(requests) {
          let id = 0;
          for await (const _ of requests) id++;
          return { id };
        },
      });
      router.service(TestService, {
        cacheableUnaryCall({ responseSize }, context) {
          context.responseHeaders.set("etag", `"of ${responseSize}"`);
          return { username: String(responseSize) };
        },
      });
    },
  });
  cleanUp(t)(() => server.close({ graceMs: 0 }));
  return (path, ask) => send(server, path, ask);
}

export function send(server: RunningServer, path: string, { method = "POST", headers = {}, body = "" }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${server.url}${path}`, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

export const UNARY = `/${Bench.typeName}/Unary`;
export const SERVER = `/${Bench.typeName}/Server`;
export const CLIENT = `/${Bench.typeName}/Client`;
export const CACHEABLE = `/${TestService.typeName}/CacheableUnaryCall`;
export const payload = (id: number) => toBinary(PayloadSchema, create(PayloadSchema, { id }));
export const PROTO = { "content-type": "application/proto" };
export const JSON_TYPE = { "content-type": "application/json" };
export const STREAM = { "content-type": "application/connect+proto" };
export const WEB = { "content-type": "application/grpc-web+proto" };

export function envelope(content: Uint8Array | string, flags = 0): Buffer {
  const bytes = Buffer.from(content);
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Flags and content of each envelope. */
export function envelopes(body: Buffer): [flags: number, content: Buffer][] {
  const found: [number, Buffer][] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    found.push([body[at] ?? 0, body.subarray(at + 5, end)]);
    at = end;
  }
  return found;
}

export interface ErrorJson {
  readonly code?: string;
  readonly message?: string;
}

export const errorOf = ({ body }: Answer): ErrorJson => JSON.parse(body.toString()) as ErrorJson;

export function endStream({ status, body }: Answer): { error?: ErrorJson; metadata?: Record<string, string[]> } {
  assert.equal(status, 200);
  const [flags, content] = envelopes(body).at(-1) ?? [0, Buffer.alloc(0)];
  assert.equal(flags, 2, "the last envelope ends the stream");
  return JSON.parse(content.toString());
}

/** `grpc-status` and `grpc-message` of a gRPC-Web answer. */
export function webStatus({ headers, body }: Answer): string {
  const [flags, block] = envelopes(body).at(-1) ?? [0, Buffer.alloc(0)];
  if (flags !== 0x80) return `${headers["grpc-status"]} ${headers["grpc-message"]}`;
  const trailers = new Map(
    block
      .toString()
      .split("\r\n")
      .filter(Boolean)
      .map((line) => line.split(": ") as [string, string]),
  );
  return `${trailers.get("grpc-status")} ${trailers.get("grpc-message")}`;
}
