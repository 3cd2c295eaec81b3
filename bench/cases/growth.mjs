import { withServer } from "../harness/bench-server.mjs";
import { runH2load, runLoad, startLoad, warmUp } from "../harness/loads.mjs";
import { framed } from "../harness/payload.mjs";
import { rateMetrics, rates } from "../harness/rates.mjs";

const body = framed(1, 43);
const load = { path: "Unary", body, expect: body.length };

/** Idle streams on the very connections that the calls use. */
const besideStreams = (idle) => ({
  id: `streams ${idle}`,
  label: `${idle.toLocaleString("en")} idle streams on the calls' connections`,
  needs: ["go"],
  run: (timing) =>
    withServer("sluice", { maxStreams: 100_000 }, async (server) => {
      const result = await runLoad("grpc-go", server, { ...timing, mode: "unary", c: 64, conns: 4, idle });
      return rates(result.n, result.seconds, result.cpu_seconds);
    }),
});

/** Idle connections, each with one idle stream, beside the four that the calls use. */
const besideConnections = (conns) => ({
  id: `connections ${conns}`,
  label: `${conns.toLocaleString("en")} idle connections beside`,
  needs: ["go", "h2load"],
  run: ({ seconds, warmup }) =>
    withServer("sluice", {}, async (server) => {
      const idle = startLoad("grpc-go", server, { mode: "idle", c: conns, conns, grow: true });
      try {
        await idle.json(120_000);
        await warmUp(server, load, warmup);
        const result = await runH2load(server, { ...load, seconds });
        return rates(result.n, result.seconds, result.cpu_seconds);
      } finally {
        await idle.stop();
      }
    }),
});

/** The client with idle streams of its own on the connections of its calls. */
const clientBesideStreams = (idle) => ({
  id: `client ${idle}`,
  label: `client with ${idle.toLocaleString("en")} idle streams`,
  needs: ["go"],
  run: (timing) =>
    withServer("grpc-go", {}, async (server) => {
      const result = await runLoad("sluice", server, { ...timing, mode: "unary", c: 64, conns: 4, idle });
      return rates(result.n, result.seconds, result.client_cpu_seconds);
    }),
});

const within = (subject, peer) => ({ metric: "cpu", subject, peer, most: 1.25, aim: 1.1 });

export const growth = {
  name: "growth",
  title: "Growth: cost of a unary call beside idle streams and connections",
  how: "streams: grpc-go client; connections: h2load beside a grpc-go client that holds them; client: against grpc-go",
  needs: ["go"],
  metrics: rateMetrics("calls"),
  contestants: [
    ...[1, 100, 10_000].map(besideStreams),
    ...[1, 100, 5_000].map(besideConnections),
    ...[1, 100, 10_000].map(clientBesideStreams),
  ],
  measure: ({ run }, { seconds, warmup }) => run({ seconds, warmup }),
  bars: [
    within("streams 100", "streams 1"),
    within("streams 10000", "streams 1"),
    within("connections 100", "connections 1"),
    within("connections 5000", "connections 1"),
    within("client 10000", "client 1"),
  ],
};
