import { withServer } from "../harness/bench-server.mjs";
import { serverRows } from "../harness/contestants.mjs";
import { idleMetrics, idleSteps, slope } from "../harness/idle-memory.mjs";
import { startLoad } from "../harness/loads.mjs";

async function measure({ server: name }, { quick }) {
  const [few, many] = idleSteps(quick);
  return withServer(name, { maxStreams: 100_000, collect: true }, async (server) => {
    const idle = startLoad("grpc-go", server, { mode: "idle", c: few, conns: 10, grow: true });
    try {
      await idle.json(120_000);
      const before = await server.figures();
      idle.write(String(many));
      await idle.json(300_000);
      return slope(before, await server.figures(), many - few);
    } finally {
      await idle.stop();
    }
  });
}

export const idleMemoryServer = {
  name: "idle-memory-server",
  title: "Memory per idle bidi stream, server",
  how: "slope between 10,000 and 50,000 streams on 10 connections of a grpc-go client, each after a collection",
  needs: ["go"],
  metrics: idleMetrics,
  contestants: serverRows("sluice", "sluice-generator", "grpc-go", "tonic", "grpc-js"),
  measure,
  bars: [
    { metric: "rss", most: 4000, aim: 2500 },
    { metric: "heap", most: 2000, aim: 1200 },
  ],
};
