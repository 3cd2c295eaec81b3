import { clientRows } from "../harness/contestants.mjs";
import { rateMetrics, rateOfClient } from "../harness/rates.mjs";

const directions = [
  { mode: "server", what: "receives" },
  { mode: "client", what: "sends" },
];

export const streamingClient = {
  name: "streaming-client",
  title: "Streaming client: receives and sends 43-byte messages",
  how: "8 streams of 1,000 messages at once on one connection, against Sluice's server; CPU is the client's",
  metrics: { ...rateMetrics("messages"), server: { label: "server % busy", digits: 0 } },
  contestants: directions.flatMap(({ mode, what }) =>
    clientRows("sluice", "grpc-go", "grpc-js", "nice-grpc").map((row) => ({
      ...row,
      id: `${row.id} ${what}`,
      label: `${row.label} ${what}`,
      mode,
    })),
  ),
  measure: ({ client, mode }, timing) => rateOfClient(client, timing, "sluice", { mode, c: 8, conns: 1, messages: 1000 }),
};
