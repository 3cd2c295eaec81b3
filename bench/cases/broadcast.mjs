import { withServer } from "../harness/bench-server.mjs";
import { runH2load, warmUp } from "../harness/loads.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rates } from "../harness/rates.mjs";
import { serverStreaming } from "./server-streaming.mjs";

const MESSAGE_BYTES = 5 + 43;
const CONNECTIONS = 10;
const STREAMS = 10_000;

const load = {
  path: "Server",
  body: framed(1, 43, 1, "broadcast"),
  expect: MESSAGE_BYTES,
  countBytes: true,
  c: CONNECTIONS,
  m: STREAMS / CONNECTIONS,
};

async function toAll({ seconds, warmup }) {
  return withServer("sluice", { maxStreams: 100_000 }, async (server) => {
    await warmUp(server, load, warmup);
    const { dataBytes, seconds: took, cpu_seconds: cpu } = await runH2load(server, { ...load, seconds });
    return rates(dataBytes / MESSAGE_BYTES, took, cpu);
  });
}

export const broadcast = {
  name: "broadcast",
  title: "Broadcast: one 43-byte message to 10,000 streams, encoded once",
  how: "h2load -c 10 -m 1000, as fast as all streams take it; beside it server-streaming as in the case of that name",
  needs: ["h2load"],
  metrics: rateMetrics("messages"),
  contestants: [
    { id: "sluice", label: "Sluice, 10,000 streams of a broadcast", run: toAll },
    { id: "streaming", label: "Sluice, 8 streams of their own", run: (timing) => serverStreaming.measure({ server: "sluice" }, timing) },
  ],
  measure: ({ run }, timing) => run(timing),
  bars: [{ metric: "rate", peer: "streaming", times: 1, aim: 1.5 }],
};
