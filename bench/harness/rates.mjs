import { withServer } from "./bench-server.mjs";
import { runH2load, runLoad, warmUp } from "./loads.mjs";

/** The columns of every case that counts things a second: `what` they are. */
export const rateMetrics = (what) => ({
  rate: { label: `${what}/s`, digits: 0 },
  cpu: { label: "CPU s per 100,000", digits: 3, less: true },
  busy: { label: "% busy", digits: 0 },
});

/**
 * A fresh server under h2load: `per` things a request. With `load.countBytes` they are counted by the bytes that came, so that a
 * stream which the end cut off counts too.
 */
export function rateUnderH2load(name, { seconds, warmup }, load, per = 1) {
  return withServer(name, {}, async (server) => {
    await warmUp(server, load, warmup);
    const result = await runH2load(server, { ...load, seconds });
    const requests = load.countBytes ? result.dataBytes / load.expect : result.n;
    return rates(requests * per, result.seconds, result.cpu_seconds);
  });
}

/** A fresh server under one of the client loads; the figures are the server's. */
export function rateUnderLoad(name, { seconds, warmup }, client, flags) {
  return withServer(name, {}, async (server) => {
    const result = await runLoad(client, server, { seconds, warmup, ...flags });
    return { ...rates(result.n, result.seconds, result.cpu_seconds), p50: result.p50_us, p99: result.p99_us };
  });
}

/** A client as the load of a fresh server; the figures are the client's. */
export function rateOfClient(client, { seconds, warmup }, serverName, flags) {
  return withServer(serverName, { maxStreams: 100_000 }, async (server) => {
    const result = await runLoad(client, server, { seconds, warmup, ...flags });
    const figures = rates(result.n, result.seconds, result.client_cpu_seconds);
    return { ...figures, server: (100 * result.cpu_seconds) / result.seconds, p50: result.p50_us, p99: result.p99_us };
  });
}

export function rates(n, seconds, cpu) {
  return { rate: n / seconds, cpu: (cpu / n) * 100_000, busy: (100 * cpu) / seconds };
}
