// Which promise of the contract reaches the other side through a proxy. Each is tried between a Sluice client and a Sluice server;
// `run` resolves to `{ verdict, told }`: the verdict is a word or two for the table in docs/proxies.md, what is told has the figures.
// That this side itself ends in bounded time is asserted, whatever the proxy does.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { start, startServer } from "../../children.mjs";
import { PROXY_TIMEOUT_MS } from "./programs.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const ECHO = { responseParameters: [{ size: 10 }] };
const script = (name) => ({ "x-script": name });
/** What counts as being told at once. */
const AT_ONCE_MS = 1000;

const PINGS = {
  channel: { keepalive: { intervalMs: 500, timeoutMs: 500 } },
  serve: { limits: { keepaliveIntervalMs: 500, keepaliveTimeoutMs: 500, minPingIntervalMs: 400 } },
};

export const guarantees = {
  "messages go both ways at once, half-close alone": {
    async run({ client }) {
      const call = client.fullDuplexCall({ headers: script("echo") });
      for (let i = 0; i < 5; i++) await echo(call);
      await call.send(ECHO);
      call.closeSend();
      assert.ok((await call.receive()) !== undefined);
      assert.equal(await call.receive(), undefined);
      return { verdict: yes((await call.outcome).code === "ok") };
    },
  },

  "code, message and details of an error": {
    async run({ client }) {
      const error = await failure(client.unaryCall({}));
      return { verdict: yes(error.code === "failed_precondition" && error.details.length === 2), told: error.code };
    },
  },

  "cancel reaches the handler": {
    async run({ client, call }) {
      const mine = client.fullDuplexCall({ headers: script("park") });
      await echo(mine);
      return told(await call(), () => mine.cancel());
    },
  },

  "break with unread messages reaches the handler": {
    async run({ client, call }) {
      const mine = client.fullDuplexCall({ headers: script("burst") });
      await mine.receive();
      await sleep(100);
      return told(await call(), () => mine.cancel());
    },
  },

  "a reader that stops stops the sender": {
    async run({ client, call }) {
      const mine = client.streamingOutputCall({});
      await mine.receive();
      const left = await call();
      let before = -1;
      for (let tries = 0; tries < 10 && before !== left.sent; tries++) {
        before = left.sent;
        await sleep(150);
      }
      const stopped = before === left.sent;
      const kept = left.sent;
      const after = await told(left, () => mine.cancel());
      const cancel = after.verdict === "yes" ? "" : `; cancel then: ${after.verdict}`;
      return { verdict: stopped ? `yes${cancel}` : "no", told: `${kept} kB on the way; cancel then: ${after.told}` };
    },
  },

  "cancel while send() is blocked reaches the handler": {
    slow: true,
    async run({ client, call }) {
      const mine = client.fullDuplexCall({ headers: script("mute") });
      const message = { payload: { body: new Uint8Array(32 * 1024) } };
      let blocked;
      for (let i = 0; i < 1000 && blocked === undefined; i++) {
        const sending = mine.send(message);
        if (sending === undefined) continue;
        if (!(await Promise.race([Promise.resolve(sending).then(() => true), sleep(200, false)]))) blocked = sending;
      }
      assert.ok(blocked !== undefined, "send() never waits");
      const refused = failure(blocked);
      const found = await told(await call(), () => mine.cancel());
      assert.equal((await refused).code, "cancelled");
      return found;
    },
  },

  "deadline: both sides end": {
    async run({ client, call }) {
      const started = performance.now();
      const error = await failure(client.fullDuplexCall({ headers: script("mute"), timeoutMs: 300 }).receive());
      const took = performance.now() - started;
      assert.equal(error.code, "deadline_exceeded");
      assert.ok(took < 300 + AT_ONCE_MS, `the deadline of 300 ms came after ${took.toFixed(0)} ms`);
      const left = await call();
      await within(AT_ONCE_MS, () => left.reason !== undefined);
      return { verdict: yes(left.reason !== undefined), told: `the handler heard ${left.reason?.code}` };
    },
  },

  "close() ends in its time, and the handler with it": {
    async run({ client, call }) {
      const mine = client.fullDuplexCall({ headers: script("park"), closeTimeoutMs: 300 });
      await echo(mine);
      const started = performance.now();
      await mine.close();
      const took = performance.now() - started;
      assert.ok(took < 300 + AT_ONCE_MS, `close() with 300 ms took ${took.toFixed(0)} ms`);
      const left = await call();
      await within(AT_ONCE_MS, () => left.reason !== undefined);
      return { verdict: yes(left.reason !== undefined), told: `after ${took.toFixed(0)} ms` };
    },
  },

  "idleTimeoutMs of the client: the handler hears": {
    async run({ client, call }) {
      const mine = client.fullDuplexCall({ headers: script("park"), idleTimeoutMs: 400 });
      await echo(mine);
      const left = await call();
      const started = performance.now();
      const { code } = await mine.outcome;
      assert.equal(code, "deadline_exceeded");
      const took = performance.now() - started;
      assert.ok(took < 500 + AT_ONCE_MS, `idleTimeoutMs 400 ended the call after ${took.toFixed(0)} ms`);
      await within(AT_ONCE_MS, () => left.reason !== undefined);
      return { verdict: yes(left.reason !== undefined), told: `handler: ${left.reason?.code}` };
    },
  },

  "idleTimeoutMs of the server: the client hears why": {
    serve: { idleTimeoutMs: 400 },
    async run({ client }) {
      const mine = client.fullDuplexCall({ headers: script("park") });
      await echo(mine);
      const { code, message } = await endOf(mine);
      return { verdict: yes(code === "deadline_exceeded" && message.includes("idleTimeoutMs")), told: message };
    },
  },

  "the server's error while the client sends": {
    async run({ client }) {
      const call = client.streamingInputCall();
      const message = { payload: { body: new Uint8Array(20_000) } };
      let refused;
      for (let i = 0; i < 5000 && refused === undefined; i++) refused = await Promise.resolve(call.send(message)).catch((error) => error);
      const error = await failure(call.finish());
      return {
        verdict: error.code === "resource_exhausted" ? "yes" : `no: ${error.code}`,
        told: `${error.code}: ${error.message.slice(0, 60)}`,
      };
    },
  },

  "the server drains: the stream goes on": {
    async run({ client, server }) {
      const call = client.fullDuplexCall({ headers: script("echo") });
      await echo(call);
      const closing = server.close({ graceMs: 3000 });
      await sleep(100);
      const started = performance.now();
      const end = await (async () => {
        await echo(call);
        call.closeSend();
        assert.equal(await call.receive(), undefined);
      })().then(
        () => "yes",
        (error) => `no: ${error.code ?? error.message}`,
      );
      await closing;
      const took = performance.now() - started;
      assert.ok(took < 3000 + AT_ONCE_MS, `close({ graceMs: 3000 }) took ${took.toFixed(0)} ms`);
      return { verdict: end, told: `the server had closed ${took.toFixed(0)} ms later` };
    },
  },

  "a shutdown that cuts off says unavailable": {
    async run({ client, server }) {
      const call = client.fullDuplexCall({ headers: script("park") });
      await echo(call);
      await server.close({ graceMs: 100 });
      const { code, message } = await endOf(call);
      return { verdict: code === "unavailable" ? "yes" : `no: ${code}`, told: message.slice(0, 60) };
    },
  },

  "a call while no server is there: unavailable": {
    slow: true,
    async run({ client, server }) {
      await client.emptyCall({});
      await server.close({ graceMs: 0 });
      const started = performance.now();
      const { code, message } = await failure(client.emptyCall({}, { timeoutMs: 10_000 }));
      const took = performance.now() - started;
      return { verdict: code === "unavailable" ? "yes" : `no: ${code}`, told: `after ${took.toFixed(0)} ms: ${message.slice(0, 60)}` };
    },
  },

  "the server is killed: the client hears at once": {
    elsewhere: () => startServer(process.execPath, [join(HERE, "sluice-server.mjs")]),
    async run({ client, elsewhere }) {
      const call = client.fullDuplexCall({ headers: script("park") });
      await echo(call);
      const started = performance.now();
      elsewhere.kill("SIGKILL");
      const { code } = await endOf(call);
      const took = performance.now() - started;
      return {
        verdict: took > AT_ONCE_MS ? "no" : code === "unavailable" ? "yes" : `as ${code}`,
        told: `${code} after ${took.toFixed(0)} ms`,
      };
    },
  },

  "the client is killed: the handler hears at once": {
    async run({ url, call }) {
      const child = start(process.execPath, [join(HERE, "sluice-client.mjs"), url, "park"]);
      try {
        await child.says(/^open$/m);
        return await told(await call(), () => child.kill("SIGKILL"));
      } finally {
        await child.stop("SIGKILL");
      }
    },
  },

  "a stream on which nothing moves stays open": { slow: true, run: idle },
  "the same, with pings of both ends": { slow: true, ...PINGS, run: idle },

  "silence between client and proxy: both hear by keepalive": {
    slow: true,
    silentBefore: true,
    ...PINGS,
    async run({ client, call, silence, cut }) {
      const mine = client.fullDuplexCall({ headers: script("park") });
      await echo(mine);
      const left = await call();
      const started = performance.now();
      silence();
      const { code } = await endOf(mine);
      const took = performance.now() - started;
      assert.ok(took < 1000 + AT_ONCE_MS, `the client heard after ${took.toFixed(0)} ms of 1,000`);
      await within(2 * PROXY_TIMEOUT_MS, () => left.reason !== undefined);
      const heard = performance.now() - started;
      const ours = `client: ${code} after ${took.toFixed(0)} ms`;
      if (left.reason === undefined) {
        cut();
        return { verdict: "client; server not: the proxy answers its pings", told: ours };
      }
      const verdict = heard < 1000 + AT_ONCE_MS ? "yes" : "client; server by the proxy's time-out";
      return { verdict, told: `${ours}; handler after ${heard.toFixed(0)} ms` };
    },
  },

  "silence between proxy and server: both hear by keepalive": {
    slow: true,
    silentBehind: true,
    ...PINGS,
    async run({ client, call, silence }) {
      const mine = client.fullDuplexCall({ headers: script("park"), timeoutMs: 2 * PROXY_TIMEOUT_MS });
      await echo(mine);
      const left = await call();
      const started = performance.now();
      silence();
      await within(1000 + AT_ONCE_MS, () => left.reason !== undefined);
      assert.ok(left.reason !== undefined, "the server does not hear by its keepalive");
      const heard = performance.now() - started;
      const { code } = await endOf(mine);
      const took = performance.now() - started;
      const late = code === "deadline_exceeded" ? "client by its deadline" : "client by the proxy's time-out";
      return {
        verdict: took < 1000 + AT_ONCE_MS ? "yes" : `server; ${late}`,
        told: `handler after ${heard.toFixed(0)} ms; client: ${code} after ${took.toFixed(0)} ms`,
      };
    },
  },
};

/** A stream on which nothing moves for twice the time-out of the proxy. */
async function idle({ client, call }) {
  const mine = client.fullDuplexCall({ headers: script("park") });
  await echo(mine);
  const started = performance.now();
  const end = await Promise.race([mine.outcome, sleep(2 * PROXY_TIMEOUT_MS)]);
  const took = performance.now() - started;
  const left = await call();
  if (end === undefined) return { verdict: (await told(left, () => mine.cancel())).verdict };
  await within(AT_ONCE_MS, () => left.reason !== undefined);
  const handler = left.reason === undefined ? "the handler does not hear" : `handler: ${left.reason.code}`;
  return { verdict: `until its time-out, then ${end.code}`, told: `${end.code} after ${took.toFixed(0)} ms; ${handler}` };
}

async function echo(call) {
  await call.send(ECHO);
  assert.equal((await call.receive())?.payload.body.length, 10);
}

/** Does it, and waits for the handler to be told. */
async function told(left, act) {
  const started = performance.now();
  act();
  await within(2 * PROXY_TIMEOUT_MS, () => left.reason !== undefined);
  const took = performance.now() - started;
  if (left.reason === undefined) return { verdict: "no", told: `not told in ${2 * PROXY_TIMEOUT_MS} ms` };
  const { code } = left.reason;
  const as = code === "cancelled" ? "" : `, as ${code}`;
  return {
    verdict: `${took <= AT_ONCE_MS ? "yes" : "late: by its time-out"}${as}`,
    told: `${left.reason.code} after ${took.toFixed(1)} ms`,
  };
}

/** The outcome of a call whose messages are read on. */
async function endOf(call) {
  try {
    while ((await call.receive()) !== undefined);
  } catch {
    // the outcome says it
  }
  return call.outcome;
}

async function within(limitMs, condition) {
  const started = performance.now();
  while (performance.now() - started < limitMs && !condition()) await sleep(5);
  return performance.now() - started;
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return { code: "ok", message: "", details: [] };
}

function yes(condition) {
  return condition ? "yes" : "no";
}
