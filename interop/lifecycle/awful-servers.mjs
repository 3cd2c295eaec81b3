// close() and what stands beside it, against servers that no library would let one write (interop/go/awful).
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { startServer } from "../children.mjs";
import { allZero } from "./leaks.mjs";

const CLOSE_MS = 400;
/** What a busy machine may add to a bound. */
const SLACK_MS = 500;
const script = (name) => ({ "x-script": name });

/** `boundMs`: when close() must have resolved, and the server been told. */
export const awfulServers = {
  "never sends headers": {
    boundMs: CLOSE_MS + SLACK_MS,
    async run(world) {
      const call = world.open("never-headers");
      await world.peer.says(/open/);
      const { ms, outcome } = await world.close(call);
      assert.equal(outcome.code, "cancelled");
      assert.ok(ms >= CLOSE_MS - 20, `close() waited ${ms.toFixed(0)} ms of ${CLOSE_MS}`);
      await world.peer.says(/half-closed\nreset CANCEL/, SLACK_MS);
      return { ms };
    },
  },

  "never sends headers: with the default of 30 s": {
    boundMs: 30_000 + SLACK_MS,
    long: true,
    limitMs: 40_000,
    options: {},
    async run(world) {
      const call = world.open("never-headers");
      await world.peer.says(/open/);
      const { ms, outcome } = await world.close(call);
      assert.equal(outcome.code, "cancelled");
      assert.ok(ms >= 29_900, `close() waited ${ms.toFixed(0)} ms of 30,000`);
      await world.peer.says(/half-closed\nreset CANCEL/, SLACK_MS);
      return { ms };
    },
  },

  "sends for ever": {
    boundMs: CLOSE_MS + SLACK_MS,
    async run(world) {
      const call = world.open("for-ever");
      assert.ok((await call.receive()) !== undefined);
      await sleep(100);
      const { ms, outcome } = await world.close(call);
      assert.equal(outcome.code, "cancelled");
      await world.peer.says(/half-closed\nreset CANCEL/, SLACK_MS);
      return { ms };
    },
  },

  "sends one message of 2 GiB slowly": {
    boundMs: CLOSE_MS + SLACK_MS,
    options: { closeTimeoutMs: CLOSE_MS, maxReceiveBytes: 2 ** 31 - 1 },
    async run(world) {
      const before = memory();
      const call = world.open("two-gib");
      const waiting = call.receive();
      await sleep(300);
      const { ms, outcome } = await world.close(call);
      assert.equal(outcome.code, "cancelled");
      assert.equal(await waiting, undefined, "a receive that waits is woken");
      await world.peer.says(/half-closed\nreset CANCEL/, SLACK_MS);
      const grown = memory() - before;
      assert.ok(grown < 20, `${grown.toFixed(0)} MB were kept`);
      return { ms, told: `${Math.max(0, grown).toFixed(1)} MB for it` };
    },
  },

  "announces a message of 3 GiB": {
    boundMs: SLACK_MS,
    async run(world) {
      const call = world.open("three-gib");
      const started = performance.now();
      await assert.rejects(call.receive(), { code: "resource_exhausted" });
      const rejected = performance.now() - started;
      const { ms, outcome } = await world.close(call);
      assert.equal(outcome.code, "resource_exhausted");
      await world.peer.says(/reset CANCEL/, SLACK_MS);
      return { ms: rejected + ms };
    },
  },

  "stops reading": {
    boundMs: CLOSE_MS + SLACK_MS,
    async run(world) {
      const call = world.open("stops-reading");
      await world.peer.says(/open/);
      const message = { payload: { body: new Uint8Array(64 * 1024) } };
      let blocked;
      while (blocked === undefined) {
        const sending = call.send(message);
        if (sending !== undefined && !(await Promise.race([Promise.resolve(sending).then(() => true), sleep(100, false)])))
          blocked = sending;
      }
      const refused = Promise.resolve(blocked).catch((error) => error);
      const { ms } = await world.close(call);
      assert.equal((await refused).code, "cancelled");
      const started = performance.now();
      await world.channel.close({ graceMs: 0 });
      const took = performance.now() - started;
      assert.ok(took < 5000 + SLACK_MS, `closing the channel took ${took.toFixed(0)} ms of 5,000`);
      return { ms, told: `then the channel after ${took.toFixed(0)} of 5,000 ms` };
    },
  },
};

/** Runs one against a fresh server; afterwards nothing is held. */
export async function runAwful(scenario, program) {
  const peer = await startServer(program, []);
  const channel = connect(`http://127.0.0.1:${peer.port}`, scenario.options ?? { closeTimeoutMs: CLOSE_MS });
  const client = createClient(TestService, channel);
  const world = {
    peer,
    channel,
    open: (name) => client.fullDuplexCall({ headers: script(name) }),
    async close(call) {
      const started = performance.now();
      const outcome = await call.close();
      return { ms: performance.now() - started, outcome };
    },
  };
  try {
    const found = await scenario.run(world);
    await allZero("the channel", () => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
    await channel.close({ graceMs: 0 });
    await allZero("the closed channel", () => channel.statistics(), ["openConnections"]);
    return found;
  } finally {
    await peer.stop("SIGKILL");
    await channel.close({ graceMs: 0 });
  }
}

/** MB. */
function memory() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}
