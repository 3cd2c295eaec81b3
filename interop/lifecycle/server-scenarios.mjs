// grpc-go clients that leave, against a Sluice server in this process; both sides are asked how it ended.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { start } from "../children.mjs";
import { allZero, eventually } from "./leaks.mjs";
import { scriptedService } from "./scripted-service.mjs";

/** A walk: what happens between the walker's first word and its end. `long`: only where time is plenty. */
export const serverScenarios = {
  "half-close-and-leave": async ({ walker, server, call }) => {
    await walker.says(/left/);
    assert.equal((await (await call()).done).code, "ok");
    await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
    walker.write("\n");
  },

  "leave-endless": async ({ walker, call }) => {
    await walker.says(/left/);
    const left = await call();
    let before = -1;
    for (let tries = 0; tries < 20 && before !== left.sent; tries++) {
      before = left.sent;
      await sleep(200);
    }
    assert.equal(left.sent, before, "the server keeps sending to a client that does not read");
    walker.write("\n");
    await eventually("the handler is told", () => left.reason !== undefined);
    assert.equal(left.reason.code, "cancelled");
    return `${left.sent} messages of 1 kB were taken before it stopped`;
  },

  cancel: async ({ walker, server, call }) => {
    const at = Number((await walker.says(/cancelled at (\d+)/))[1]) / 1000;
    const left = await call();
    await eventually("the handler is told", () => left.reason !== undefined);
    assert.equal(left.reason.code, "cancelled");
    assert.equal((await left.done).initiator, "peer");
    await walker.says(/cancelled\n/);
    await allZero("the server, while the client is there,", () => server.statistics(), ["openStreams", "openCalls", "runningHandlers"]);
    assert.equal(server.statistics().openConnections, 1, "the connection went with the call");
    walker.write("\n");
    return `told ${(left.abortedAt - at).toFixed(2)} ms after the cancel`;
  },

  deadline: async ({ walker, call }) => {
    await walker.says(/expired/);
    const left = await call();
    await eventually("the handler is told", () => left.reason !== undefined);
    // The client's reset and the server's own clock race; both are true.
    assert.ok(["deadline_exceeded", "cancelled"].includes(left.reason.code), left.reason.code);
    walker.write("\n");
    return `the handler heard ${left.reason.code}`;
  },

  "deadline-trailers": async ({ walker, call }) => {
    const [, after] = await walker.says(/grpc-status 4 after (\S+)/);
    const left = await call();
    await eventually("the handler is told", () => left.reason !== undefined);
    assert.equal(left.reason.code, "deadline_exceeded");
    return `after ${after} of 150ms`;
  },

  drain: async ({ walker, server, call }) => {
    await walker.says(/open/);
    const closing = server.close({ graceMs: 10_000 });
    await sleep(100);
    const started = Date.now();
    walker.write("\n");
    await closing;
    assert.ok(Date.now() - started < 5000, "the server waited for its grace although the stream had ended");
    assert.equal((await (await call()).done).code, "ok");
  },

  "drain-parked": async ({ walker, server, call }) => {
    await walker.says(/open/);
    const started = Date.now();
    await server.close({ graceMs: 300 });
    const took = Date.now() - started;
    const left = await call();
    assert.equal(left.reason?.code, "unavailable");
    assert.ok(took >= 250 && took < 2500, `close({ graceMs: 300 }) took ${took} ms`);
    return `closed after ${took} ms`;
  },

  "kill -9": async ({ walker, call }) => {
    await walker.says(/parked/);
    const left = await call();
    const at = performance.timeOrigin + performance.now();
    walker.kill("SIGKILL");
    await eventually("the handler is told", () => left.reason !== undefined, 1000);
    assert.equal(left.reason.code, "cancelled");
    const { initiator, message } = await left.done;
    // A killed process's socket ends as an orderly one does, or with a reset: both are said truly.
    assert.ok(["network", "peer"].includes(initiator), initiator);
    return `told after ${(left.abortedAt - at).toFixed(1)} ms: ${initiator}, ${message}`;
  },

  metadata: async () => {},
  details: async () => {},
  keepalive: Object.assign(
    async ({ walker, server }) => {
      await walker.says(/open/);
      await walker.says(/done/, 70_000);
      assert.equal(server.statistics().totalCalls, 2, "a ping cost the connection");
    },
    { long: true, limitMs: 80_000 },
  ),
};

/** The walker's own name of a scenario, where it differs. */
const WALKS = { "kill -9": "park" };

/** Runs one: a fresh server, a fresh client process, the walk, both ends, and what is left. */
export async function runServerScenario(name, program) {
  const { service, calls } = scriptedService();
  const logged = [];
  const server = await serve({ routes: (r) => r.service(TestService, service), onLog: (entry) => logged.push(entry) });
  const walker = start(program, ["-addr", `127.0.0.1:${server.port}`, "-scenario", WALKS[name] ?? name, "-limit", "75s"]);
  const call = async () => {
    await eventually("the call arrives", () => calls.length > 0);
    return calls[0];
  };
  try {
    const told = await serverScenarios[name]({ walker, server, call });
    const code = await walker.end;
    if (name !== "kill -9") assert.equal(code, 0, walker.text());
    await allZero("the server", () => server.statistics(), ["openStreams", "openConnections", "openCalls", "runningHandlers"]);
    await server.close({ graceMs: 0 });
    await allZero("the closed server", () => server.statistics(), ["timers"]);
    const errors = logged.filter((entry) => entry.level === "error");
    assert.equal(errors.length, 0, `the server logged an error: ${JSON.stringify(errors[0])}`);
    return told;
  } finally {
    await walker.stop("SIGKILL");
    await server.close({ graceMs: 0 });
  }
}
