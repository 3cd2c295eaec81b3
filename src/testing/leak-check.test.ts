import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Timer } from "../base/timer-wheel.js";
import { expectNoLeaks, leaks, openHandles } from "./leak-check.js";
import { VirtualRuntime } from "./virtual-runtime.js";

test("what is left over is named", () => {
  const runtime = new VirtualRuntime();
  assert.deepEqual(leaks({ runtime, connections: [{ openExchanges: 0 }], statistics: [{ openStreams: 0, timers: 0, served: 7 }] }), []);
  runtime.timers.start(new Timer({ onTimer() {} }), 10);
  assert.deepEqual(
    leaks({ runtime, connections: [{ openExchanges: 2 }], statistics: [{ openStreams: 1, runningHandlers: 3, served: 7 }] }),
    ["1 timers are running", "2 exchanges are open", "openStreams is 1", "runningHandlers is 3"],
  );
  assert.deepEqual(leaks({ runtime, timersBefore: 1 }), []);
});

test("a listener that is still open is a leak; one that has closed is none", async () => {
  const before = openHandles();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  await assert.rejects(expectNoLeaks(before), /1 TCPServerWrap more than before/);
  server.close();
  await expectNoLeaks(before);
});

test("what servers and channels hold is looked at until it is gone", async () => {
  const before = openHandles();
  let open = 3;
  const server = { statistics: () => ({ openCalls: open, totalCalls: 9, openStreams: 0 }) };
  await assert.rejects(expectNoLeaks(before, { of: [server] }), /openCalls is 3/);
  setImmediate(() => (open = 0));
  await expectNoLeaks(before, { of: [server] });
});
