import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Timer } from "../../src/base/timer-wheel.js";
import { nodeRuntime } from "../../src/node/runtime.js";
import { turn } from "./recording-stream.js";

test("soon runs after all microtasks, also those of microtasks, and before I/O; later in another turn", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("next turn"));
  nodeRuntime.later(() => order.push("later"));
  nodeRuntime.soon(() => order.push("soon"));
  void Promise.resolve().then(async () => {
    nodeRuntime.soon(() => order.push("soon from a microtask"));
    for (let i = 0; i < 20; i++) await undefined;
    order.push("microtasks");
  });
  await turn();
  await turn();
  assert.deepEqual(order, ["microtasks", "soon", "soon from a microtask", "next turn", "later"]);
});

test("timers fire once their time has come, the nearest first, and stopped ones never", async () => {
  const { timers } = nodeRuntime;
  const before = timers.size;
  const fired: string[] = [];
  const start = nodeRuntime.now();
  await new Promise<void>((resolve) => {
    timers.start(
      new Timer({
        onTimer() {
          fired.push("far");
          resolve();
        },
      }),
      start + 40,
    );
    timers.start(new Timer({ onTimer: () => fired.push("near") }), start + 10);
    const stopped = new Timer({ onTimer: () => fired.push("stopped") });
    timers.start(stopped, start + 5);
    timers.stop(stopped);
    // a timer of the wheel keeps no process alive
    const alive = setInterval(() => {
      if (fired.includes("far")) clearInterval(alive);
    }, 5);
  });
  assert.deepEqual(fired, ["near", "far"]);
  assert.ok(nodeRuntime.now() - start >= 40);
  assert.equal(timers.size, before);
});

test("a running timer keeps no process alive", () => {
  const runtime = new URL("../../src/node/runtime.js", import.meta.url).href;
  const wheel = new URL("../../src/base/timer-wheel.js", import.meta.url).href;
  const program = `
    const { nodeRuntime } = await import(${JSON.stringify(runtime)});
    const { Timer } = await import(${JSON.stringify(wheel)});
    nodeRuntime.timers.start(new Timer({ onTimer() {} }), nodeRuntime.now() + 3_600_000);
    console.log("over");`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 10_000, encoding: "utf8" });
  assert.equal(output, "over\n");
});
