// What runs in the page: each check makes calls and gives what came of them, as JSON. run.mjs bundles it and says what must come.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient as createEsClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import grpcWebClient from "grpc-web";
import { createClient } from "sluice";
import { connect, grpcWeb, grpcWebText, jsonCodec } from "sluice/web";
import { Bench, PayloadSchema } from "../../build/gen/bench_pb.js";

const PROTOCOLS = { connect: "connect", "grpc-web": grpcWeb, "grpc-web-text": grpcWebText };

function clientOf({ base, protocol, json = false, ...options }) {
  const channel = connect(base, { protocol: PROTOCOLS[protocol], ...(json && { codec: jsonCodec }), ...options });
  return { channel, client: createClient(Bench, channel) };
}

/** What is left of a channel: nothing, once its calls have ended. */
function left(channel) {
  const { openCalls, openStreams, waitingCalls } = channel.statistics();
  return openCalls + openStreams + waitingCalls;
}

async function failure(promise) {
  try {
    await promise;
    return undefined;
  } catch ({ code, message, initiator, details }) {
    return { code, message, initiator, details: details?.length };
  }
}

const checks = {
  async unary(at) {
    const { channel, client } = clientOf(at);
    let head;
    let trailers;
    const response = await client.unary(
      { id: 7, name: "é" },
      { headers: { "x-ask": "1" }, onHeaders: (h) => (head = h.get("x-head")), onTrailers: (t) => (trailers = t.get("x-trailer")) },
    );
    return { id: response.id, name: response.name, head, trailers, left: left(channel) };
  },

  async error(at) {
    const { client } = clientOf(at);
    return failure(client.unary({ id: -5 }));
  },

  async stream(at) {
    const { channel, client } = clientOf(at);
    let count = 0;
    for await (const { id } of client.server({ id: 1_000 })) if (id === count) count++;
    return { count, left: left(channel) };
  },

  async errorAfterMessages(at) {
    const { client } = clientOf(at);
    let count = 0;
    const error = await failure(
      (async () => {
        for await (const _ of client.server({ id: 3, name: "fail" })) count++;
      })(),
    );
    return { count, code: error?.code };
  },

  /** Begins an endless stream, takes one message, and leaves in this way; the time at which it did. */
  async leave(at, how) {
    const { channel, client } = clientOf(at);
    const abort = new AbortController();
    const stream = client.server({ id: 1, name: "hold" }, { signal: abort.signal, closeTimeoutMs: 300 });
    await stream.receive();
    const began = Date.now();
    if (how === "break") for await (const _ of client.server({ id: 1, name: "hold" })) break;
    if (how === "abort") abort.abort("enough");
    if (how === "cancel" || how === "break") stream.cancel();
    if (how === "close") await stream.close();
    const { code } = await stream.outcome;
    return { code, ms: Date.now() - began, left: left(channel) };
  },

  async deadline(at) {
    const { client } = clientOf(at);
    const unary = await failure(client.unary({ name: "park" }, { timeoutMs: 150 }));
    const stream = client.server({ id: 1, name: "hold" }, { timeoutMs: 150 });
    await stream.receive();
    const streamed = await failure(stream.receive());
    return [unary?.code, streamed?.code];
  },

  async idle(at) {
    const { client } = clientOf(at);
    const stream = client.server({ id: 1, name: "hold" }, { idleTimeoutMs: 100 });
    await stream.receive();
    return failure(stream.receive());
  },

  /** Opens an endless stream and leaves it to whoever closes the page. */
  async hold(at) {
    const { client } = clientOf(at);
    window.held = client.server({ id: 1, name: "hold" });
    return (await window.held.receive()).id;
  },

  async upload(at) {
    const { client } = clientOf(at);
    let sum;
    const error = await failure(
      client.client([{ id: 1 }, { id: 2 }, { id: 3 }]).then(({ id }) => {
        sum = id;
      }),
    );
    return error ?? { code: `ok ${sum}`, message: "" };
  },

  async talk(at) {
    const { client } = clientOf(at);
    const ids = [];
    const iterated = await failure(
      (async () => {
        for await (const { id } of client.bidi([{ id: 1 }, { id: 2 }])) ids.push(id);
      })(),
    );
    const talk = client.bidi();
    const early = await failure(talk.receive());
    return { ids, iterated: iterated?.code, early };
  },

  async get(at) {
    const { client } = clientOf({ ...at, httpGet: true });
    return failure(client.unary({ id: 1 }));
  },

  async fails(at) {
    const { client } = clientOf(at);
    return failure(client.unary({ id: 1 }));
  },

  // ---- other libraries' clients

  async connectWeb({ base, protocol }) {
    const make = protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
    const client = createEsClient(Bench, make({ baseUrl: base }));
    let count = 0;
    for await (const _ of client.server({ id: 100 })) count++;
    const error = await client.unary({ id: -5 }).then(
      () => undefined,
      (e) => e.code,
    );
    const abort = new AbortController();
    try {
      for await (const _ of client.server({ id: 1, name: "hold" }, { signal: abort.signal })) abort.abort();
    } catch {}
    return { id: (await client.unary({ id: 7 })).id, count, error };
  },

  async officialGrpcWeb({ base, format }) {
    const { GrpcWebClientBase, MethodDescriptor, MethodType } = grpcWebClient;
    const base64 = new GrpcWebClientBase({ format });
    const encode = (message) => toBinary(PayloadSchema, message);
    const decode = (bytes) => fromBinary(PayloadSchema, new Uint8Array(bytes));
    const method = (name, type) => new MethodDescriptor(`/bench.v1.Bench/${name}`, type, Object, Object, encode, decode);
    const unary = (message) =>
      new Promise((resolve) => {
        const done = (error, response) => resolve(error ? { code: error.code, message: error.message } : { id: response.id });
        base64.rpcCall(`${base}/bench.v1.Bench/Unary`, create(PayloadSchema, message), {}, method("Unary", MethodType.UNARY), done);
      });
    const stream = (message, leaveAfter) =>
      new Promise((resolve) => {
        const url = `${base}/bench.v1.Bench/Server`;
        const call = base64.serverStreaming(url, create(PayloadSchema, message), {}, method("Server", MethodType.SERVER_STREAMING));
        let count = 0;
        call.on("data", () => {
          if (++count !== leaveAfter) return;
          call.cancel();
          resolve(count);
        });
        call.on("end", () => resolve(count));
        call.on("error", (error) => resolve({ count, code: error.code }));
      });
    // it reads streams as they come in its text form alone
    const left = format === "text" ? await stream({ id: 1, name: "hold" }, 1) : undefined;
    return { good: await unary({ id: 7 }), bad: await unary({ id: -5 }), count: await stream({ id: 100 }), left };
  },
};

window.check = (name, ...args) => checks[name](...args);
