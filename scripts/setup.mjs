// `npm run setup`: installs and builds what is missing or stale, and nothing else.
// Plain Node without dependencies, for on a fresh clone there are none. `npm start` and `npm test` call it first.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = 20;

/**
 * Brings node_modules, dist and build up to date. A step is skipped when the stamp in its output folder names the same inputs
 * as there are now. Prints a line for each step it does; throws an Error that says which step failed.
 */
export async function setup() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) throw new Error(`Node ${process.versions.node} is too old: Sluice needs Node ${OLDEST_NODE} or later`);
  const started = performance.now();
  const installed = hash(["package-lock.json", ".npmrc"], `${process.platform}-${process.arch}`);
  await step("install", join("node_modules", ".setup-inputs"), installed, install);
  const source = hash([...filesOf("src"), "tsconfig.json", "tsconfig.base.json"], installed);
  await step("build src", join("dist", ".setup-inputs"), source, () => compile("tsconfig.json", "src", "dist"));
  const bundle = hash(["scripts/bundle.mjs", "package.json"], source);
  await step("bundle", join("lib", ".setup-inputs"), bundle, () => run("bundle", process.execPath, [join(ROOT, "scripts", "bundle.mjs")]));
  const tests = hash([...filesOf("test"), ...filesOf("gen"), "package.json"], bundle);
  await step("build test", join("build", ".setup-inputs"), tests, async () => {
    await compile(join("test", "tsconfig.json"), "test", join("build", "test"));
    removeOrphans("gen", join("build", "gen"));
  });
  if (stepsDone > 0) console.log(`setup: ready after ${seconds(started)}`);
}

let stepsDone = 0;

async function step(name, stamp, inputs, work) {
  const path = join(ROOT, stamp);
  if (existsSync(path) && readFileSync(path, "utf8") === inputs) return;
  const started = performance.now();
  console.log(`setup: ${name} …`);
  await work();
  writeFileSync(path, inputs);
  stepsDone++;
  console.log(`setup: ${name} done in ${seconds(started)}`);
}

async function install() {
  // `ci` starts from nothing and never touches the lock; beside an older node_modules `install` changes only what differs.
  const command = existsSync(join(ROOT, "node_modules")) ? ["install", "--no-save"] : ["ci"];
  const quiet = ["--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  await run(`npm ${command[0]}`, "npm", [...command, ...quiet], process.platform === "win32");
}

async function compile(project, source, output) {
  await run(`tsc -p ${project}`, process.execPath, [join(ROOT, "node_modules", "typescript", "bin", "tsc"), "-p", project]);
  removeOrphans(source, output);
}

/** A test that was renamed must not live on as compiled code: removes what no source file stands behind. */
function removeOrphans(source, output) {
  for (const file of filesOf(output)) {
    const origin = file.slice(output.length).replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (origin.endsWith(".ts") && !existsSync(join(ROOT, source + origin))) rmSync(join(ROOT, file));
  }
}

function run(what, command, args, shell = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", shell });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${what} failed (${signal ?? `exit code ${code}`})`));
    });
  });
}

/** The files below a folder of the project, sorted, as paths from the root. */
function filesOf(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** By content, not by time: switching branches to and fro builds nothing anew. */
function hash(files, salt) {
  const sum = createHash("sha256").update(salt);
  for (const file of files) {
    const path = join(ROOT, file);
    sum.update(`\n${file}\n`).update(existsSync(path) ? readFileSync(path) : "none");
  }
  return sum.digest("hex");
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setup();
    if (stepsDone === 0) console.log("setup: up to date");
  } catch (error) {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  }
}
