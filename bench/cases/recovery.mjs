import { setTimeout as delay } from "node:timers/promises";
import { withServer } from "../harness/bench-server.mjs";
import { startLoad } from "../harness/loads.mjs";

const PATIENCE_MS = 20_000;

async function measure(_, { quick }) {
  const streams = quick ? 1_000 : 10_000;
  return withServer("sluice", { maxStreams: 100_000 }, async (server) => {
    const load = startLoad("sluice", server, { mode: "abandon", c: streams, conns: 10, hold: true }, { collect: true });
    try {
      const result = await load.json(120_000);
      if (result.errors > 0) throw new Error(`${result.errors} of ${streams} streams were not collected`);
      const lastExit = await allEnded(server, streams);
      return { recovery: Number(lastExit - BigInt(result.collected_at)) / 1e9, before: result.collected_before };
    } finally {
      await load.stop();
    }
  });
}

/** When the last handler ended. The connections are still open: each was ended by the reset of its stream. */
async function allEnded(server, streams) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { exits_ctx_canceled: exits, open_streams: open, last_exit: at } = await server.figures();
    if (exits === streams && open === 0) return BigInt(at);
    if (performance.now() > deadline) throw new Error(`of ${streams} handlers ${exits} have ended, ${open} streams are open`);
    await delay(50);
  }
}

export const recovery = {
  name: "recovery",
  title: "Recovery: 10,000 bidi streams that nobody ended, from the collection of their handles to the end of the last handler",
  how: "10 connections, both ends Sluice; CLOCK_MONOTONIC",
  metrics: {
    recovery: { label: "s", digits: 3, less: true },
    before: { label: "collected before", digits: 0 },
  },
  contestants: [{ id: "sluice", label: "Sluice" }],
  measure,
  bars: [{ metric: "recovery", most: 5, aim: 1 }],
};
