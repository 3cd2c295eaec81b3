// The same server called by other libraries' clients.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import grpcWeb from "grpc-web";
import { Bench, PayloadSchema } from "../../../build/gen/bench_pb.js";

const kept = {};

export const libraries = {
  async connectWeb({ base, protocol }) {
    const make = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
    const client = createClient(Bench, make({ baseUrl: base }));
    let count = 0;
    for await (const _ of client.server({ id: 100 })) count++;
    const error = await client.unary({ id: -5 }).then(
      () => undefined,
      (e) => ({ code: e.code, details: e.findDetails(PayloadSchema).map(({ name }) => name) }),
    );
    const abort = new AbortController();
    try {
      for await (const _ of client.server({ id: 1, name: "hold" }, { signal: abort.signal })) abort.abort();
    } catch {}
    return { id: (await client.unary({ id: 7 })).id, count, error };
  },

  /** A unary call with metadata: the response and the metadata before and after it, or the error. */
  grpcWebUnary(at, id) {
    const event = (call, name, read) => new Promise((resolve) => call.on(name, (told) => resolve(read(told))));
    return new Promise((resolve) => {
      const call = clientOf(at).rpcCall(...callOf(at, "Unary", { id }, { "x-ask": "1" }), async (error, response) => {
        // the details are left as they came: a google.rpc.Status in base64
        if (error) resolve({ code: error.code, message: error.message, details: error.metadata["grpc-status-details-bin"] });
        else resolve({ id: response.id, head: await head, trailer: await trailer });
      });
      const head = event(call, "metadata", (metadata) => metadata["x-head"]);
      const trailer = event(call, "status", ({ metadata }) => metadata["x-trailer"]);
    });
  },

  grpcWebStream: (at, request) =>
    new Promise((resolve) => {
      let count = 0;
      const call = clientOf(at).serverStreaming(...callOf(at, "Server", request));
      call.on("data", () => count++);
      call.on("end", () => resolve({ count }));
      call.on("error", ({ code }) => resolve({ count, code }));
    }),

  grpcWebHold(at) {
    kept.held = clientOf(at).serverStreaming(...callOf(at, "Server", { id: 1, name: "hold" }));
    kept.first = new Promise((resolve) => kept.held.on("data", ({ id }) => resolve(id)));
  },

  grpcWebFirst: () => kept.first,

  grpcWebCancel() {
    kept.held.cancel();
    return Date.now();
  },
};

const clientOf = ({ format }) => new grpcWeb.GrpcWebClientBase({ format });

function callOf({ base }, name, request, metadata = {}) {
  const { MethodDescriptor, MethodType } = grpcWeb;
  const type = name === "Unary" ? MethodType.UNARY : MethodType.SERVER_STREAMING;
  const encode = (message) => toBinary(PayloadSchema, message);
  const decode = (bytes) => fromBinary(PayloadSchema, new Uint8Array(bytes));
  const method = new MethodDescriptor(`/bench.v1.Bench/${name}`, type, Object, Object, encode, decode);
  return [`${base}/bench.v1.Bench/${name}`, create(PayloadSchema, request), metadata, method];
}
