import { serverRows } from "../harness/contestants.mjs";
import { rateMetrics, rateUnderLoad } from "../harness/rates.mjs";

export const bidi = {
  name: "bidi",
  title: "Bidi ping-pong, 100 streams, 43-byte messages",
  how: "frames by hand, 4 connections, one message under way on each stream",
  needs: ["go"],
  metrics: { ...rateMetrics("round trips"), p50: { label: "p50 µs", digits: 0, less: true } },
  plot: "rate",
  contestants: serverRows("sluice", "sluice-generator", "grpc-go", "tonic", "connect-go", "grpc-js", "connect-node"),
  measure: ({ server }, timing) => rateUnderLoad(server, timing, "raw", { mode: "bidi", c: 100, conns: 4 }),
  bars: ["rate", "cpu"].flatMap((metric) => [
    { metric, peer: "grpc-go", times: 0.9, aim: 1.2 },
    { metric, peer: "grpc-js", times: 2.5 },
    { metric, peer: "tonic", aim: 0.8 },
  ]),
};
