// Streams that are opened and forgotten: none is ended, closed, read to its end, or has a deadline.
//   node interop/abandon/run.mjs [--streams N]
// Held: after a collection no stream is open at either end, every handler has heard that its call was cancelled and has ended, memory is
// where it was after a first, smaller round, and there is one warning for each place in the code, not for each stream.
import { readArguments, wholeNumber } from "../arguments.mjs";
import { Finding, Report } from "../report.mjs";
import { Child } from "../storm/child.mjs";
import { places } from "./places.mjs";

const HEAP_SHARE = 1.05;
const BUFFER_BYTES = 4_000_000;
/** From the collection until the last handler has ended: so much, and so much for each stream. */
const RECOVERY_MS = 4_000;
const RECOVERY_MS_EACH = 0.1;

const args = readArguments("node interop/abandon/run.mjs [--streams N]", {
  streams: { type: "string", default: process.env.CI === "true" ? "100000" : "10000" },
});
const streams = wholeNumber("--streams", args.streams, 100, 100_000);
const limitMs = streams + 60_000;

const report = new Report();
const flags = ["--expose-gc", "--no-opt", "--no-lazy-feedback-allocation", "--no-flush-bytecode"];
const server = new Child(new URL("server.mjs", import.meta.url), flags);
const client = new Child(new URL("client.mjs", import.meta.url), flags);
await client.ask("connect", { port: await server.ask("start") });
let before;
await report.check("a first round, to get warm", () => round(Math.max(1000, streams / 10), true), limitMs);
await report.check(`${streams} streams abandoned`, () => round(streams, false), limitMs);
for (const [name, child] of Object.entries({ client, server })) {
  await report.check(`the ${name} ends by itself`, async () => {
    await child.ask("stop");
    await child.leave();
  });
}
report.end();
process.exit();

async function round(count, first) {
  await server.ask("begin");
  const open = await client.ask("open", { count });
  const served = await server.ask("running");
  const seen = await client.ask("collect", { before: open.before });
  const began = performance.now();
  const end = await server.ask("end");
  const late = Math.round(performance.now() - began);
  const problems = [];
  if (open.openStreams !== count || open.held !== count) problems.push(`${open.openStreams} of ${count} streams were open`);
  if (seen.left.length > 0) problems.push(`left in the client: ${seen.left.join(", ")}`);
  if (end.left.length > 0) problems.push(`left in the server: ${end.left.join(", ")}`);
  if (seen.abandoned !== count) problems.push(`abandonedStreams counts ${seen.abandoned} of ${count}`);
  if (seen.codes.cancelled !== seen.kept)
    problems.push(`outcomes that were kept: ${JSON.stringify(seen.codes)}, not ${seen.kept} cancelled`);
  if (end.ended !== count) problems.push(`${end.ended} of ${count} handlers have ended`);
  if (end.unexplained > 0) problems.push(`${end.unexplained} handlers heard something else than cancelled`);
  const most = RECOVERY_MS + count * RECOVERY_MS_EACH;
  if (seen.ms + late > most) problems.push(`recovery took ${seen.ms + late} ms, more than ${most}`);
  problems.push(...warningsAmiss(seen.warnings, first));
  const after = { client: await client.ask("memory"), server: await server.ask("memory") };
  before ??= after;
  for (const side of ["client", "server"]) {
    const grown = after[side].heap / before[side].heap;
    if (grown > HEAP_SHARE) problems.push(`the ${side}'s heap grew to ${grown.toFixed(3)} times of ${megabytes(before[side].heap)}`);
    const more = after[side].buffers - before[side].buffers;
    if (more > BUFFER_BYTES) problems.push(`the ${side} holds ${megabytes(more)} more beside its heap`);
  }
  const told = [
    `open when they were let go of: ${open.openStreams} streams, ${served.running} handlers`,
    `${seen.collections} collections; the last handler ended ${seen.ms + late} ms after the first; ${seen.warnings.length} warnings`,
    `heap: client ${megabytes(before.client.heap)} → ${megabytes(after.client.heap)}, server ${megabytes(before.server.heap)} → ${megabytes(after.server.heap)}`,
  ].join("\n          ");
  if (problems.length > 0) throw new Finding(`${problems.join("\n")}\n${told}`);
  return `\n          ${told}`;
}

/** One warning for each place, by its function; streams whose place was not noted are one more for each method. Then no more. */
function warningsAmiss(warnings, first) {
  const problems = [];
  const others = warnings.filter(({ event }) => event !== "stream-abandoned");
  if (others.length > 0) problems.push(`logged besides: ${JSON.stringify(others.slice(0, 3))}`);
  const told = warnings.filter(({ event }) => event === "stream-abandoned");
  const keys = new Set(told.map(({ method, openedAt }) => `${method} ${openedAt}`));
  if (keys.size !== told.length) problems.push(`${told.length} warnings of ${keys.size} places`);
  if (!first) {
    if (told.length > 3) problems.push(`${told.length} warnings of places that were warned of before`);
    return problems;
  }
  for (const { name } of places) {
    if (!told.some(({ openedAt }) => openedAt?.includes(name))) problems.push(`no warning names ${name}`);
  }
  if (told.length > places.length + 3) problems.push(`${told.length} warnings, for ${places.length} places in 3 methods`);
  return problems;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
