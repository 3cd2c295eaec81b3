// Go clients (interop/go/walker) that leave, against a Sluice server; both sides are asked how it ended. `boundMs`: the promise, from
// the act until this side has ended, which `run` returns as `ms`.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startServer } from "../children.mjs";
import { allZero, eventually } from "./leaks.mjs";
import { silentProxy } from "./silent-proxy.mjs";

const SERVER = join(fileURLToPath(new URL(".", import.meta.url)), "sluice-server.mjs");

/**
 * `walk`: the walker's name of it. `leaks`: goroutines that the client's library itself leaves behind, told and not judged. `killed`: the
 * walker does not end well. `passes`: the proxies through which it holds too. `long`: only where time is plenty. `library`: for one of them alone.
 */
export const serverScenarios = {
  "half-close and walk away": {
    passes: ["nginx", "haproxy"],
    walk: "half-close-and-leave",
    boundMs: 500,
    leaks: true,
    async run({ walker, server, call }) {
      await walker.says(/left/);
      const started = performance.now();
      assert.equal((await (await call()).done).code, "ok");
      await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
      const ms = performance.now() - started;
      walker.write("\n");
      return { ms };
    },
  },

  "walk away from a stream without an end, then exit": {
    passes: ["nginx", "haproxy"],
    walk: "leave-endless",
    boundMs: 500,
    async run({ walker, call }) {
      await walker.says(/left/);
      const left = await call();
      let before = -1;
      for (let tries = 0; tries < 20 && before !== left.sent; tries++) {
        before = left.sent;
        await sleep(200);
      }
      assert.equal(left.sent, before, "the server keeps sending to a client that does not read");
      const at = now();
      walker.write("\n");
      await eventually("the handler is told", () => left.reason !== undefined);
      assert.equal(left.reason.code, "cancelled");
      return { ms: left.abortedAt - at, told: `${left.sent} messages of 1 kB were taken before it stopped` };
    },
  },

  "walk away with unread messages and stay: idleTimeoutMs": {
    passes: ["nginx", "haproxy"],
    walk: "leave-endless",
    boundMs: 1250,
    serve: { idleTimeoutMs: 600 },
    async run({ walker, server, call, via }) {
      await walker.says(/left/);
      const left = await call();
      // Buffers on the way take messages for a while: the stream is idle from the last one on.
      await eventually("the handler is told", () => left.reason !== undefined, 10_000);
      const outcome = await left.done;
      assert.equal(outcome.code, "deadline_exceeded");
      assert.match(outcome.message, /idleTimeoutMs/);
      await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
      if (!via) assert.equal(server.statistics().openConnections, 1, "the connection went with the call");
      walker.write("\n");
      return { ms: left.abortedAt - left.sentAt, told: "idleTimeoutMs 600, and a quarter" };
    },
  },

  "an idle stream: idleTimeoutMs": {
    passes: ["nginx", "haproxy"],
    walk: "park",
    boundMs: 1250,
    serve: { idleTimeoutMs: 600 },
    async run({ walker, call }) {
      await walker.says(/parked/);
      const left = await call();
      const at = now();
      const [, code] = await walker.says(/ended with (\w+)/);
      assert.equal(code, "DeadlineExceeded");
      const ms = now() - at;
      assert.equal(left.reason.code, "deadline_exceeded");
      walker.write("\n");
      return { ms, told: `the client says ${code}` };
    },
  },

  "leave with unread messages": { walk: "abandon-unread", passes: ["nginx", "haproxy"], boundMs: 500, run: leaves },
  "break out of an endless stream": { walk: "cancel", passes: ["nginx", "haproxy"], boundMs: 500, run: leaves },
  "cancel while Send is blocked": {
    passes: ["nginx"],
    walk: "blocked-send",
    boundMs: 500,
    async run(world) {
      const [, count] = await world.walker.says(/blocked after (\d+)/);
      return { ...(await leaves(world)), told: `after ${count} messages of 32 KiB` };
    },
  },

  "the handler's error while the client sends": {
    passes: ["nginx", "haproxy"],
    walk: "early-trailers",
    boundMs: 500,
    async run({ walker, server, call }) {
      const left = await call();
      const started = performance.now();
      assert.equal((await left.done).code, "resource_exhausted");
      await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
      const ms = performance.now() - started;
      const [, count] = await walker.says(/refused after (\d+)/);
      return { ms, told: `the client had sent ${count} messages` };
    },
  },

  deadline: {
    passes: ["nginx", "haproxy"],
    walk: "deadline",
    boundMs: 500,
    async run({ walker, call }) {
      await walker.says(/expired/);
      const left = await call();
      const at = now();
      await eventually("the handler is told", () => left.reason !== undefined);
      // The client's reset and the server's own clock race; both are true.
      assert.ok(["deadline_exceeded", "cancelled"].includes(left.reason.code), left.reason.code);
      walker.write("\n");
      return { ms: Math.max(0, left.abortedAt - at), told: `the handler heard ${left.reason.code}` };
    },
  },

  "deadlines of both sides at once, 100 calls": {
    passes: ["nginx", "haproxy"],
    walk: "deadline-race",
    boundMs: 500,
    async run({ walker, calls, server }) {
      await walker.says(/expired/);
      const started = performance.now();
      await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
      const ms = performance.now() - started;
      const heard = new Map();
      for (const { outcome } of calls) heard.set(outcome.code, (heard.get(outcome.code) ?? 0) + 1);
      for (const code of heard.keys()) assert.ok(["deadline_exceeded", "cancelled"].includes(code), code);
      walker.write("\n");
      return { ms, told: `handlers heard ${[...heard].map(([code, count]) => `${code} ${count} times`).join(", ")}` };
    },
  },

  "deadline of a client without a clock": {
    walk: "deadline-trailers",
    boundMs: 500,
    library: "grpc-go",
    async run({ walker, call }) {
      const [, after] = await walker.says(/grpc-status 4 after (\S+)ms/);
      const left = await call();
      await eventually("the handler is told", () => left.reason !== undefined);
      assert.equal(left.reason.code, "deadline_exceeded");
      return { ms: Number(after) - 150, told: "after its 150 ms, in trailers" };
    },
  },

  "the server drains in the middle of a stream": {
    walk: "drain",
    boundMs: 5000,
    async run({ walker, server, call }) {
      await walker.says(/open/);
      const closing = server.close({ graceMs: 10_000 });
      await sleep(100);
      const started = performance.now();
      walker.write("\n");
      await closing;
      assert.equal((await (await call()).done).code, "ok");
      return { ms: performance.now() - started };
    },
  },

  "the server closes, its handler is parked": {
    passes: ["nginx", "haproxy"],
    walk: "drain-parked",
    boundMs: 2000,
    async run({ walker, server, call }) {
      await walker.says(/open/);
      const started = performance.now();
      await server.close({ graceMs: 300 });
      const ms = performance.now() - started;
      const left = await call();
      assert.equal(left.reason?.code, "unavailable");
      assert.ok(ms >= 250, `close({ graceMs: 300 }) took ${ms} ms`);
      return { ms, told: "graceMs 300" };
    },
  },

  "a network that goes silent: keepalive": {
    walk: "park",
    boundMs: 1500,
    killed: true,
    through: silentProxy,
    serve: { limits: { keepaliveIntervalMs: 500, keepaliveTimeoutMs: 500 } },
    async run({ walker, call, through }) {
      await walker.says(/parked/);
      const left = await call();
      const at = now();
      through.silence();
      await eventually("the handler is told", () => left.reason !== undefined);
      assert.equal((await left.done).initiator, "network");
      through.close();
      walker.kill("SIGKILL");
      return { ms: left.abortedAt - at, told: `pings after 500 ms: ${left.reason.code}` };
    },
  },

  "a network that goes silent: pings of connect-go": silentForBoth("connect-go", 1000, 3000),
  "a network that goes silent: pings of grpc-go": { ...silentForBoth("grpc-go", 10_000, 13_000), long: true },

  "the client is killed": {
    passes: ["nginx", "haproxy"],
    walk: "park",
    boundMs: 500,
    killed: true,
    async run({ walker, call }) {
      await walker.says(/parked/);
      const left = await call();
      const at = now();
      walker.kill("SIGKILL");
      await eventually("the handler is told", () => left.reason !== undefined, 1000);
      assert.equal(left.reason.code, "cancelled");
      const { initiator } = await left.done;
      // A killed process's socket ends as an orderly one does, or with a reset: both are said truly.
      assert.ok(["network", "peer"].includes(initiator), initiator);
      return { ms: left.abortedAt - at };
    },
  },

  "the server is killed": {
    walk: "lost",
    boundMs: 500,
    async elsewhere() {
      return startServer(process.execPath, [SERVER]);
    },
    async run({ walker, elsewhere }) {
      await walker.says(/parked/);
      const at = now();
      elsewhere.kill("SIGKILL");
      const [, lost, code] = await walker.says(/lost at (\d+) with (\w+)/);
      return { ms: Number(lost) / 1000 - at, told: `the client says ${code}` };
    },
  },

  metadata: { walk: "metadata", library: "grpc-go", run: async () => undefined },
  "details of an error": { walk: "details", library: "grpc-go", run: async () => undefined },
  "a client that pings every 10 s": {
    walk: "keepalive",
    library: "grpc-go",
    walkerArguments: ["-keepalive", "10s"],
    long: true,
    limitMs: 80_000,
    async run({ walker, server }) {
      await walker.says(/open/);
      await walker.says(/done/, 70_000);
      assert.equal(server.statistics().totalCalls, 3, "a ping cost the connection");
    },
  },
};

/** Both sides ping, and hear by it; the client's goroutines go. grpc-go lets a client ping every 10 s at most, and waits 2 s. */
function silentForBoth(library, pingMs, boundMs) {
  return {
    walk: "park",
    library,
    boundMs,
    through: silentProxy,
    walkerArguments: ["-keepalive", `${pingMs}ms`],
    serve: { limits: { keepaliveIntervalMs: 500, keepaliveTimeoutMs: 500, minPingIntervalMs: 500 } },
    async run({ walker, call, through }) {
      await walker.says(/parked/);
      const left = await call();
      const at = now();
      through.silence();
      const [, code] = await walker.says(/ended with (\w+)/, boundMs + 1000);
      const ms = now() - at;
      assert.equal(left.reason?.code, "cancelled");
      await walker.says(/goroutines/);
      through.close();
      walker.write("\n");
      return { ms, told: `this side after ${(left.abortedAt - at).toFixed(0)} ms, the client says ${code}` };
    },
  };
}

/** The client leaves in the way its library has for that, and its connection stays. */
async function leaves({ walker, server, call, via }) {
  const at = Number((await walker.says(/left at (\d+)/))[1]) / 1000;
  const left = await call();
  await eventually("the handler is told", () => left.reason !== undefined);
  assert.equal(left.reason.code, "cancelled");
  const { initiator } = await left.done;
  // a proxy closes its own connection for it, and the system resets one that has unread bytes: which a read says, or the next write
  if (via && initiator === "network") assert.match(left.reason.message, /^connection (reset|closed) by /);
  else assert.equal(initiator, "peer");
  await walker.says(/gone\n/);
  await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
  if (!via) assert.equal(server.statistics().openConnections, 1, "the connection went with the call");
  walker.write("\n");
  return { ms: left.abortedAt - at };
}

function now() {
  return performance.timeOrigin + performance.now();
}
