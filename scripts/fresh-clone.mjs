// Proves what the README promises: clones HEAD into a temporary folder and runs its commands there with an empty npm cache.
//   node scripts/fresh-clone.mjs [--suites unit,package | --all] [--keep]
// Runs `npm run setup` (at most 60 s), `npm start -- --once`, `npm test` (by default the quick suites). Last line: `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SETUP_LIMIT_S = 60;
const START_LIMIT_S = 120;
const TEST_LIMIT_S = 20 * 60;

const { values } = parseArgs({
  options: { suites: { type: "string", default: "lint,gen,unit" }, all: { type: "boolean" }, keep: { type: "boolean" } },
});
const folder = mkdtempSync(join(tmpdir(), "sluice-clone-"));
const clone = join(folder, "sluice");
const env = { ...process.env, npm_config_cache: join(folder, "npm-cache") };
let passed = 0;
let failed = 0;

try {
  await main();
} finally {
  if (values.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function main() {
  if (!(await step("git clone", ["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], folder, 60))) return;
  if (!(await step("npm run setup", ["npm", "run", "setup"], clone, SETUP_LIMIT_S))) return;
  await step("npm run setup, again", ["npm", "run", "setup"], clone, 5);
  await step("npm start -- --once", ["npm", "start", "--", "--once"], clone, START_LIMIT_S);
  const suites = values.all ? [] : values.suites.split(",");
  await step(`npm test ${suites.join(" ")}`, ["npm", "test", "--", ...suites], clone, TEST_LIMIT_S);
  await step("nothing is left that git does not ignore", ["git", "diff", "--exit-code", "--stat"], clone, 10);
}

function step(name, [command, ...args], cwd, limitSeconds) {
  return new Promise((resolve) => {
    console.log(`  run   ${name}`);
    const started = performance.now();
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (text) => {
      output += text;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    const limit = setTimeout(() => process.kill(-child.pid, "SIGKILL"), limitSeconds * 1000);
    const finish = (why) => {
      clearTimeout(limit);
      const seconds = (performance.now() - started) / 1000;
      if (why === undefined) passed++;
      else failed++;
      console.log(`  ${why === undefined ? "ok  " : "FAIL"}  ${name}  ${seconds.toFixed(1)} s`);
      if (why !== undefined) console.log(`${why}\n${output}`.trimEnd().split("\n").slice(-100).join("\n").replace(/^/gm, "        "));
      resolve(why === undefined);
    };
    child.on("error", (error) => finish(error.message));
    child.on("close", (code, signal) =>
      finish(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`} (limit ${limitSeconds} s)`),
    );
  });
}
