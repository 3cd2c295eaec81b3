import { withServer } from "../harness/bench-server.mjs";
import { runLoad } from "../harness/loads.mjs";
import { servers } from "../harness/peers.mjs";

const pair = (id, label, mode) => ({ id, label, server: id, client: id === "grpc-go" ? id : "sluice", mode, needs: [servers[id].needs] });

export const breakLatency = {
  name: "break-latency",
  title: "A client's `break` until the handler's `finally`",
  how: "one idle server stream at a time, both ends Sluice; grpc-go at both ends: cancel() until ctx.Done; CLOCK_MONOTONIC",
  metrics: { p50: { label: "p50 µs", digits: 1, less: true }, p99: { label: "p99 µs", digits: 1, less: true } },
  contestants: [
    pair("sluice", "Sluice", "break"),
    pair("sluice-generator", "Sluice, generators", "break"),
    pair("grpc-go", "grpc-go", "cancel"),
  ],
  measure: ({ server: name, client, mode }, { quick }) =>
    withServer(name, {}, async (server) => {
      const { p50_us, p99_us } = await runLoad(client, server, { mode, n: quick ? 100 : 1000 });
      return { p50: p50_us, p99: p99_us };
    }),
  bars: [
    { metric: "p50", peer: "grpc-go", most: 1.5, aim: 1 },
    { metric: "p99", peer: "grpc-go", most: 3, aim: 1.5 },
  ],
};
