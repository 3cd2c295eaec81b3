import { setTimeout as delay } from "node:timers/promises";
import { withServer } from "../harness/bench-server.mjs";
import { startLoad } from "../harness/loads.mjs";
import { clients } from "../harness/peers.mjs";
import { rateMetrics, rates } from "../harness/rates.mjs";

const SETTLE_MS = 5000;

const pair = (id) => ({ id, server: id, client: id, label: `${clients[id].label}, both ends`, needs: [clients[id].needs] });

async function measure({ server: name, client }, { seconds, warmup }) {
  return withServer(name, { resetsPerSecond: 10_000_000 }, async (server) => {
    const load = startLoad(client, server, { mode: "cancel-storm", c: 100, conns: 1, seconds, warmup, hold: true });
    try {
      const result = await load.json(120_000);
      if (result.errors > 0) throw new Error(`${result.errors} streams failed: ${load.errors}`);
      await allEnded(server, result.total);
      const { rate, cpu, busy } = rates(result.n, result.seconds, result.cpu_seconds);
      const clientCpu = rates(result.n, result.seconds, result.client_cpu_seconds);
      return { rate, cpu, busy, clientCpu: clientCpu.cpu, clientBusy: clientCpu.busy, p50: result.p50_us };
    } finally {
      await load.stop();
    }
  });
}

/** The connection is still open: a handler that has ended was ended by the reset of its stream. */
async function allEnded(server, opened) {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const { handler_exits: exits, open_streams: open = 0 } = await server.figures();
    if (exits >= opened && open === 0) return;
    if (performance.now() > deadline) throw new Error(`of ${opened} handlers ${exits} have ended, ${open} streams are open`);
    await delay(50);
  }
}

export const cancelStorm = {
  name: "cancel-storm",
  title: "Cancel storm: streams opened and cancelled over one connection",
  how: "100 at once, each cancelled after its first echo; then all handlers must have ended; the limit of resets a second is raised",
  needs: ["go"],
  metrics: {
    ...rateMetrics("pairs"),
    clientCpu: { label: "client CPU s per 100,000", digits: 3, less: true },
    clientBusy: { label: "client % busy", digits: 0 },
    p50: { label: "p50 µs", digits: 0, less: true },
  },
  contestants: [pair("sluice"), pair("grpc-go")],
  measure,
  bars: [{ metric: "rate", peer: "grpc-go", times: 1, aim: 1.5 }],
};
