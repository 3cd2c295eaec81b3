// Explores the orders of a bidi call to an echo handler for some seconds; prints how many runs that were, as JSON. `node bench/load/interleavings.mjs SECONDS WARMUP`
import { everyInterleaving } from "sluice/testing";
import { Bench } from "../../build/gen/bench_pb.js";

const [seconds = 3, warmup = 1] = process.argv.slice(2).map(Number);

const echo = {
  async *bidi(requests) {
    for await (const { id } of requests) yield { id };
  },
};

const scenario = () => ({
  routes: (router) => router.service(Bench, echo),
  start: (world, options) => world.client(Bench).bidi(options),
  message: (call, n) => call.send({ id: n }),
});

await explore(warmup);
console.log(JSON.stringify(await explore(seconds)));

async function explore(limit) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  let runs = 0;
  for (let seed = 1; performance.now() - start < limit * 1000; seed++) {
    runs += (await everyInterleaving(scenario, { depth: 4, seed, maxRuns: 10_000 })).runs;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { runs, seconds: (performance.now() - start) / 1000, cpu_seconds: (user + system) / 1e6 };
}
