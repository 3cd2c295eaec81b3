// All cases, in the order of the report. A case is one file: what it measures, of whom, and the bars it must reach.
import { bidi } from "./bidi.mjs";
import { bidiOne } from "./bidi-one.mjs";
import { breakLatency } from "./break-latency.mjs";
import { broadcast } from "./broadcast.mjs";
import { cancelLatency } from "./cancel-latency.mjs";
import { cancelStorm } from "./cancel-storm.mjs";
import { clientStreaming } from "./client-streaming.mjs";
import { connectClient } from "./connect-client.mjs";
import { connectStreaming } from "./connect-streaming.mjs";
import { connectUnary } from "./connect-unary.mjs";
import { connectUnaryHttp1 } from "./connect-unary-http1.mjs";
import { growth } from "./growth.mjs";
import { grpcWebStreaming } from "./grpc-web-streaming.mjs";
import { idleMemoryClient } from "./idle-memory-client.mjs";
import { idleMemoryServer } from "./idle-memory-server.mjs";
import { importTime } from "./import-time.mjs";
import { interleavings } from "./interleavings.mjs";
import { jsonUnary } from "./json-unary.mjs";
import { largeMessages } from "./large-messages.mjs";
import { latency } from "./latency.mjs";
import { recovery } from "./recovery.mjs";
import { serverStreaming } from "./server-streaming.mjs";
import { streamingClient } from "./streaming-client.mjs";
import { unaryChangingHeaders } from "./unary-changing-headers.mjs";
import { unaryClient } from "./unary-client.mjs";
import { unaryServer } from "./unary-server.mjs";

export const cases = [
  unaryServer,
  unaryChangingHeaders,
  unaryClient,
  serverStreaming,
  clientStreaming,
  connectUnary,
  connectUnaryHttp1,
  jsonUnary,
  connectStreaming,
  grpcWebStreaming,
  connectClient,
  broadcast,
  streamingClient,
  bidi,
  bidiOne,
  largeMessages,
  latency,
  cancelLatency,
  breakLatency,
  cancelStorm,
  recovery,
  idleMemoryServer,
  idleMemoryClient,
  importTime,
  interleavings,
  growth,
];
