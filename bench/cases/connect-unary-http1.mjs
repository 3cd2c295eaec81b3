import { serverRows } from "../harness/contestants.mjs";
import { message } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const body = message(1, 43);

export const connectUnaryHttp1 = {
  name: "connect-unary-http1",
  title: "Connect unary over HTTP/1.1, server, 43-byte message",
  how: "h2load --h1 -c 32; the server echoes; node:http by hand has the same codec",
  needs: ["h2load"],
  metrics: rateMetrics("requests"),
  plot: "rate",
  contestants: serverRows("sluice", "node-http1", "connect-go", "connect-node-http1"),
  measure: ({ server }, timing) =>
    rateUnderH2load(server, timing, { path: "Unary", body, type: "application/proto", http1: true, c: 32, expect: body.length }),
  bars: ["rate", "cpu"].flatMap((metric) => [
    { metric, peer: "connect-node-http1", times: 4 },
    { metric, peer: "node-http1", times: 0.65 },
  ]),
};
