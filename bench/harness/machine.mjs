import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { BENCH } from "./paths.mjs";

/** Where the server and the load run: core 0 and core 1 where there are two and taskset, else anywhere. */
export const cores = cpus().length >= 2 && output("taskset", ["--version"]) ? { server: 0, load: 1 } : {};

/** What the figures were measured on and with. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    pinned: cores.server === undefined ? "no: server and load share the cores" : "server on core 0, load on core 1",
    node: process.versions.node,
    go: output("go", ["version"])?.split(" ")[2]?.replace("go", "") ?? "none",
    versions: { ...npmVersions(), ...goVersions(), ...rustVersions(), nghttp2: output("h2load", ["--version"])?.split("/")[1] ?? "none" },
  };
}

function npmVersions() {
  const own = JSON.parse(readFileSync(join(BENCH, "peers", "js", "package.json"), "utf8")).dependencies;
  return Object.fromEntries(Object.entries(own).filter(([name]) => !name.endsWith("loader") && name !== "@connectrpc/connect"));
}

function goVersions() {
  const text = readFileSync(join(BENCH, "peers", "go", "go.mod"), "utf8");
  const version = (module) => new RegExp(`${module} v(\\S+)`).exec(text)?.[1] ?? "none";
  return { "grpc-go": version("google.golang.org/grpc"), "connect-go": version("connectrpc.com/connect") };
}

function rustVersions() {
  const text = readFileSync(join(BENCH, "peers", "rust", "Cargo.lock"), "utf8");
  return { tonic: /name = "tonic"\nversion = "([^"]+)"/.exec(text)?.[1] ?? "none" };
}

function output(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
