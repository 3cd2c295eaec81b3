// The client process of a storm.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { ClientCall } from "./calls.mjs";
import { answer } from "./child.mjs";
import { Ledger, leftOver, memory } from "./ledger.mjs";
import { GUARD_MS, planOf } from "./plan.mjs";

/** What is left over of a call's time when it must have ended. */
const LATE_MS = 10_000;

answer({ storm, memory, stop() {} });

/** Makes `count` calls, `atOnce` at a time, over a channel of its own, and closes it. */
async function storm({ port, seed, count, atOnce }) {
  const ledger = new Ledger(count);
  const intercepted = new Uint8Array(count);
  const channel = connect(`http://127.0.0.1:${port}`, {
    backoff: { initialMs: 2, maxMs: 20 },
    connectTimeoutMs: 1500,
    keepalive: { intervalMs: 1000, timeoutMs: 1000 },
    maxConnections: 6,
    onLog: (entry) => {
      if (entry.level === "error") ledger.found(-1, `the client logged ${entry.event}: ${entry.message} ${entry.error?.stack ?? ""}`);
    },
  });
  // Half of the calls go through an interceptor, which must hear of the same outcome.
  const plain = createClient(Bench, channel);
  const watched = createClient(Bench, channel, {
    interceptors: [
      async (call, next) => {
        const id = Number(call.requestHeaders.get("x-call"));
        const { code } = await next();
        if (intercepted[id]++ > 0) ledger.found(id, "the interceptor heard of two outcomes");
        await null; // the call's own promise may settle after this one
        await new Promise((resolve) => setImmediate(resolve));
        const own = ledger.codes[id];
        ledger.ended(id, code);
        ledger.ends[id]--;
        if (own !== 0 && own !== ledger.codes[id]) ledger.found(id, `the interceptor heard ${code}, the caller another code`);
      },
    ],
  });
  let next = 0;
  let lastBegun = performance.now();
  const running = new Set();
  const worker = async () => {
    while (next < count) {
      const id = next++;
      lastBegun = performance.now();
      running.add(id);
      await new ClientCall(id % 2 === 0 ? plain : watched, planOf(seed, id), id, ledger).run();
      running.delete(id);
    }
  };
  const began = performance.now();
  const finished = Promise.all(Array.from({ length: atOnce }, worker));
  const hung = new Promise((resolve) => {
    const look = setInterval(() => {
      if (performance.now() - lastBegun > GUARD_MS + LATE_MS) resolve("hung");
    }, 1000);
    void finished.finally(() => clearInterval(look));
  });
  if ((await Promise.race([finished, hung])) === "hung") {
    for (const id of running) ledger.found(id, `has no outcome: ${JSON.stringify(planOf(seed, id))}`);
  }
  const seconds = (performance.now() - began) / 1000;
  for (let id = 1; id < count; id += 2) {
    if (intercepted[id] !== 1) ledger.found(id, `the interceptor heard of ${intercepted[id]} outcomes`);
  }
  const left = await leftOver(() => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
  await channel.close();
  left.push(...(await leftOver(() => channel.statistics(), ["openConnections", "timers"])).map((name) => `${name} after close()`));
  return { ...ledger, left, seconds };
}
