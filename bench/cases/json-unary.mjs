import { serverRows } from "../harness/contestants.mjs";
import { rateMetrics, rateUnderH2load } from "../harness/rates.mjs";

const body = Buffer.from(JSON.stringify({ id: 1, name: "a".repeat(25) }));

export const jsonUnary = {
  name: "json-unary",
  title: "Connect unary in JSON over HTTP/2, server, 43-byte message",
  how: "h2load -c 4 -m 32; the server echoes",
  needs: ["h2load"],
  metrics: rateMetrics("requests"),
  plot: "rate",
  contestants: serverRows("sluice", "connect-go", "connect-node"),
  measure: ({ server }, timing) => rateUnderH2load(server, timing, { path: "Unary", body, type: "application/json", expect: body.length }),
  bars: ["rate", "cpu"].map((metric) => ({ metric, peer: "connect-node", times: 8 })),
};
