import { mkdirSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Child } from "./child.mjs";
import { cpuSeconds } from "./cpu.mjs";
import { cores } from "./machine.mjs";
import { TOOLS } from "./paths.mjs";
import { servers } from "./peers.mjs";

/** Starts a server of the table on the server's core, runs `body` with it, and ends it. */
export async function withServer(name, options, body) {
  const server = await start(servers[name], options);
  try {
    return await body(server);
  } finally {
    await server.child.stop();
  }
}

/** `maxStreams`, `resetsPerSecond`: what a connection must carry where the server has such a limit; `collect`: figures after a collection. */
async function start(peer, { maxStreams, resetsPerSecond, collect = false } = {}) {
  if (peer.file) return startFileServer(peer);
  const args = [];
  if (collect && peer.collects) args.push("--expose-gc");
  if (peer.program) args.push(peer.program);
  args.push(...(peer.arguments ?? []), "--port", "0");
  if (maxStreams && peer.maxStreams) args.push(peer.maxStreams, String(maxStreams));
  if (resetsPerSecond && peer.resetsPerSecond) args.push(peer.resetsPerSecond, String(resetsPerSecond));
  const child = new Child(peer.command, args, cores.server);
  const line = await child.line();
  const addr = line.replace("listening on ", "");
  return serverOf(child, addr);
}

async function startFileServer(peer) {
  const folder = join(TOOLS, "files");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "43"), "x".repeat(43));
  const port = await freePort();
  const child = new Child(peer.command, ["--no-tls", "-a", "127.0.0.1", "-d", folder, String(port)], cores.server);
  for (let i = 0; i < 50 && !(await accepts(port)); i++) await delay(20);
  return serverOf(child, `127.0.0.1:${port}`);
}

function serverOf(child, addr) {
  return {
    child,
    addr,
    pid: child.pid,
    cpu: () => cpuSeconds(child.pid),
    /** The JSON line of SIGUSR2. */
    figures: async () => {
      child.signal("SIGUSR2");
      return child.json();
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connectSocket(port, "127.0.0.1");
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
