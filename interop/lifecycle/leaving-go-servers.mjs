// A Sluice client that leaves, or is left by, a Go server. `boundMs`: the promise, from the act until both sides have ended.
// `passes`: the proxies through which it holds too.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { start } from "../children.mjs";
import { bothEnd } from "./go-server.mjs";
import { silentProxy } from "./silent-proxy.mjs";

const CLIENT = join(fileURLToPath(new URL(".", import.meta.url)), "sluice-client.mjs");
const ECHO = { responseParameters: [{ size: 10 }] };
const script = (name) => ({ "x-script": name });

export const leavingGoServers = {
  "half-close, then leave the block": {
    passes: ["nginx", "haproxy"],
    boundMs: 500,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("endless") });
      call.closeSend();
      await sleep(50);
      const ms = await bothEnd(world, this.boundMs, 1, () => call[Symbol.asyncDispose]());
      assert.equal((await call.outcome).code, "cancelled");
      return { ms };
    },
  },

  "half-close, then close()": {
    passes: ["nginx", "haproxy"],
    boundMs: 700,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("hold"), closeTimeoutMs: 300 });
      await call.send(ECHO);
      const ms = await bothEnd(world, this.boundMs, 1, () => call.close());
      assert.equal((await call.outcome).code, "cancelled");
      return { ms, told: "closeTimeoutMs 300" };
    },
  },

  "half-close and walk away: idleTimeoutMs": {
    passes: ["nginx", "haproxy"],
    boundMs: 1250,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("burst"), idleTimeoutMs: 600 });
      call.closeSend();
      const ms = await bothEnd(world, this.boundMs, 1, () => call.outcome);
      const { code, message } = await call.outcome;
      assert.equal(code, "deadline_exceeded");
      assert.match(message, /idleTimeoutMs/);
      return { ms, told: "idleTimeoutMs 600, and a quarter" };
    },
  },

  "leave with unread messages": {
    passes: ["nginx", "haproxy"],
    boundMs: 500,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("burst") });
      await call.receive();
      await sleep(100);
      const ms = await bothEnd(world, this.boundMs, 1, () => call.cancel());
      assert.equal(world.channel.statistics().openConnections, 1, "the connection went with the call");
      return { ms };
    },
  },

  "break out of an endless stream": {
    passes: ["nginx", "haproxy"],
    boundMs: 500,
    async run(world) {
      const call = world.client.streamingOutputCall({});
      let seen = 0;
      let started = 0;
      for await (const _message of call) {
        if (++seen < 10) continue;
        started = performance.now();
        break;
      }
      const rest = await bothEnd(world, this.boundMs, 1, () => call.outcome);
      assert.equal(world.channel.statistics().openConnections, 1, "the connection went with the call");
      return { ms: Math.max(rest, performance.now() - started) };
    },
  },

  "cancel while send() is blocked": {
    passes: ["nginx"],
    boundMs: 500,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("mute") });
      const message = { payload: { body: new Uint8Array(32 * 1024) } };
      let blocked;
      for (let i = 0; i < 100 && blocked === undefined; i++) {
        const sending = call.send(message);
        if (sending === undefined) continue;
        const room = await Promise.race([Promise.resolve(sending).then(() => true), sleep(200, false)]);
        if (!room) blocked = sending;
      }
      assert.ok(blocked !== undefined, "send() never waits");
      const ms = await bothEnd(world, this.boundMs, 1, async () => {
        call.cancel();
        await assert.rejects(blocked, { code: "cancelled" });
      });
      return { ms };
    },
  },

  "the server's error while the client sends": {
    passes: ["nginx", "haproxy"],
    boundMs: 1000,
    async run(world) {
      const call = world.client.streamingInputCall({ headers: script("early-error") });
      const message = { payload: { body: new Uint8Array(20_000) } };
      const ms = await bothEnd(world, this.boundMs, 1, async () => {
        let refused;
        while (refused === undefined) refused = await Promise.resolve(call.send(message)).catch((error) => error);
        // rarely nginx, which writes to a server that reads no more, resets instead of passing the status on
        const told = world.via === "nginx" ? ["resource_exhausted", "internal"] : ["resource_exhausted"];
        assert.ok(told.includes(refused.code), `the error is ${refused.code}`);
        await assert.rejects(call.finish(), { code: refused.code });
      });
      return { ms };
    },
  },

  "the server drains in the middle of a stream": {
    boundMs: 1500,
    endsPeer: true,
    async run(world) {
      const call = world.client.fullDuplexCall();
      await echo(call);
      const started = performance.now();
      world.peer.write("graceful-stop\n");
      await sleep(200);
      await echo(call);
      call.closeSend();
      assert.equal(await call.receive(), undefined);
      assert.equal((await call.outcome).code, "ok");
      // http.Server.Shutdown looks every 500 ms.
      await world.peer.says(/stopped/, 5000);
      return { ms: performance.now() - started };
    },
  },

  "the server drains, its handler is parked: deadline": {
    boundMs: 1500,
    endsPeer: true,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("hold"), timeoutMs: 500 });
      await echo(call);
      const started = performance.now();
      world.peer.write("graceful-stop\n");
      await assert.rejects(call.receive(), { code: "deadline_exceeded" });
      await world.peer.says(/stopped/, 5000);
      return { ms: performance.now() - started, told: "timeoutMs 500" };
    },
  },

  "channel.close(), the handler is parked": {
    passes: ["nginx", "haproxy"],
    boundMs: 1000,
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("hold") });
      await echo(call);
      const ms = await bothEnd(world, this.boundMs, 1, () => world.channel.close({ graceMs: 300 }));
      assert.equal((await call.outcome).code, "unavailable");
      return { ms, told: "graceMs 300" };
    },
  },

  "a network that goes silent: keepalive": {
    boundMs: 3500,
    through: silentProxy,
    peerArguments: ["-keepalive", "1s"],
    channel: { keepalive: { intervalMs: 1000, timeoutMs: 500 } },
    async run(world) {
      const call = world.client.fullDuplexCall({ headers: script("hold") });
      await echo(call);
      let heard = 0;
      const ms = await bothEnd(world, this.boundMs, 1, async () => {
        const started = performance.now();
        world.through.silence();
        await assert.rejects(call.receive(), { code: "unavailable" });
        heard = performance.now() - started;
      });
      world.through.close();
      assert.ok(heard < 2000, `this side heard after ${heard.toFixed(0)} ms of 1,500`);
      return { ms, told: `this side after ${heard.toFixed(0)} ms, pings after 1 s on both` };
    },
  },

  "the server is killed": {
    boundMs: 500,
    endsPeer: true,
    async run({ client, peer }) {
      const call = client.fullDuplexCall();
      await echo(call);
      const started = performance.now();
      peer.kill("SIGKILL");
      await assert.rejects(call.receive(), { code: "unavailable" });
      const ms = performance.now() - started;
      assert.ok(ms < this.boundMs, `told after ${ms.toFixed(0)} ms`);
      // A killed process's socket ends as an orderly one does, or with a reset: both are said truly.
      const { initiator } = await call.outcome;
      assert.ok(["network", "peer"].includes(initiator), initiator);
      return { ms };
    },
  },

  "the client is killed": {
    passes: ["nginx", "haproxy"],
    boundMs: 500,
    async run(world) {
      const child = start(process.execPath, [CLIENT, `http://127.0.0.1:${world.through.port}`]);
      try {
        await child.says(/^open$/m);
        return { ms: await bothEnd(world, this.boundMs, 1, () => child.kill("SIGKILL")) };
      } finally {
        await child.stop("SIGKILL");
      }
    },
  },

  "deadlines of both sides at once, 100 calls": {
    passes: ["nginx", "haproxy"],
    boundMs: 500,
    async run(world) {
      const ended = Array.from({ length: 100 }, async (_, i) => {
        const call = world.client.fullDuplexCall({ headers: script(i % 2 === 0 ? "mute" : "race"), timeoutMs: 100 + i });
        const started = performance.now();
        const { code } = await call.outcome;
        return { code, late: performance.now() - started - 100 - i };
      });
      let late = 0;
      const all = await Promise.all(ended);
      for (const one of all) {
        assert.equal(one.code, "deadline_exceeded");
        late = Math.max(late, one.late);
      }
      const rest = await bothEnd(world, this.boundMs, 100, () => {});
      assert.ok(late < this.boundMs, `${late.toFixed(0)} ms after the deadline`);
      return { ms: Math.max(late, rest), told: "after the deadline" };
    },
  },
};

async function echo(call) {
  await call.send(ECHO);
  assert.equal((await call.receive())?.payload.body.length, 10);
}
