import { serverRows } from "../harness/contestants.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const body = framed(1, 43);

export const unaryServer = {
  name: "unary-server",
  title: "Unary server, 43-byte message",
  how: "h2load -c 4 -m 32; the server echoes",
  needs: ["h2load"],
  metrics: rateMetrics("requests"),
  plot: "rate",
  contestants: serverRows("sluice", "grpc-go", "tonic", "nghttpd", "node-http2", "grpc-js", "connect-go", "connect-node"),
  measure: ({ server }, timing) =>
    server === "nghttpd"
      ? rateUnderH2load(server, timing, { path: "43", expect: 43 })
      : rateUnderH2load(server, timing, { path: "Unary", body, expect: body.length }),
  bars: ["rate", "cpu"].flatMap((metric) => [
    { metric, peer: "grpc-go", times: 2.5, aim: 4 },
    { metric, peer: "grpc-js", times: 10 },
    { metric, peer: "connect-node", times: 60 },
    { metric, peer: "tonic", aim: 1.5 },
    { metric, peer: "nghttpd", aim: 1 },
  ]),
};
