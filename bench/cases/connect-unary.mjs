import { serverRows } from "../harness/contestants.mjs";
import { message } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const body = message(1, 43);

export const connectUnary = {
  name: "connect-unary",
  title: "Connect unary over HTTP/2, server, 43-byte message",
  how: "h2load -c 4 -m 32; the server echoes",
  needs: ["h2load"],
  metrics: rateMetrics("requests"),
  plot: "rate",
  contestants: serverRows("sluice", "connect-go", "connect-node"),
  measure: ({ server }, timing) => rateUnderH2load(server, timing, { path: "Unary", body, type: "application/proto", expect: body.length }),
  bars: ["rate", "cpu"].flatMap((metric) => [
    { metric, peer: "connect-node", times: 20 },
    { metric, peer: "connect-go", times: 9 },
  ]),
};
