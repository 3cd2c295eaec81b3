// What checks of interop say: that something holds soon, that two values are the same.
import { setTimeout as sleep } from "node:timers/promises";
import { Finding } from "./report.mjs";

export async function until(holds) {
  for (let i = 0; i < 200; i++) {
    if (holds()) return;
    await sleep(10);
  }
  throw new Finding(`not within 2 s: ${holds}`);
}

export function equal(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Finding(`${a} is not ${b}`);
}
