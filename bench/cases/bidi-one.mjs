import { serverRows } from "../harness/contestants.mjs";
import { rateMetrics, rateUnderLoad } from "../harness/rates.mjs";

export const bidiOne = {
  name: "bidi-one",
  title: "Bidi ping-pong, one stream, 43-byte messages",
  how: "grpc-go client: the round trip is mostly its own and the kernel's",
  needs: ["go"],
  metrics: {
    ...rateMetrics("round trips"),
    p50: { label: "p50 µs", digits: 1, less: true },
    p99: { label: "p99 µs", digits: 1, less: true },
  },
  contestants: serverRows("sluice", "sluice-generator", "grpc-go", "tonic", "grpc-js"),
  measure: ({ server }, timing) => rateUnderLoad(server, timing, "grpc-go", { mode: "bidi", c: 1, conns: 1 }),
};
