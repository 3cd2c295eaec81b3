import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { all, race } from "./fan-out.js";
import type { Task } from "./group.js";

test("all() gives every result in the order of the tasks", async () => {
  assert.deepEqual(await all([() => turn().then(() => 1), () => 2, async () => 3]), [1, 2, 3]);
  assert.deepEqual(await all([]), []);
});

test("all() rejects with the first error once every task has come to rest", async () => {
  const mine = new Error("mine");
  const order: string[] = [];
  const listening = async (signal: AbortSignal) => {
    order.push(`heard ${((await aborted(signal)) as Error).message}`);
    await turn();
    order.push("rested");
  };
  await assert.rejects(
    all<unknown>([
      listening,
      async () => {
        await turn();
        throw mine;
      },
    ]),
    (error) => error === mine,
  );
  assert.deepEqual(order, ["heard mine", "rested"]);
});

test("race() gives the first result once the losers, told to stop, have come to rest", async () => {
  const order: string[] = [];
  const loser: Task<string> = async (signal) => {
    await aborted(signal);
    await turn();
    order.push("rested");
    throw new Error("nobody's business");
  };
  const failing: Task<string> = () => Promise.reject(new Error("not this one"));
  assert.equal(await race([failing, loser, () => turn().then(() => "won"), () => turn().then(() => "second")]), "won");
  assert.deepEqual(order, ["rested"]);
  assert.equal(await race([() => undefined, loser]), undefined, "a result may be undefined");
});

test("race() rejects with the error that came first when all have failed; without a task it is a mistake", async () => {
  const first = new Error("first");
  await assert.rejects(
    race([() => turn().then(() => Promise.reject(new Error("second"))), () => Promise.reject(first)]),
    (error) => error === first,
  );
  assert.throws(() => race([]), { name: "UsageError", message: /at least one/ });
});

test("the outer signal ends both with its reason, and keeps no listener", async () => {
  for (const fanOut of [all, race]) {
    const outer = new AbortController();
    const reason = new Error("outer");
    const result = fanOut<unknown>([aborted, (signal) => aborted(signal).then((why) => Promise.reject(why))], { signal: outer.signal });
    await turn();
    outer.abort(reason);
    await assert.rejects(result as Promise<unknown>, (error) => error === reason);
    assert.equal(getEventListeners(outer.signal, "abort").length, 0);
    await assert.rejects(fanOut([() => 1], { signal: outer.signal }) as Promise<unknown>, (error) => error === reason);
  }
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}
