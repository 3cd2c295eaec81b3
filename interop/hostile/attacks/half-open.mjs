// Connections that say nothing at all: 10,000, or as many as the system allows this process.
import { readFileSync } from "node:fs";

export const name = "half-open connections";
export const long = true;
export const limitMs = 60_000;

export async function attack(target) {
  const most = Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "latin1"))?.[1] ?? 1024);
  const count = Math.min(10_000, most - 500);
  const connections = await target.openMany(count, { preface: false });
  return closedWithin(connections, 20_000);
}

/** Every one of these must be closed by the server. */
export async function closedWithin(connections, limitMs) {
  const started = Date.now();
  const all = () => connections.every((connection) => connection.ended);
  await connections[0].until(all, limitMs);
  const open = connections.filter((connection) => !connection.ended).length;
  if (open > 0) throw new Error(`${open} of ${connections.length} connections are still open after ${limitMs} ms`);
  return `${connections.length} connections closed by the server after ${((Date.now() - started) / 1000).toFixed(1)} s`;
}
