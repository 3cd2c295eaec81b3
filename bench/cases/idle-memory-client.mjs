import { withServer } from "../harness/bench-server.mjs";
import { clientRows } from "../harness/contestants.mjs";
import { idleMetrics, idleSteps, slope } from "../harness/idle-memory.mjs";
import { startLoad } from "../harness/loads.mjs";

async function measure({ client }, { quick }) {
  const [few, many] = idleSteps(quick);
  return withServer("grpc-go", {}, async (server) => {
    const idle = startLoad(client, server, { mode: "idle", c: few, conns: 10, grow: true }, { collect: true });
    const figures = () => {
      idle.signal("SIGUSR2");
      return idle.json();
    };
    try {
      await idle.json(120_000);
      const before = await figures();
      idle.write(String(many));
      await idle.json(300_000);
      return slope(before, await figures(), many - few);
    } finally {
      await idle.stop();
    }
  });
}

export const idleMemoryClient = {
  name: "idle-memory-client",
  title: "Memory per idle bidi stream, client",
  how: "slope between 10,000 and 50,000 streams on 10 connections to a grpc-go server, each after a collection",
  needs: ["go"],
  metrics: idleMetrics,
  contestants: clientRows("sluice", "grpc-go", "grpc-js"),
  measure,
  bars: [{ metric: "rss", most: 5000, aim: 3000 }],
};
