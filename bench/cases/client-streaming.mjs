import { serverRows } from "../harness/contestants.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const MESSAGES = 1000;
const body = framed(1, 43, MESSAGES);

export const clientStreaming = {
  name: "client-streaming",
  title: "Client-streaming, 43-byte messages, the server counts them",
  how: "h2load -c 4 -m 2, 1,000 messages a stream, many in one DATA frame",
  needs: ["h2load"],
  metrics: rateMetrics("messages"),
  plot: "rate",
  contestants: serverRows("sluice", "grpc-go", "tonic", "connect-go", "grpc-js", "connect-node"),
  measure: ({ server }, timing) => rateUnderH2load(server, timing, { path: "Client", body, expect: 7, c: 4, m: 2 }, MESSAGES),
  bars: [
    { metric: "rate", peer: "grpc-js", times: 7 },
    { metric: "rate", peer: "grpc-go", aim: 1 },
  ],
};
