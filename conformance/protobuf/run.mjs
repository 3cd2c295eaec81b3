// `npm run protobuf [-- --run NAME]`: the official Protocol Buffers conformance suite on the binary codec, required and recommended cases, up to
// edition 2023: on its messages as they are, and on plain ones (testee.mjs says what that is). There is no list of known failures. Last line:
// `N passed, N failed[, N skipped]`.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../../bench/harness/arguments.mjs";
import { protobufConformance, ROOT, ToolMissing } from "../../interop/tools.mjs";
import { runRunner } from "../runner.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUTPUT = join(ROOT, ".tools", "conformance");
/** What the suite comes to: fewer would mean that something has been left out. */
const CASES = 5567;
/** Those of the text format, which the runner counts as skipped. */
const TEXT_CASES = 883;
const MODES = { whole: [], plain: ["--plain"] };
const SHOWN = 20;
/** It takes seconds; a runner whose testee ends at once starts it again for every case. */
const LIMIT_MS = 60_000;
/** One for each of the runner's two suites, binary with JSON and text. */
const SUMMARY = /^CONFORMANCE SUITE \w+: (\d+) successes, (\d+) skipped, (\d+) expected failures, (\d+) unexpected failures/;

const options = readArguments({ run: "" });
let passed = 0;
let failed = 0;
let skipped = 0;

mkdirSync(OUTPUT, { recursive: true });
try {
  const tool = await protobufConformance();
  for (const mode of Object.keys(MODES)) await runSuite(mode, tool);
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  // with CI=true what cannot be run is a failure
  console.log(`skip all cases: ${error.message}`);
  if (process.env.CI === "true") failed++;
  else skipped = CASES * Object.keys(MODES).length;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;

async function runSuite(mode, { runner, preload }) {
  const only = options.run === "" ? [] : ["--test", options.run];
  const limits = ["--enforce_recommended", "--maximum_edition", "2023", "--output_dir", OUTPUT];
  const env = { ...process.env, ...(preload !== undefined && { LD_PRELOAD: preload }) };
  const args = [...limits, ...only, process.execPath, join(HERE, "testee.mjs"), ...MODES[mode]];
  const { lines, code, tookMs } = await runRunner(mode, runner, args, join(OUTPUT, `protobuf-${mode}.log`), { env, timeout: LIMIT_MS });
  report(mode, lines, code, tookMs);
}

function report(mode, lines, code, tookMs) {
  const summaries = lines.map((line) => SUMMARY.exec(line)?.slice(1).map(Number)).filter(Boolean);
  const [successes, left, , unexpected] = [0, 1, 2, 3].map((at) => summaries.reduce((sum, counts) => sum + counts[at], 0));
  passed += successes;
  failed += unexpected;
  console.log(
    `${mode}: ${successes} of ${successes + unexpected} cases passed in ${(tookMs / 1000).toFixed(0)} s, ${left} of text left out`,
  );
  const failures = lines.map((line) => /^ERROR, test=(\S+): (.+?),?(?: request=|$)/.exec(line)).filter(Boolean);
  for (const [, name, reason] of failures.slice(0, SHOWN)) console.log(`  FAILED ${name}: ${reason}`);
  if (failures.length > 0) console.log(`  all with their payloads: .tools/conformance/protobuf-${mode}.log`);
  if (unexpected > 0) return;
  if (code !== 0) fault(mode, `the runner exited with ${code}: ${lines.slice(-3).join(" ")}`);
  if (options.run !== "") return;
  if (successes !== CASES) fault(mode, `${CASES} cases were to be run`);
  if (left !== TEXT_CASES) fault(mode, `${TEXT_CASES} were to be left out`);
}

function fault(mode, text) {
  failed++;
  console.log(`${mode}: ${text}`);
}
