// The closed loop that every JavaScript client runs in: bench/load.mjs for Sluice, bench/peers/js/*-load.mjs for the others.
// A client is an object with message, unary, server, client and bidi; see bench/load.mjs for the shape.
import { cpuSeconds } from "../harness/cpu.mjs";
import { reportOnSignal } from "../harness/memory.mjs";
import { abandon } from "./abandon.mjs";
import { measureBreak } from "./break.mjs";
import { holdIdle, openIdle } from "./idle.mjs";
import { loops } from "./loops.mjs";
import { printLine } from "./print-line.mjs";
import { Tally } from "./tally.mjs";

/** Runs one load and prints its JSON line. `open(i)` makes the client of connection i. Ends the process. */
export async function runLoad(options, open) {
  const clients = Array.from({ length: options.conns }, (_, i) => open(i));
  reportOnSignal();
  if (options.mode === "idle") await holdIdle(options, clients);
  else if (options.mode === "abandon") printLine(options, await abandon(options, clients));
  else if (options.mode === "break") printLine(options, await measureBreak(clients[0], options));
  else await measure(options, clients);
  if (options.hold) for await (const _ of process.stdin);
  process.exit(0);
}

async function measure(options, clients) {
  const loop = loops[options.mode];
  if (loop === undefined) throw new Error(`unknown mode ${options.mode}`);
  await openIdle(clients, 0, options.idle);
  const tally = new Tally(options.n, options.c, options.warmup === 0);
  const workers = Array.from({ length: options.c }, (_, i) => work(loop, clients[i % clients.length], tally.worker(i), options));
  const ended = Promise.all(workers);
  if (options.warmup > 0) await until(ended, options.warmup);
  tally.begin();
  const before = tally.done;
  const cpu = cpuSeconds(options.pid);
  const own = process.cpuUsage();
  const start = performance.now();
  await until(ended, options.seconds);
  const seconds = (performance.now() - start) / 1000;
  const n = tally.done - before;
  const serverCpu = cpuSeconds(options.pid) - cpu;
  const { user, system } = process.cpuUsage(own);
  tally.running = false;
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
  printLine(options, {
    n,
    total: tally.done,
    seconds,
    per_second: n / seconds,
    p50_us: tally.times.quantileUs(0.5),
    p99_us: tally.times.quantileUs(0.99),
    cpu_seconds: serverCpu,
    client_cpu_seconds: (user + system) / 1e6,
    errors: tally.errors,
  });
}

/** One worker: the loop again and again, until the time is over or it has failed a hundred times. */
async function work(loop, client, worker, options) {
  for (let failures = 0; worker.tally.running && !worker.finished && failures < 100; ) {
    try {
      await loop(client, worker, options);
    } catch (error) {
      failures++;
      worker.tally.failed(error);
    }
  }
}

/** Ends with the workers, or after the seconds where they are not 0, whichever is first. */
function until(ended, seconds) {
  if (seconds === 0) return ended;
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
    ended.then(resolve);
  });
}
