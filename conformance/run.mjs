// `npm run conformance [-- --mode server|client|page] [-- --run PATTERN]`: the official Connect conformance suite, every case of config.yaml, on this
// server and client, and every case of page.yaml on the client of sluice/page. There is no list of known failures. Last line: `N passed, N failed[, N skipped]`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, refuse } from "../bench/harness/arguments.mjs";
import { connectConformance, otherNode, ROOT, ToolMissing } from "../interop/tools.mjs";
import { runRunner } from "./runner.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(ROOT, ".tools", "conformance");
/** What the configurations come to: fewer would mean that something has been left out. */
const CASES = { server: 7288, client: 8978, page: 166 };
const CASES_WITHOUT_ZSTD = { server: 5554, client: 6920, page: 166 };
const SHOWN = 20;
/** What the runner prints when all is well. */
const USUAL = /^(?:Total cases: \d+|\d+ passed, \d+ failed|\s*)$/;

const options = readArguments({ mode: "", run: "" });
const modes = options.mode === "" ? ["server", "client", "page"] : [options.mode];
if (modes.some((mode) => !(mode in CASES))) refuse(`--mode is server, client or page, not ${options.mode}`);

mkdirSync(OUTPUT, { recursive: true });
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const runner = await connectConformance();
  const { node, config, cases, reason } = await nodeWithZstd();
  for (const mode of modes) {
    const conf = mode === "page" ? join(HERE, "page.yaml") : config;
    await runMode(mode, { runner, node, config: conf, expected: options.run === "" ? cases[mode] : undefined });
    if (reason !== undefined && cases[mode] < CASES[mode]) leaveOut(CASES[mode] - cases[mode], `zstd of ${mode}s: ${reason}`);
  }
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  for (const mode of modes) leaveOut(CASES[mode], `all cases of ${mode}s: ${error.message}`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;

/** The programs run under a Node that has zstd: this one, or one that npm has. Else zstd is left out by name. */
async function nodeWithZstd() {
  const config = join(HERE, "config.yaml");
  if ("zstdCompressSync" in (await import("node:zlib"))) return { node: process.execPath, config, cases: CASES };
  try {
    return { node: await otherNode(), config, cases: CASES };
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    const without = join(OUTPUT, "config.yaml");
    writeFileSync(without, readFileSync(config, "utf8").replace(", COMPRESSION_ZSTD", ""));
    const reason = `Node ${process.version} does not have it, and ${error.message}`;
    return { node: process.execPath, config: without, cases: CASES_WITHOUT_ZSTD, reason };
  }
}

async function runMode(mode, { runner, node, config, expected }) {
  const pattern = options.run === "" ? [] : ["--run", options.run];
  const args = ["--mode", mode === "server" ? "server" : "client", "--conf", config, ...pattern, "--", node, join(HERE, `${mode}.mjs`)];
  const { lines, code, tookMs } = await runRunner(mode, runner, args, join(OUTPUT, `${mode}.log`));
  report(mode, lines, code, expected, tookMs);
}

function report(mode, lines, code, expected, tookMs) {
  const [, good, bad] = lines.map((line) => /^(\d+) passed, (\d+) failed/.exec(line)).find(Boolean) ?? [undefined, "0", "0"];
  passed += Number(good);
  failed += Number(bad);
  console.log(`${mode}: ${good} of ${Number(good) + Number(bad)} cases passed in ${(tookMs / 1000).toFixed(0)} s`);
  const failures = lines.filter((line) => line.startsWith("FAILED"));
  for (const line of failures.slice(0, SHOWN)) console.log(`  ${line}`);
  if (failures.length > 0) console.log(`  all with their reasons: .tools/conformance/${mode}.log`);
  const ran = Number(good) + Number(bad);
  if (expected !== undefined && ran !== expected) fault(`${mode}: ${expected} cases were to be run`);
  if (Number(bad) > 0) return;
  if (code !== 0) fault(`${mode}: the runner exited with ${code}: ${lines.slice(-3).join(" ")}`);
  // Cases that could not be run are no failures to the runner; and a program that warns has done something that it should not.
  const unusual = lines.filter((line) => !USUAL.test(line));
  if (code === 0 && unusual.length > 0) fault(`${mode}: all is well, and yet it was said: ${unusual.slice(0, SHOWN).join("\n  ")}`);
}

/** Cases that cannot be run here: with CI=true that is a failure. */
function leaveOut(count, what) {
  console.log(`skip ${what}`);
  if (process.env.CI === "true") failed++;
  else skipped += count;
}

function fault(text) {
  failed++;
  console.log(text);
}
