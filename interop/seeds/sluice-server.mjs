// A Sluice server that plays the scripts of the seeds, as the Go servers do (go/scripts), and notes how each call ended.
//   node sluice-server.mjs [--idle MS] [--streams N]
// Each line `notes NANOSECONDS` of its standard input is answered with the first calls, and how many had ended by then; it ends with its input.
import { createInterface } from "node:readline";
import { serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { readArguments, wholeNumber } from "../arguments.mjs";
import { playedService } from "./played-service.mjs";

/** How many calls are told one by one. */
const MOST_TOLD = 500;

const args = readArguments("node interop/seeds/sluice-server.mjs [--idle MS] [--streams N]", {
  idle: { type: "string", default: "" },
  streams: { type: "string", default: "" },
});
const { service, calls } = playedService();
const server = await serve({
  ...(args.idle === "" ? {} : { idleTimeoutMs: wholeNumber("--idle", args.idle, 1, 60_000) }),
  ...(args.streams === "" ? {} : { limits: limitsFor(wholeNumber("--streams", args.streams, 1, 1_000_000)) }),
  routes: (router) => router.service(TestService, service),
  onLog: () => {},
});
console.log(`listening on 127.0.0.1:${server.port}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [, until] = /^notes (\d+)$/.exec(line) ?? [];
  if (until === undefined) continue;
  const ended = calls.filter(({ endedAt }) => endedAt > 0 && endedAt <= Number(until)).length;
  console.log(
    JSON.stringify({ calls: calls.slice(0, MOST_TOLD), begun: calls.length, ended, running: server.statistics().runningHandlers }),
  );
}
process.exit();

/** So many streams at once, and reset at once. */
function limitsFor(streams) {
  return { maxConcurrentStreams: streams, resetsPerSecond: streams };
}
