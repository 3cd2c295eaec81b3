// dubbo-go's client and Sluice's server.
import { fileURLToPath } from "node:url";
import { serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { equal } from "../checks.mjs";
import { start, startServer } from "../children.mjs";
import { allZero, eventually } from "../lifecycle/leaks.mjs";
import { Finding } from "../report.mjs";
import { scriptedRoutes } from "./handlers.mjs";

const SLUICE = fileURLToPath(new URL("sluice-process.mjs", import.meta.url));
const HEARD_MS = 1_000;

/** A server of this process, with the calls that it had. */
export async function startSluiceServer() {
  const calls = [];
  const logged = [];
  const server = await serve({ routes: scriptedRoutes(TestService, calls), onLog: (entry) => logged.push(entry) });
  return { server, port: server.port, calls, logged };
}

export function startWalker(program, port, form, { script = "", method, key = {}, leave } = {}) {
  const args = ["-addr", `127.0.0.1:${port}`, "-kind", form.kind === "wrapper" ? "unary" : form.kind, "-script", script, ...form.walker];
  if (key.group !== undefined) args.push("-group", key.group);
  if (key.version !== undefined) args.push("-version", key.version);
  if (method !== undefined) args.push("-method", method);
  if (leave !== undefined) args.push("-leave", leave);
  return start(program, args);
}

/** What the walker saw of its call, once it has said so. */
export async function resultOf(walker, limitMs = 20_000) {
  const [, text] = await walker.says(/^result (\{.*\})$/m, limitMs);
  return JSON.parse(text);
}

/** Makes one call and gives what the client saw of it. Afterwards the server holds nothing. */
export async function call(world, program, form, what) {
  world.calls.length = 0;
  const walker = startWalker(program, world.port, form, what);
  try {
    const seen = await resultOf(walker);
    await walker.end;
    await allZero("the server", () => world.server.statistics(), ["openStreams", "openCalls", "runningHandlers", "openConnections"]);
    equal(world.logged.filter(({ level }) => level === "error").length, 0);
    return seen;
  } finally {
    await walker.stop("SIGKILL");
  }
}

/** As `ENDS` of to-go.mjs. */
export const ENDS = {
  deadline: async (world, form, program) => {
    const { code, message, ms } = await call(world, program, form, { script: "park", leave: "deadline" });
    if (!/deadline|timeout/.test(message)) throw new Finding(`the client was told ${message}`);
    if (ms < 295 || ms > 1_300) throw new Finding(`ended after ${ms} ms; the time-out was 300 ms`);
    const [{ timeoutMs, outcome }] = world.calls;
    if (timeoutMs > 301) throw new Finding(`the server was told ${timeoutMs} ms`);
    // its clock and the client's reset run a race
    if (!["deadline_exceeded", "cancelled"].includes(outcome.code)) throw new Finding(`the server's outcome is ${outcome.code}`);
    return `the client: code ${code}; the server: ${outcome.code}`;
  },

  "client cancels": (world, form, program, differs) => left(world, program, form, "cancel", differs),

  "client cancels its context alone": (world, form, program, differs) => left(world, program, form, "context", differs),

  "client closes": (world, form, program, differs) => left(world, program, form, "close", differs),

  "client killed": async (world, form, program) => {
    const { leftAt } = await leaving(world, program, form, "stay", "SIGKILL");
    return heard(world, leftAt, "cancelled");
  },

  "client shut down": async (world, form, program) => {
    const { leftAt } = await leaving(world, program, form, "stay", "SIGTERM");
    // dubbo-go takes its time to end, in which the call's own may be over
    return heard(world, leftAt, "cancelled|deadline_exceeded", 15_000);
  },

  "server killed": async (_world, form, program) => {
    const server = await startServer(process.execPath, [SLUICE, "server"]);
    const walker = startWalker(program, server.port, form, { script: "park", leave: "stay" });
    try {
      await walker.says(/^open$/m);
      const began = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 50));
      server.kill("SIGKILL");
      const { code } = await resultOf(walker);
      if (code === 0) throw new Finding("the call ended well");
      return `code ${code} after ${(performance.now() - began - 50).toFixed(0)} ms`;
    } finally {
      await walker.stop("SIGKILL");
      await server.stop("SIGKILL");
    }
  },

  "server shut down, the call ends in time": async (_world, form, program) => {
    const own = await startSluiceServer();
    const walker = startWalker(program, own.port, form, { script: "drain" });
    try {
      await walker.says(/^open$/m);
      const closing = own.server.close({ graceMs: 5_000 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      walker.write("\n");
      const { code, messages } = await resultOf(walker);
      equal([code, messages], [0, 3]);
      equal((await closing).cutOff.length, 0);
    } finally {
      await walker.stop("SIGKILL");
      await own.server.close({ graceMs: 0 });
    }
  },

  "server shut down, the call is cut off": async (_world, form, program) => {
    const own = await startSluiceServer();
    const walker = startWalker(program, own.port, form, { script: "park", leave: "stay" });
    try {
      await walker.says(/^open$/m);
      await eventually("the call arrives", () => own.calls.length > 0);
      const closing = own.server.close({ graceMs: 100 });
      const { code, message } = await resultOf(walker);
      equal(code, 14);
      await closing;
      return message;
    } finally {
      await walker.stop("SIGKILL");
      await own.server.close({ graceMs: 0 });
    }
  },
};

/** The server hears that the client has left; or it does not, where dubbo-go stands in the way. */
async function left(world, program, form, leave, differs) {
  const { leftAt } = await leaving(world, program, form, leave, undefined, differs?.instead.staysOpen === true);
  if (differs === undefined) return heard(world, leftAt, "cancelled");
  // its process has been killed meanwhile
  await eventually("the call ends", () => world.calls[0].outcome !== undefined);
  return "";
}

/** Runs a client until its call is open, and lets it leave; gives when it did. */
async function leaving(world, program, form, leave, signal, staysOpen = false) {
  world.calls.length = 0;
  const walker = startWalker(program, world.port, form, { script: "park", leave });
  try {
    await walker.says(/^open$/m);
    await eventually("the call arrives", () => world.calls.length > 0);
    const leftAt = performance.timeOrigin + performance.now();
    if (signal === undefined) walker.write("\n");
    else walker.kill(signal);
    if (staysOpen) {
      await new Promise((resolve) => setTimeout(resolve, HEARD_MS));
      if (world.calls[0].outcome !== undefined) throw new Finding("dubbo-go can do it by now");
    } else await eventually("the call ends", () => world.calls[0].outcome !== undefined, 20_000);
    return { leftAt };
  } finally {
    await walker.stop("SIGKILL");
  }
}

async function heard(world, leftAt, codes, limitMs = HEARD_MS) {
  const [{ outcome, abortedAt }] = world.calls;
  if (!codes.split("|").includes(outcome.code)) throw new Finding(`the server's outcome is ${outcome.code}`);
  const ms = abortedAt - leftAt;
  if (ms > limitMs) throw new Finding(`the server heard after ${ms.toFixed(0)} ms`);
  await allZero("the server", () => world.server.statistics(), ["openStreams", "openCalls", "runningHandlers", "openConnections"]);
  return `heard after ${ms.toFixed(0)} ms`;
}
