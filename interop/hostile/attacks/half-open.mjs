// Connections that say nothing at all: 10,000, or as many as the system allows this process.
import { readFileSync } from "node:fs";
import { closedWithin } from "../verdicts.mjs";

export const name = "half-open connections";
export const long = true;
export const limitMs = 60_000;

export async function attack(target) {
  const most = Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "latin1"))?.[1] ?? 1024);
  const count = Math.min(10_000, most - 500);
  const connections = await target.openMany(count, { preface: false });
  return closedWithin(connections, 20_000);
}
