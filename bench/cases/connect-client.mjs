import { clientRows } from "../harness/contestants.mjs";
import { rateMetrics, rateOfClient } from "../harness/rates.mjs";

const over = (http) => (row) => ({ ...row, id: `${row.id}, HTTP/${http}`, label: `${row.label}, HTTP/${http}`, http });
const rows = clientRows("sluice", "connect-node");

export const connectClient = {
  name: "connect-client",
  title: "Connect unary client, 100 calls at once",
  how: "against Sluice's server; CPU is the client's",
  metrics: { ...rateMetrics("calls"), p50: { label: "p50 µs", digits: 0, less: true }, server: { label: "server % busy", digits: 0 } },
  plot: "rate",
  contestants: [...rows.map(over("2")), ...rows.map(over("1.1"))],
  measure: ({ client, http }, timing) => rateOfClient(client, timing, "sluice", { mode: "unary", c: 100, protocol: "connect", http }),
  bars: ["rate", "cpu"].flatMap((metric) => [
    { metric, subject: "sluice, HTTP/2", peer: "connect-node, HTTP/2", times: 15 },
    { metric, subject: "sluice, HTTP/1.1", peer: "connect-node, HTTP/1.1", times: 3 },
  ]),
};
