import { serverRows } from "../harness/contestants.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const MESSAGES = 1000;
const body = framed(MESSAGES, 43);

export const grpcWebStreaming = {
  name: "grpc-web-streaming",
  title: "gRPC-Web, server-streaming, 43-byte messages",
  how: "h2load -c 4 -m 2, HTTP/2, 1,000 messages a stream",
  needs: ["h2load"],
  metrics: rateMetrics("messages"),
  plot: "rate",
  contestants: serverRows("sluice", "sluice-generator", "connect-go", "connect-node"),
  measure: ({ server }, timing) => {
    const load = { path: "Server", body, type: "application/grpc-web+proto", expect: body.length * MESSAGES, countBytes: true, c: 4, m: 2 };
    return rateUnderH2load(server, timing, load, MESSAGES);
  },
  bars: [
    { metric: "rate", peer: "connect-node", times: 7 },
    { metric: "cpu", peer: "connect-node", times: 7 },
  ],
};
