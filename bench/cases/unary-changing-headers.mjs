import { serverRows } from "../harness/contestants.mjs";
import { rateMetrics, rateUnderLoad } from "../harness/rates.mjs";

// Only Unary is unary in bench.proto; the other two answer one message to one message, so that there are three paths and three
// kinds of handler. The second group has the one method: what the headers alone cost.
const mixed = (row) => ({ ...row, methods: "Unary,Server,Client" });
const single = (row) => ({ ...row, id: `${row.id}, one method`, label: `${row.label}, one method`, methods: "Unary" });

export const unaryChangingHeaders = {
  name: "unary-changing-headers",
  title: "Unary server with changing headers: three methods, a grpc-timeout and a random x-request-id in every call",
  how: "frames by hand, 128 calls on 4 connections, every field offered to the HPACK table",
  needs: ["go"],
  metrics: rateMetrics("requests"),
  contestants: [
    ...serverRows("sluice", "grpc-go", "tonic", "grpc-js", "connect-node").map(mixed),
    ...serverRows("sluice", "grpc-go").map(single),
  ],
  measure: ({ server, methods }, timing) => rateUnderLoad(server, timing, "raw", { c: 128, conns: 4, methods }),
  bars: ["rate", "cpu"].map((metric) => ({ metric, peer: "grpc-go", times: 1.8, aim: 2.5 })),
};
