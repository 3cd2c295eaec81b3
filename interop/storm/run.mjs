// A storm: calls of all kinds with random ends, over one pair of processes, through a proxy that cuts, stalls and splits at random.
//   node interop/storm/run.mjs [--calls N] [--hours H] [--seed S] [--at-once N]
// Held: one outcome for every call, at both ends the right one; every message that was sent and acknowledged was received once and in
// order; at rest nothing is open at either end, no timer runs, and the heap is where it was after a first, smaller storm.
import { readArguments, wholeNumber } from "../arguments.mjs";
import { Finding, Report } from "../report.mjs";
import { Child } from "./child.mjs";
import { verdict } from "./verdict.mjs";

const HEAP_SHARE = 1.05;
/** Beside the heap: sockets' and pools' buffers come and go in pieces of this order. */
const BUFFER_BYTES = 4_000_000;

const usage = "node interop/storm/run.mjs [--calls N] [--hours H] [--seed S] [--at-once N]";
const args = readArguments(usage, {
  calls: { type: "string", default: process.env.CI === "true" ? "100000" : "5000" },
  hours: { type: "string", default: "0" },
  seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  "at-once": { type: "string", default: "500" },
});
const calls = wholeNumber("--calls", args.calls, 1, 10_000_000);
const seed = wholeNumber("--seed", args.seed, 0, 2 ** 31);
const atOnce = wholeNumber("--at-once", args["at-once"], 1, 10_000);
const hours = Number(args.hours);
const limitMs = calls * 10 + 60_000;

const report = new Report();
// So that what V8 keeps of the code has its size after the first storm: compiled code comes and goes, and is more than what is measured.
const flags = ["--expose-gc", "--no-opt", "--no-lazy-feedback-allocation", "--no-flush-bytecode"];
const server = new Child(new URL("server.mjs", import.meta.url), flags);
const client = new Child(new URL("client.mjs", import.meta.url), flags);
const proxy = new Child(new URL("proxy.mjs", import.meta.url));
console.log(`seed ${seed}: --seed ${seed} makes the same calls over the same network`);
const port = await proxy.ask("start", { port: await server.ask("start") });
let before;
await report.check("a first storm, to get warm", () => storm(seed, Math.max(3000, Math.round(calls / 10))), limitMs);
const until = Date.now() + hours * 3_600_000;
for (let round = 1; round === 1 || (Date.now() < until && report.failed === 0); round++) {
  await report.check(`storm ${round} of ${calls} calls`, () => storm(seed + round, calls), limitMs);
}
for (const [name, child] of Object.entries({ client, server, proxy })) {
  await report.check(`the ${name} ends by itself`, async () => {
    await child.ask("stop");
    await child.leave();
  });
}
report.end();
process.exit();

async function storm(seed, count) {
  await proxy.ask("reseed", { seed });
  await server.ask("begin", { seed, count });
  const seen = await client.ask("storm", { port, seed, count, atOnce });
  const served = await server.ask("end");
  const network = await proxy.ask("counts");
  const { problems, codes } = verdict(seed, seen, served);
  const after = { client: await client.ask("memory"), server: await server.ask("memory") };
  if (before === undefined) before = after;
  for (const side of ["client", "server"]) {
    const grown = after[side].heap / before[side].heap;
    if (grown > HEAP_SHARE) problems.push(`the ${side}'s heap grew to ${grown.toFixed(3)} times of ${megabytes(before[side].heap)}`);
    const more = after[side].buffers - before[side].buffers;
    if (more > BUFFER_BYTES) problems.push(`the ${side} holds ${megabytes(more)} more beside its heap`);
  }
  const told = [
    `${Math.round(count / seen.seconds)} calls/s: ${words(codes)}`,
    `network: ${words(network)}`,
    `heap: client ${megabytes(before.client.heap)} → ${megabytes(after.client.heap)}, server ${megabytes(before.server.heap)} → ${megabytes(after.server.heap)}`,
  ].join("\n          ");
  if (problems.length > 0) throw new Finding(`${problems.join("\n")}\n${told}`);
  return `\n          ${told}`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function words(counts) {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
