// Sluice's client and dubbo-go's server.
import { fileURLToPath } from "node:url";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { equal } from "../checks.mjs";
import { freePort, start, startServer } from "../children.mjs";
import { peerStats } from "../lifecycle/go-server.mjs";
import { allZero } from "../lifecycle/leaks.mjs";
import { Finding } from "../report.mjs";
import { FORMS } from "./cases.mjs";
import { walk } from "./walk.mjs";

const SLUICE = fileURLToPath(new URL("sluice-process.mjs", import.meta.url));
/** What the server may take to hear that a client has left. */
const HEARD_MS = 1_000;

export async function startDubboServer(program) {
  const port = await freePort();
  return startServer(program, ["-port", String(port)]);
}

/** Makes one call and gives what was seen of it. Afterwards the channel holds nothing. */
export async function call(server, form, what, key, options, opened) {
  const channel = connect(`http://127.0.0.1:${server.port}`, { protocol: "triple", ...form.channel });
  try {
    const seen = await walk(
      createClient(TestService, channel, { timeoutMs: 10_000, ...key }),
      { ...what, kind: form.kind },
      options,
      opened,
    );
    await allZero("the channel", () => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
    return seen;
  } finally {
    await channel.close();
    await allZero("the closed channel", () => channel.statistics(), ["openConnections"]);
  }
}

/** How calls end that do not end by themselves. Each returns what is printed beside its name. */
export const ENDS = {
  deadline: async (server, form) => {
    const began = performance.now();
    const { code } = await call(server, form, { script: "park" }, {}, { timeoutMs: 300 });
    const ms = performance.now() - began;
    equal(code, 4);
    if (ms < 295 || ms > 1_300) throw new Finding(`ended after ${ms.toFixed(0)} ms; the time-out was 300 ms`);
    return heard(server, performance.now());
  },

  "client cancels": async (server, form) => {
    const abort = new AbortController();
    let left = 0;
    const leave = () =>
      setTimeout(async () => {
        await running(server, 1);
        left = performance.now();
        abort.abort();
      }, 20);
    const { code } = await call(server, form, { script: "park" }, {}, { signal: abort.signal }, leave);
    equal(code, 1);
    return heard(server, left);
  },

  "client killed": async (server, form, _program, differs) => {
    const client = start(process.execPath, [SLUICE, "client", `127.0.0.1:${server.port}`, form.kind]);
    try {
      await client.says(/open/);
      await running(server, 1);
      client.kill("SIGKILL");
      if (differs === undefined) return await heard(server, performance.now());
      await new Promise((resolve) => setTimeout(resolve, HEARD_MS));
      await running(server, 1);
      // this handler stays for good
      stuck.set(server, (stuck.get(server) ?? 0) + 1);
      return "";
    } finally {
      await client.stop("SIGKILL");
    }
  },

  "channel closed with grace": async (server, form) => {
    const channel = connect(`http://127.0.0.1:${server.port}`, { protocol: "triple", ...form.channel });
    const client = createClient(TestService, channel);
    let closing;
    const seen = await walk(client, { kind: form.kind, script: "drain" }, {}, () => {
      closing = channel.close({ graceMs: 5_000 });
    });
    equal([seen.code, seen.messages], [0, 3]);
    const { cutOff } = await closing;
    equal(cutOff.length, 0);
    await allZero("the closed channel", () => channel.statistics(), ["openConnections", "openCalls"]);
  },

  "server killed": async (_server, form, program) => {
    const server = await startDubboServer(program);
    let killed = 0;
    const kill = () =>
      setTimeout(() => {
        killed = performance.now();
        server.kill("SIGKILL");
      }, 50);
    try {
      const { code } = await call(server, form, { script: "park" }, {}, {}, kill);
      const ms = performance.now() - killed;
      equal(code, 14);
      if (ms > HEARD_MS) throw new Finding(`heard after ${ms.toFixed(0)} ms`);
      return `heard after ${ms.toFixed(0)} ms`;
    } finally {
      await server.stop("SIGKILL");
    }
  },

  "server shut down": async (_server, form, program) => {
    const server = await startDubboServer(program);
    let told = 0;
    const shutDown = () =>
      setTimeout(() => {
        told = performance.now();
        server.kill("SIGTERM");
      }, 50);
    try {
      const { code } = await call(server, form, { script: "park" }, {}, { timeoutMs: 70_000 }, shutDown);
      equal(code, 14);
      return `the call ends after ${(performance.now() - told).toFixed(0)} ms`;
    } finally {
      await server.stop("SIGKILL");
    }
  },
};

/** Handlers that a server has for ever. */
const stuck = new WeakMap();

async function running(server, count) {
  for (let waited = 0; waited < 2_000; waited += 10) {
    if ((await peerStats(server)).running - (stuck.get(server) ?? 0) === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Finding(`the server never had ${count} running`);
}

/** Since when the server's handler has ended. */
async function heard(server, since) {
  await running(server, 0);
  const ms = performance.now() - since;
  if (ms > HEARD_MS) throw new Finding(`the server's handler ended ${ms.toFixed(0)} ms later`);
  return `heard after ${ms.toFixed(0)} ms`;
}

/** Forms whose handlers can be left open. */
export const OPEN_FORMS = FORMS.filter(({ name }) => !["unary json", "unary http proto", "unary wrapper"].includes(name));
