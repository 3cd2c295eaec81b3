// The client under test: `connectconformance --mode client … -- node conformance/client.mjs`.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Codec, Compression, HTTPVersion, Protocol } from "../build/gen/connectrpc/conformance/v1/config_pb.js";
import { ConformanceService } from "../build/gen/connectrpc/conformance/v1/service_pb.js";
import { answerAll, named } from "./client-loop.mjs";
import { registry } from "./wire.mjs";

const PROTOCOLS = { [Protocol.CONNECT]: "connect", [Protocol.GRPC]: "grpc", [Protocol.GRPC_WEB]: "grpc-web" };
const CODECS = { [Codec.PROTO]: "proto", [Codec.JSON]: "json" };
const COMPRESSIONS = { [Compression.IDENTITY]: "identity", [Compression.GZIP]: "gzip", [Compression.BR]: "br", [Compression.ZSTD]: "zstd" };
const HTTP_VERSIONS = { [HTTPVersion.HTTP_VERSION_1]: "1.1", [HTTPVersion.HTTP_VERSION_2]: "2" };

const channels = new Map();

await answerAll((request) => createClient(ConformanceService, channelFor(request)));
await Promise.all([...channels.values()].map((channel) => channel.close()));

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
