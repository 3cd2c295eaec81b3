import { clientRows } from "../harness/contestants.mjs";
import { rateMetrics, rateOfClient } from "../harness/rates.mjs";

const onFour = (row) => ({ ...row, id: `${row.id}, 4 connections`, label: `${row.label}, 4 connections`, conns: 4 });

export const unaryClient = {
  name: "unary-client",
  title: "Unary client, 100 calls at once",
  how: "all against Sluice's server, the fastest here; CPU is the client's",
  metrics: { ...rateMetrics("calls"), p50: { label: "p50 µs", digits: 0, less: true }, server: { label: "server % busy", digits: 0 } },
  plot: "rate",
  contestants: [...clientRows("sluice", "grpc-go", "grpc-js", "nice-grpc"), ...clientRows("sluice", "grpc-go").map(onFour)],
  measure: ({ client, conns = 1 }, timing) => rateOfClient(client, timing, "sluice", { mode: "unary", c: 100, conns }),
  bars: [
    { metric: "rate", peer: "grpc-js", times: 20 },
    { metric: "rate", peer: "grpc-go", times: 1.5, aim: 3 },
    { metric: "cpu", peer: "grpc-go", times: 1.5, aim: 3 },
    { metric: "rate", subject: "sluice, 4 connections", peer: "grpc-go, 4 connections", times: 1.5, aim: 3 },
  ],
};
