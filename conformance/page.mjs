// The small client under test: `connectconformance --mode client … -- node conformance/page.mjs`, over the fetch of Node.
import { connect, createClient } from "sluice/page";
import { jsonCodecWith } from "sluice/web";
import { Codec } from "../build/gen/connectrpc/conformance/v1/config_pb.js";
import { ConformanceService } from "../build/gen/connectrpc/conformance/v1/service_pb.js";
import { answerAll, named } from "./client-loop.mjs";
import { registry } from "./wire.mjs";

const CODECS = { [Codec.PROTO]: "proto", [Codec.JSON]: jsonCodecWith(registry) };

await answerAll(({ host, port, codec }) =>
  createClient(ConformanceService, connect(`http://${host}:${port}`, { codec: named(CODECS, codec) })),
);
