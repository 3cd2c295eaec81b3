import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child.mjs";
import { cores } from "./machine.mjs";
import { TOOLS } from "./paths.mjs";
import { clients } from "./peers.mjs";

/** Starts a client of the table as a load, on the load's core. `flags` are given as `--name value`. */
export function startLoad(name, server, flags, { collect = false } = {}) {
  const peer = clients[name];
  const args = [];
  if (collect && peer.collects) args.push("--expose-gc");
  if (peer.program) args.push(peer.program);
  for (const [flag, value] of Object.entries({ addr: server.addr, pid: server.pid, ...flags })) {
    if (value === true) args.push(`--${flag}`);
    else args.push(`--${flag}`, String(value));
  }
  return new Child(peer.command, args, cores.load);
}

/** Runs a load to its end: its JSON line. Throws if a call failed. */
export async function runLoad(name, server, flags) {
  const child = startLoad(name, server, flags);
  const result = await child.json(120_000);
  await child.stop();
  if (result.errors > 0) throw new Error(`${result.errors} calls failed: ${child.errors}`);
  if (result.n === 0) throw new Error(`nothing was done; ${child.errors}`);
  return result;
}

/** Runs h2load without looking at what it says: the runtime of the server gets warm. */
export async function warmUp(server, load, seconds) {
  await new Child("h2load", h2loadArguments(server, { ...load, seconds }), cores.load).rest();
}

/**
 * Runs h2load for `seconds` and reads what it says: { n, seconds, dataBytes, cpu_seconds (of the server) }.
 * `body` of content-type `type` is sent with POST to `path` of bench.v1.Bench; without a body it is a GET of `path` itself. Throws if anything failed, or if less data
 * came than `expect` bytes a request: gRPC errors are 200 for h2load. With `countBytes` no request need have ended.
 */
export async function runH2load(server, load) {
  const { expect, countBytes = false } = load;
  const cpu = server.cpu();
  const child = new Child("h2load", h2loadArguments(server, load), cores.load);
  const text = await child.rest();
  const result = { ...parse(text, child.errors), cpu_seconds: server.cpu() - cpu };
  if (countBytes ? result.dataBytes === 0 : result.n === 0) throw new Error(`h2load: nothing was done\n${text}`);
  if (result.dataBytes < expect * result.n) {
    throw new Error(`h2load: ${result.dataBytes} bytes came, ${expect} a request are expected: errors?`);
  }
  return result;
}

function h2loadArguments(server, { path, body, type = "application/grpc", http1 = false, c = 4, m = 32, seconds }) {
  const args = ["-c", String(c), "-t", "1", "-D", `${Math.round(seconds * 1000)}ms`];
  args.push(...(http1 ? ["--h1"] : ["-m", String(m)]));
  if (body) args.push("-d", bodyFile(body), "-H", `content-type: ${type}`);
  if (type === "application/grpc") args.push("-H", "te: trailers");
  return [...args, `http://${server.addr}${body ? "/bench.v1.Bench/" : "/"}${path}`];
}

function parse(text, errors) {
  const number = (pattern) => {
    const found = pattern.exec(text);
    if (found === null) throw new Error(`h2load: ${errors || text.slice(-500)}`);
    return Number(found[1]);
  };
  const failed = number(/(\d+) failed/) + number(/(\d+) errored/) + number(/(\d+) timeout/);
  if (failed > 0) throw new Error(`h2load: ${failed} requests failed`);
  return {
    n: number(/(\d+) succeeded/),
    dataBytes: number(/space savings [^)]*\), \S+ \((\d+)\) data/),
    seconds: seconds(text),
  };
}

function seconds(text) {
  const [, value, unit] = /finished in ([\d.]+)(us|ms|s|m)\b/.exec(text);
  return Number(value) * { us: 1e-6, ms: 1e-3, s: 1, m: 60 }[unit];
}

let files = 0;
const written = new Map();

function bodyFile(bytes) {
  if (!written.has(bytes)) {
    const folder = join(TOOLS, "files");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `body-${process.pid}-${files++}`);
    writeFileSync(file, bytes);
    written.set(bytes, file);
  }
  return written.get(bytes);
}
