// The client process: opens streams from a few places, and forgets them.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Bench } from "../../build/gen/bench_pb.js";
import { answer } from "../storm/child.mjs";
import { leftOver, memory } from "../storm/ledger.mjs";
import { places } from "./places.mjs";

const AT_ONCE = 200;
const PATIENCE_MS = 20_000;

let channel;
let opened = 0;
let outcomes;
const warnings = [];

answer({
  connect({ port }) {
    channel = connect(`http://127.0.0.1:${port}`, {
      maxConnections: 20,
      onLog: (entry) => warnings.push({ event: entry.event, method: entry.method, openedAt: entry.openedAt }),
    });
  },
  open,
  collect,
  memory,
  async stop() {
    await channel.close();
  },
});

/** Opens `count` streams, each place in turn; when the server has heard of all of them it lets go of them. */
async function open({ count }) {
  const client = createClient(Bench, channel);
  outcomes = [];
  warnings.length = 0;
  const before = channel.statistics().abandonedStreams;
  const first = opened;
  const held = [];
  const worker = async () => {
    while (opened - first < count) {
      await places[opened++ % places.length](client, held, outcomes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { openStreams } = channel.statistics();
  return { openStreams, held: held.length, before };
}

/** Collects until no stream is open; what was told meanwhile, and how long it took. */
async function collect({ before }) {
  const began = performance.now();
  let collections = 0;
  while (channel.statistics().openStreams > 0 && performance.now() - began < PATIENCE_MS) {
    globalThis.gc();
    collections++;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const ms = Math.round(performance.now() - began);
  const left = await leftOver(() => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"], 0);
  const codes = {};
  // Outcomes that do not come would hang here: the parent has a limit.
  for (const { code } of await Promise.all(outcomes)) codes[code] = (codes[code] ?? 0) + 1;
  const kept = outcomes.length;
  outcomes = undefined;
  return { ms, collections, left, abandoned: channel.statistics().abandonedStreams - before, warnings: [...warnings], codes, kept };
}
