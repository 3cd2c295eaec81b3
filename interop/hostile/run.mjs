// Hostile peers against bench/serve.mjs, each bounded in count and time, a fresh server for each.
//   node interop/hostile/run.mjs [--quick] [--only NAME] [--peer grpc-go]
// Held: no failure of a healthy client on a connection of its own, and its p99; memory over idle; streams and descriptors afterwards.
// --peer runs the same against grpc-go's server and only reports.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.mjs";
import { start, startServer } from "../children.mjs";
import { Finding, Report } from "../report.mjs";
import { goPrograms, ROOT } from "../tools.mjs";
import { bench, testing } from "./services.mjs";
import { Target } from "./target.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const MEMORY_MB = 40;
const QUIET_MS = 1500;
const AGAIN = 4;
/** A p99 below this is not a healthy client's harm but the machine's: the processes here share its cores. */
const NOISE_MS = 25;

const args = readArguments("node interop/hostile/run.mjs [--quick] [--only NAME] [--peer grpc-go]", {
  quick: { type: "boolean", default: false },
  only: { type: "string" },
  peer: { type: "string" },
});
const judge = args.peer === undefined;
const report = new Report({ countsSkips: true });
for (const file of readdirSync(join(HERE, "attacks")).sort()) {
  const attack = await import(`./attacks/${file}`);
  if (args.only !== undefined && !attack.name.includes(args.only)) continue;
  if (args.quick && attack.long) report.skip(attack.name, "waits for the server's timers; left out with --quick");
  else await report.check(attack.name, () => prove(attack), (1 + AGAIN) * ((attack.limitMs ?? 40_000) + 20_000));
}
report.end();
process.exit();

/** Memory and latency are the collector's and the machine's too: a figure over its bound is measured again, with a fresh server, so many times at most. */
async function prove(attack, left = AGAIN) {
  try {
    return await measure(attack);
  } catch (error) {
    const noisy = error instanceof Finding && /^(memory rose|the healthy client's p99)/.test(error.message);
    if (!noisy || left === 0) throw error;
    return `${await prove(attack, left - 1)}\n            measured again, for ${error.message.split("\n")[0]}`;
  }
}

async function measure({ attack }) {
  const server = await startTarget();
  const target = new Target(server, judge ? bench : testing);
  const healthy = start(process.execPath, [join(HERE, "healthy.mjs"), String(server.port), judge ? "bench" : "testing"]);
  try {
    await healthy.says(/ready/);
    await warm(target);
    await sleep(QUIET_MS);
    const quiet = await seen(healthy);
    const idle = target.residentMb();
    const descriptors = target.descriptors();
    const memory = watchMemory(target);
    const problems = [];
    let told = "";
    try {
      told = await attack(target, { quick: args.quick });
    } catch (error) {
      problems.push(error.message);
    }
    // So that a short attack's harm is among the healthy client's calls.
    await sleep(500);
    const during = await seen(healthy);
    const peak = memory.stop();
    await target.leave();
    const left = await settled(target, descriptors);
    let most = Math.max(3 * quiet.p99, NOISE_MS);
    if (during.p99 > most) most = Math.max(most, 3 * (await besideAnother(attack, healthy)));
    if (!target.alive()) problems.push(`the server died:\n${target.output().slice(-2000)}`);
    if (peak - idle > MEMORY_MB) problems.push(`memory rose by ${(peak - idle).toFixed(0)} MB, more than ${MEMORY_MB}`);
    if (during.failures.length > 0) problems.push(`${during.failures.length} healthy calls failed, the first: ${during.failures[0]}`);
    if (during.p99 > most)
      problems.push(`the healthy client's p99 was ${during.p99} ms, more than ${most.toFixed(1)} (quiet: ${quiet.p99})`);
    problems.push(...left);
    const figures = `memory +${(peak - idle).toFixed(0)} MB of ${idle.toFixed(0)}, healthy p99 ${during.p99} ms (quiet ${quiet.p99}), ${during.calls} calls`;
    const text = `${figures}\n            ${told}`;
    if (problems.length > 0) {
      if (judge) throw new Finding(`${problems.join("\n")}\n${text}`);
      return `WOULD FAIL: ${problems.join("; ")}; ${text}`;
    }
    return text;
  } finally {
    await target.leave();
    await healthy.stop("SIGKILL");
    await server.stop("SIGKILL");
  }
}

/**
 * The same attack on another server, while the healthy client goes on with its own: what its p99 owes to the machine, whose cores the
 * attacker and its victim keep busy, and not to the server that it calls.
 */
async function besideAnother(attack, healthy) {
  const server = await startTarget();
  const decoy = new Target(server, judge ? bench : testing);
  try {
    await warm(decoy);
    await seen(healthy);
    await attack(decoy, { quick: args.quick }).catch(() => {});
    await sleep(500);
    return (await seen(healthy)).p99;
  } finally {
    await decoy.leave();
    await server.stop("SIGKILL");
  }
}

async function startTarget() {
  if (!judge) return startServer((await goPrograms()).peer, []);
  return startServer(process.execPath, ["--expose-gc", join(ROOT, "bench", "serve.mjs"), "--port", "0"]);
}

/** Brings the server's code and heap to where a busy server's are; what an attack adds is counted from there. */
async function warm(target) {
  const connection = await target.open();
  let id = 1;
  for (let round = 0; round < 200; round++) {
    const ids = Array.from({ length: 100 }, () => (id += 2));
    connection.write(...ids.map((stream) => target.request("unary", stream)));
    await connection.over(ids.at(-1), 5000);
    connection.streams.clear();
  }
  await target.leave();
}

async function seen(healthy) {
  const before = healthy.text().length;
  healthy.write("now\n");
  for (let waited = 0; waited < 10_000; waited += 10) {
    await sleep(10);
    const text = healthy.text().slice(before);
    if (text.includes("\n")) return JSON.parse(text.split("\n")[0]);
  }
  throw new Error("the healthy client says nothing");
}

function watchMemory(target) {
  let peak = 0;
  const look = () => {
    if (target.alive()) peak = Math.max(peak, target.residentMb());
  };
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

/** What the attack has left behind, in words; the server has a moment to let go. */
async function settled(target, descriptors) {
  let problems = [];
  for (let waited = 0; waited < 8000; waited += 200) {
    problems = [];
    const now = target.descriptors();
    if (now > descriptors) problems.push(`${now - descriptors} descriptors stay open`);
    if (judge && problems.length === 0) {
      const { open_streams: streams, open_connections: connections } = await target.statistics();
      // The healthy client's own are one of each at most.
      if (streams > 1) problems.push(`${streams - 1} streams stay open`);
      if (connections > 1) problems.push(`${connections - 1} connections stay open`);
    }
    if (problems.length === 0) return problems;
    await sleep(200);
  }
  return problems;
}
