// The client under test: `connectconformance --mode client … -- node conformance/client.mjs`. Makes the calls that it reads from stdin, several at a
// time, to the end of stdin.
import { create } from "@bufbuild/protobuf";
import { connect } from "sluice/node";
import { ClientCompatRequestSchema, ClientCompatResponseSchema } from "../build/gen/connectrpc/conformance/v1/client_compat_pb.js";
import { Codec, Compression, HTTPVersion, Protocol } from "../build/gen/connectrpc/conformance/v1/config_pb.js";
import { call } from "./calls.mjs";
import { readMessages, writeMessage } from "./frames.mjs";
import { registry } from "./wire.mjs";

const PROTOCOLS = { [Protocol.CONNECT]: "connect", [Protocol.GRPC]: "grpc", [Protocol.GRPC_WEB]: "grpc-web" };
const CODECS = { [Codec.PROTO]: "proto", [Codec.JSON]: "json" };
const COMPRESSIONS = { [Compression.IDENTITY]: "identity", [Compression.GZIP]: "gzip", [Compression.BR]: "br", [Compression.ZSTD]: "zstd" };
const HTTP_VERSIONS = { [HTTPVersion.HTTP_VERSION_1]: "1.1", [HTTPVersion.HTTP_VERSION_2]: "2" };

/** Calls at once: the suite measures deadlines, which must not run out while calls wait for a core. */
const MAX_CALLS = 32;

const channels = new Map();
const calls = new Set();

for await (const request of readMessages(ClientCompatRequestSchema, process.stdin)) {
  if (calls.size >= MAX_CALLS) await Promise.race(calls);
  const answered = answer(request).then(() => calls.delete(answered));
  calls.add(answered);
}
await Promise.all(calls);
await Promise.all([...channels.values()].map((channel) => channel.close()));

async function answer(request) {
  let result;
  try {
    result = { case: "response", value: await call(request, channelFor(request)) };
  } catch (error) {
    result = { case: "error", value: { message: String(error?.stack ?? error) } };
  }
  writeMessage(ClientCompatResponseSchema, create(ClientCompatResponseSchema, { testName: request.testName, result }), process.stdout);
}

/** One channel for all calls that go to one server in one way. */
function channelFor({ host, port, protocol, httpVersion, codec, compression, serverTlsCert, clientTlsCreds, useGetHttpMethod }) {
  const tls = serverTlsCert.length > 0;
  const key = [host, port, protocol, httpVersion, codec, compression, clientTlsCreds !== undefined, useGetHttpMethod].join();
  let channel = channels.get(key);
  if (channel === undefined) {
    channel = connect(`${tls ? "https" : "http"}://${host}:${port}`, {
      protocol: named(PROTOCOLS, protocol),
      httpVersion: named(HTTP_VERSIONS, httpVersion),
      codec: named(CODECS, codec),
      compression: named(COMPRESSIONS, compression),
      registry,
      httpGet: useGetHttpMethod,
      ...(tls && {
        tls: { ca: serverTlsCert, ...(clientTlsCreds !== undefined && { cert: clientTlsCreds.cert, key: clientTlsCreds.key }) },
      }),
    });
    channels.set(key, channel);
  }
  return channel;
}

function named(names, number) {
  const name = names[number];
  if (name === undefined) throw new Error(`the suite asks for ${number}, which has no name here`);
  return name;
}
