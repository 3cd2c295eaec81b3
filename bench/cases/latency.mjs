import { clientRows, serverRows } from "../harness/contestants.mjs";
import { rateOfClient, rateUnderLoad } from "../harness/rates.mjs";

const asClient = (row) => ({ ...row, id: `${row.id} client`, label: `${row.label} client` });

export const latency = {
  name: "latency",
  title: "Latency of a unary call, one at a time",
  how: "servers: with the grpc-go client; clients: with the grpc-go server",
  needs: ["go"],
  metrics: {
    p50: { label: "p50 µs", digits: 1, less: true },
    p99: { label: "p99 µs", digits: 1, less: true },
    rate: { label: "calls/s", digits: 0 },
  },
  contestants: [
    ...serverRows("sluice", "grpc-go", "tonic", "connect-go", "grpc-js", "connect-node"),
    ...clientRows("sluice", "grpc-go", "grpc-js", "nice-grpc").map(asClient),
  ],
  measure: ({ server, client }, timing) =>
    server !== undefined
      ? rateUnderLoad(server, timing, "grpc-go", { mode: "unary", c: 1, conns: 1 })
      : rateOfClient(client, timing, "grpc-go", { mode: "unary", c: 1, conns: 1 }),
};
