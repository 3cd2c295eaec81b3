import { createInterface } from "node:readline";
import { cpuSeconds } from "../harness/cpu.mjs";
import { printLine } from "./print-line.mjs";

const AT_ONCE = 100;
const held = [];

/** Opens bidi streams number `from` to `to`, round the clients; each has had one echo, so that its handler is at work. */
export async function openIdle(clients, from, to) {
  let next = from;
  const opener = async () => {
    while (next < to) {
      const client = clients[next++ % clients.length];
      const stream = client.bidi();
      held.push(stream);
      await stream.send(client.message(0, "hold", 0));
      if ((await stream.receive()) === undefined) throw new Error("an idle stream ended at once");
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, to - from) }, opener));
}

/** Holds idle streams: for `--seconds`, until SIGTERM, or with `--grow` until standard input ends. */
export async function holdIdle(options, clients) {
  const start = performance.now();
  await grow(clients, options.c);
  if (options.grow) for await (const line of createInterface({ input: process.stdin })) await grow(clients, Number(line));
  else await endOfHold(options.seconds);
  const seconds = (performance.now() - start) / 1000;
  const cpu = cpuSeconds(options.pid);
  printLine(options, { n: held.length, seconds, per_second: 0, p50_us: 0, p99_us: 0, cpu_seconds: cpu, errors: 0 });
}

async function grow(clients, count) {
  await openIdle(clients, held.length, count);
  console.log(JSON.stringify({ open: held.length }));
}

function endOfHold(seconds) {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
    if (seconds > 0) setTimeout(resolve, seconds * 1000);
    else setInterval(() => {}, 1 << 30);
  });
}
