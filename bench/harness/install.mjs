// Brings the peers onto this machine, each once; what cannot be had is skipped aloud, with its reason.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BENCH, RUST_TARGET, TOOLS } from "./paths.mjs";
import { run } from "./run-command.mjs";

const installers = { go, cargo, npm, h2load: () => debian("h2load", "nghttp2-client"), nghttpd: () => debian("nghttpd", "nghttp2-server") };
const outcomes = new Map();

/** Installs what `need` names ("go", "cargo", "npm", "h2load", "nghttpd"). Resolves to undefined, or to the reason why it is missing. */
export async function install(need) {
  if (need === undefined) return undefined;
  if (!outcomes.has(need)) outcomes.set(need, attempt(need));
  return outcomes.get(need);
}

async function attempt(need) {
  const start = performance.now();
  try {
    await installers[need]();
    const seconds = (performance.now() - start) / 1000;
    if (seconds > 1) console.log(`  ${need}: ready after ${seconds.toFixed(0)} s`);
    return undefined;
  } catch (error) {
    console.log(`  SKIPPED what needs ${need}: ${error.message}`);
    return error.message;
  }
}

async function go() {
  if (!(await present("go", ["version"]))) throw new Error("there is no Go on this machine");
  console.log("  go: building grpc-go and connect-go programs …");
  await run("go", ["build", "-o", `${TOOLS}/`, "./..."], { cwd: join(BENCH, "peers", "go") });
}

async function cargo() {
  if (!(await present("cargo", ["--version"]))) throw new Error("there is no cargo on this machine");
  await debian("protoc", "protobuf-compiler");
  console.log("  cargo: building the tonic server (a minute or two the first time) …");
  const env = { ...process.env, CARGO_TARGET_DIR: RUST_TARGET };
  await run("cargo", ["build", "--release", "--quiet", "--locked"], { cwd: join(BENCH, "peers", "rust"), env });
}

async function npm() {
  const folder = join(BENCH, "peers", "js");
  if (existsSync(join(folder, "node_modules", "nice-grpc"))) return;
  console.log("  npm: installing grpc-js, connect-node and nice-grpc …");
  await run("npm", ["install", "--prefix", folder, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
}

async function debian(command, name) {
  if (await present(command, ["--version"])) return;
  if (process.getuid?.() !== 0 || !(await present("apt-get", ["--version"])))
    throw new Error(`${command} is missing (Debian package ${name})`);
  console.log(`  apt-get: installing ${name} …`);
  await run("apt-get", ["install", "-y", "-qq", name]);
}

const present = (command, args) =>
  run(command, args).then(
    () => true,
    () => false,
  );
