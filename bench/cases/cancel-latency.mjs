import { withServer } from "../harness/bench-server.mjs";
import { serverRows } from "../harness/contestants.mjs";
import { runLoad } from "../harness/loads.mjs";

export const cancelLatency = {
  name: "cancel-latency",
  title: "A grpc-go client's cancel until the handler's signal",
  how: "one idle bidi stream at a time; both ends read CLOCK_MONOTONIC",
  needs: ["go"],
  metrics: { p50: { label: "p50 µs", digits: 1, less: true }, p99: { label: "p99 µs", digits: 1, less: true } },
  contestants: serverRows("sluice", "sluice-generator", "grpc-go", "connect-go", "tonic", "grpc-js"),
  measure: ({ server: name }, { quick }) =>
    withServer(name, {}, async (server) => {
      const { p50_us, p99_us } = await runLoad("grpc-go", server, { mode: "cancel", n: quick ? 100 : 500 });
      return { p50: p50_us, p99: p99_us };
    }),
  bars: [{ metric: "p50", peer: "grpc-go", most: 1.5, aim: 1 }],
};
