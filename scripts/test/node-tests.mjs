// Runs every compiled test file (dist/**/*.test.js, build/test/**/*.test.js) with node:test, one process a file, two at a time.
// Arguments: parts of paths; only files that contain one of them are run. Last line: `N passed, N failed, N skipped`.
// scripts/test.mjs starts this with --expose-gc --unhandled-rejections=strict; the processes of the files inherit both.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDERS = ["dist", join("build", "test")];
const FILE_LIMIT_MS = 60_000;
const PROGRESS_MS = 1000;
const OUTPUT_LINES = 30;
/** What node:test itself reports about a whole run. */
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/;

const wanted = process.argv.slice(2);
const files = FOLDERS.flatMap(testFiles).filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
let passed = 0;
let failed = 0;
let skipped = 0;
/** Names of the tests that enclose the one being reported, by file and depth. */
const paths = new Map();
/** What the files printed, shown when a file fails as a whole. */
const output = new Map();

if (files.length === 0) fail("no test file", wanted.length > 0 ? `none matches ${wanted.join(", ")}` : "nothing is built");
else await runAll();
console.log(counts());
process.exitCode = failed > 0 ? 1 : 0;

async function runAll() {
  const progress = setInterval(() => console.log(counts()), PROGRESS_MS);
  for await (const { type, data } of run({ files, concurrency: 2, timeout: FILE_LIMIT_MS })) {
    if (type === "test:start") pathOf(data)[data.nesting] = data.name;
    else if (type === "test:pass" || type === "test:fail") take(type === "test:pass", data);
    else if (type === "test:diagnostic" && !SUMMARY.test(data.message)) console.log(`note: ${data.message}`);
    else if (type === "test:stderr" || type === "test:stdout") output.set(data.file, (output.get(data.file) ?? "") + data.message);
  }
  clearInterval(progress);
}

function take(ok, data) {
  if (data.details.type === "suite" && ok) return;
  const path = pathOf(data);
  path[data.nesting] = data.name;
  const name = `${relative(ROOT, data.file ?? "")}: ${path.slice(0, data.nesting + 1).join(" > ")}`;
  const isFile = files.includes(data.name);
  if (isFile && ok) fail(data.name, "the file has no test");
  else if (data.skip !== undefined || data.todo !== undefined) {
    skipped++;
    console.log(`skipped: ${name}: ${data.skip || data.todo || "no reason given"}`);
  } else if (ok) passed++;
  // A parent that fails only because a child did is no failure of its own.
  else if (data.details.error?.failureType !== "subtestsFailed") {
    const printed = isFile ? (output.get(data.file) ?? "").trimEnd().split("\n").slice(-OUTPUT_LINES).join("\n") : "";
    fail(name, `${describe(data.details.error)}\n${printed}`.trimEnd());
  }
}

function fail(name, why) {
  failed++;
  console.log(`FAILED ${name}\n${why.replace(/^/gm, "    ")}`);
}

function describe(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error || typeof cause !== "string" ? (cause?.stack ?? inspect(cause)) : cause;
}

function pathOf(data) {
  const known = paths.get(data.file) ?? [];
  paths.set(data.file, known);
  return known;
}

function counts() {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function testFiles(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join(ROOT, folder, name))
    .sort();
}
