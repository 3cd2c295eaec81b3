import { serverRows } from "../harness/contestants.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const MESSAGES = 1000;
const body = framed(MESSAGES, 43);

export const serverStreaming = {
  name: "server-streaming",
  title: "Server-streaming, 43-byte messages, push and generator",
  how: "h2load -c 4 -m 2, 1,000 messages a stream",
  needs: ["h2load"],
  metrics: rateMetrics("messages"),
  plot: "rate",
  contestants: serverRows("sluice", "sluice-generator", "grpc-go", "tonic", "connect-go", "grpc-js", "connect-node"),
  measure: ({ server }, timing) =>
    rateUnderH2load(server, timing, { path: "Server", body, expect: body.length * MESSAGES, countBytes: true, c: 4, m: 2 }, MESSAGES),
  bars: [
    { metric: "rate", peer: "grpc-go", times: 0.7, aim: 1 },
    { metric: "rate", peer: "grpc-js", times: 10 },
    { metric: "cpu", peer: "grpc-go", times: 0.7, aim: 1 },
    { metric: "rate", subject: "sluice-generator", peer: "grpc-go", times: 0.5, aim: 1 },
    { metric: "rate", subject: "sluice-generator", peer: "grpc-js", times: 7 },
  ],
};
