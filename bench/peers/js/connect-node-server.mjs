// Serves bench.v1.Bench with @connectrpc/connect-node over node:http2, or with --http1 over node:http.
import http from "node:http";
import http2 from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Bench } from "../../../build/gen/bench_pb.js";
import { ready, serverOptions } from "./process.mjs";

const options = serverOptions();

const aborted = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

const service = {
  unary: (request) => request,

  async *server(request, { signal }) {
    if (request.name === "mute") await aborted(signal);
    for (let i = 0; i < request.id; i++) yield request;
    while (request.id < 0 && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, Number(request.nums[0] ?? 1n)));
      yield request;
    }
  },

  async client(requests) {
    let id = 0;
    for await (const _ of requests) id++;
    return { id };
  },

  async *bidi(requests, { signal }) {
    let first;
    for await (const request of requests) {
      first ??= request;
      if (first.name !== "mute") yield request;
    }
    if (first?.name === "hold" || first?.name === "mute") await aborted(signal);
  },
};

const handler = connectNodeAdapter({ routes: (router) => router.service(Bench, service) });
const server = options.http1
  ? http.createServer(handler)
  : options.tls
    ? http2.createSecureServer(options, handler)
    : http2.createServer(handler);
server.listen(options.port, "127.0.0.1", () => ready(server.address().port));
