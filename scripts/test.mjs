// `npm test`: brings the project up to date, runs the suites of test/suites.mjs, and prints `N passed, N failed` last.
// `npm test -- unit lint` runs only these suites; `npm test -- --list` says which there are.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setup } from "./setup.mjs";
import { runSuite } from "./test/run-suite.mjs";
import { CI, suites } from "./test/suites.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRESS_MS = 15_000;
const NAME_WIDTH = Math.max(...suites.map((suite) => suite.name.length));

const total = { passed: 0, failed: 0, skipped: 0 };

await main(process.argv.slice(2));

async function main(args) {
  if (args.includes("--list")) {
    for (const suite of suites) console.log(`${suite.name}${suite.ciOnly ? " (with CI=true)" : ""}`);
    return;
  }
  const unknown = args.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`no suite is named "${unknown[0]}"; there are: ${suites.map((suite) => suite.name).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const started = performance.now();
  try {
    await setup();
    for (const suite of suites) if (args.length === 0 || args.includes(suite.name)) await runOne(suite, args.includes(suite.name));
  } catch (error) {
    console.log(`FAILED setup: ${error.message}`);
    total.failed++;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped (see above)` : "";
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s${CI ? " with CI=true" : ""}${skipped}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

async function runOne(suite, asked) {
  if (suite.ciOnly && !CI && !asked) return say(suite, "only with CI=true");
  if (!existsSync(join(ROOT, suite.file))) {
    if (!suite.pending) total.failed++;
    else total.skipped++;
    return say(suite, suite.pending ? `skipped: not written yet (${suite.file})` : `FAILED: ${suite.file} is missing`);
  }
  const progress = showProgress(suite);
  const result = await runSuite(suite, ROOT, progress.update);
  progress.end();
  for (const key of Object.keys(total)) total[key] += result[key];
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : "";
  say(suite, `${result.passed} passed, ${result.failed} failed${skipped}`, result.seconds);
  for (const note of result.notes) console.log(`    ${note}`);
  for (const line of result.failures) console.log(`  | ${line}`);
  if (result.problem !== undefined) console.log(`  | ${result.problem}`);
}

/** On a terminal one line that counts; elsewhere a line now and then, so that a log shows that something goes on. */
function showProgress(suite) {
  const started = performance.now();
  let text = "…";
  const write = () => {
    const sum = `${total.passed} passed, ${total.failed} failed before`;
    const line = `${suite.name.padEnd(NAME_WIDTH)}  ${text} after ${((performance.now() - started) / 1000).toFixed(0)} s (${sum})`;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
    else console.log(line);
  };
  const timer = setInterval(write, process.stdout.isTTY ? 500 : PROGRESS_MS);
  return {
    update: ({ passed, failed }) => {
      text = `${passed} passed, ${failed} failed so far`;
    },
    end: () => {
      clearInterval(timer);
      if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
    },
  };
}

function say(suite, text, seconds) {
  console.log(`${suite.name.padEnd(NAME_WIDTH)}  ${text}${seconds === undefined ? "" : `  ${seconds.toFixed(1)} s`}`);
}
