// The healthy client beside an attack: a process of its own, one call after another. On each line of input it prints what it saw since
// the last, as JSON: calls, failures, p50 and p99 in ms.
//   node interop/hostile/healthy.mjs PORT bench|testing
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { grpcStatus, RawConnection } from "../raw/connection.mjs";
import { data } from "../raw/frames.mjs";
import { call } from "../raw/grpc.mjs";
import { bench, testing } from "./services.mjs";

const PAUSE_MS = 2;
const CALL_LIMIT_MS = 5000;

const port = Number(process.argv[2]);
const { path, extra, message } = (process.argv[3] === "bench" ? bench : testing).unary;
let times = [];
let failures = [];
createInterface({ input: process.stdin })
  .on("line", () => {
    times.sort((a, b) => a - b);
    const at = (share) => Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
    console.log(JSON.stringify({ calls: times.length, failures, p50: at(0.5), p99: at(0.99), most: at(1) }));
    times = [];
    failures = [];
  })
  .on("close", () => process.exit());

let connection = await RawConnection.open(port);
console.log("ready");
for (let id = 1; ; id += 2) {
  const started = performance.now();
  connection.write(call(id, path, extra), data(id, message, { end: true }));
  const stream = await connection.over(id, CALL_LIMIT_MS);
  times.push(performance.now() - started);
  if (grpcStatus(stream) !== "0") {
    failures.push(`status ${grpcStatus(stream)}, reset ${stream.reset}, ${connection.end ?? "open"}`);
    connection.destroy();
    connection = await RawConnection.open(port);
    id = -1;
  }
  connection.streams.delete(id);
  await sleep(PAUSE_MS);
}
