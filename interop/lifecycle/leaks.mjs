import { setTimeout as sleep } from "node:timers/promises";
import { Finding } from "../report.mjs";

/** Waits until every one of these numbers is 0; names those that are not. */
export async function allZero(what, read, names, limitMs = 2000) {
  let left = [];
  for (let waited = 0; waited <= limitMs; waited += 20) {
    const now = read();
    left = names.filter((name) => now[name] !== 0).map((name) => `${name} ${now[name]}`);
    if (left.length === 0) return;
    await sleep(20);
  }
  throw new Finding(`${what} holds: ${left.join(", ")}`);
}

/** Waits for a condition that somebody else brings about. */
export async function eventually(what, condition, limitMs = 3000) {
  for (let waited = 0; waited <= limitMs; waited += 5) {
    if (condition()) return;
    await sleep(5);
  }
  throw new Finding(`not within ${limitMs} ms: ${what}`);
}
