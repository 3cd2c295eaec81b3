// Child processes of the suites: started, watched, and ended by their own process id, also when the suite itself fails.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A server in a process of its own that prints `listening on HOST:PORT`; resolves when it does. */
export async function startServer(command, args, { limitMs = 20_000, env } = {}) {
  const child = start(command, args, env);
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const match = /listening on \S*:(\d+)/.exec(child.text());
    if (match) return Object.assign(child, { port: Number(match[1]) });
    if (child.ended()) break;
    await sleep(20);
  }
  await child.stop("SIGKILL");
  throw new Error(`${command} ${args.join(" ")} does not listen:\n${child.text()}`);
}

/** A server that says nothing when it is ready: `args` is called with a free port, which is then tried until it answers. */
export async function startServerAt(command, args, { limitMs = 20_000 } = {}) {
  const port = await freePort();
  const child = start(command, args(port));
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline && !child.ended()) {
    if (await answers(port)) return Object.assign(child, { port });
    await sleep(50);
  }
  await child.stop("SIGKILL");
  throw new Error(`${command} does not listen on ${port}:\n${child.text()}`);
}

/** Runs a program to its end: `{ code, text, ms }`; killed after `limitMs`. */
export async function runToEnd(command, args, { limitMs = 30_000, env } = {}) {
  const started = Date.now();
  const child = start(command, args, env);
  const timer = setTimeout(() => child.stop("SIGKILL"), limitMs);
  const code = await child.end;
  clearTimeout(timer);
  return { code, text: child.text(), ms: Date.now() - started };
}

/** Starts a program. `text()` is what it has said so far, `end` resolves to its exit code, `stop(signal)` ends it for certain. */
export function start(command, args, env = {}) {
  const process_ = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  running.add(process_);
  let text = "";
  const listeners = new Set();
  const hear = (chunk) => {
    text = (text + chunk).slice(-200_000);
    for (const listener of listeners) listener();
  };
  process_.stdout.setEncoding("utf8").on("data", hear);
  process_.stderr.setEncoding("utf8").on("data", hear);
  process_.stdin.on("error", () => {});
  let ended = false;
  const end = new Promise((resolve) => {
    process_.on("error", (error) => {
      hear(`${error.message}\n`);
      done(127);
    });
    process_.on("close", (code, signal) => done(code ?? signal));
    function done(code) {
      ended = true;
      running.delete(process_);
      hear("");
      resolve(code);
    }
  });
  return {
    pid: process_.pid,
    end,
    text: () => text,
    ended: () => ended,
    kill: (signal) => process_.kill(signal),
    write: (line) => process_.stdin.write(line),
    /** Resolves to the match once the program has said it. */
    says: (pattern, limitMs = 10_000) => said(pattern, limitMs),
    async stop(signal = "SIGTERM", graceMs = 6000) {
      if (ended) return end;
      process_.kill(signal);
      const timer = setTimeout(() => process_.kill("SIGKILL"), graceMs);
      const code = await end;
      clearTimeout(timer);
      return code;
    },
  };

  function said(pattern, limitMs) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`not said within ${limitMs} ms: ${pattern}\n${text}`)), limitMs);
      const look = () => {
        const match = pattern.exec(text);
        if (match) finish(resolve, match);
        else if (ended) finish(reject, new Error(`ended without saying ${pattern}\n${text}`));
      };
      const finish = (settle, value) => {
        clearTimeout(timer);
        listeners.delete(look);
        settle(value);
      };
      listeners.add(look);
      look();
    });
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
    function done(value) {
      socket.destroy();
      resolve(value);
    }
  });
}
