import { serverRows } from "../harness/contestants.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rateUnderH2load, rateUnderLoad } from "../harness/rates.mjs";

const MESSAGES = 1000;
const body = framed(1, 43, MESSAGES);

// Clients of gRPC send a message as it comes, in a DATA frame of its own; a body that lies ready has as many messages in a frame as go.
const packed = (row) => ({ ...row, id: `${row.id}, packed`, label: `${row.label}, many in a frame`, packed: true });

export const clientStreaming = {
  name: "client-streaming",
  title: "Client-streaming, 43-byte messages, the server counts them",
  how: "4 connections with 2 streams, 1,000 messages a stream; frames by hand, a DATA frame each; many in a frame: h2load",
  needs: ["go", "h2load"],
  metrics: rateMetrics("messages"),
  plot: "rate",
  contestants: [
    ...serverRows("sluice", "grpc-go", "tonic", "connect-go", "grpc-js", "connect-node"),
    ...serverRows("sluice", "grpc-go", "grpc-js").map(packed),
  ],
  measure: ({ server, packed }, timing) =>
    packed
      ? rateUnderH2load(server, timing, { path: "Client", body, expect: 7, c: 4, m: 2 }, MESSAGES)
      : rateUnderLoad(server, timing, "raw", { mode: "client", c: 8, conns: 4, messages: MESSAGES }),
  bars: [
    { metric: "rate", peer: "grpc-js", times: 7 },
    { metric: "rate", peer: "grpc-go", aim: 1 },
    { metric: "rate", subject: "sluice, packed", peer: "grpc-js, packed", times: 7 },
    { metric: "rate", subject: "sluice, packed", peer: "grpc-go, packed", aim: 1 },
  ],
};
