// Runs one suite as a process and reads its result: the last line of the form `N passed, N failed[, N skipped]` that it printed.
// Lines of that form printed earlier are progress; lines that begin with `skip` or `note:` are repeated to the reader; of a suite
// that failed, the lines that begin with `FAIL` and what is indented below them.
import { spawn } from "node:child_process";

const RESULT = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const TAIL_LINES = 60;
const MAX_SHOWN_LINES = 400;
const KILL_AFTER_MS = 5000;

/**
 * Resolves to `{ passed, failed, skipped, notes, problem, failures, seconds }`; never rejects. `problem` says why a suite failed
 * beyond its own count; `failures` are the lines to show. A suite with `byExitCode` has no protocol: it counts as one test.
 */
export function runSuite(suite, cwd, onProgress) {
  return new Promise((resolve) => {
    const started = performance.now();
    const lines = [];
    const notes = [];
    let counts;
    let late = false;
    // A group of its own, so that the time limit also ends what the suite has started.
    const child = spawn(suite.command[0], suite.command.slice(1), { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const limit = setTimeout(() => {
      late = true;
      signalGroup(child, "SIGTERM");
      setTimeout(() => signalGroup(child, "SIGKILL"), KILL_AFTER_MS).unref();
    }, suite.limitSeconds * 1000);

    const take = (line) => {
      const result = RESULT.exec(line);
      if (result !== null) {
        counts = { passed: Number(result[1]), failed: Number(result[2]), skipped: Number(result[3] ?? 0) };
        onProgress(counts);
      } else {
        if (/^\s*(skip(ped)?:?|note:)\s+\S/.test(line)) notes.push(line.trim());
        lines.push(line);
      }
    };
    const flushOut = splitLines(child.stdout, take);
    const flushError = splitLines(child.stderr, take);

    child.on("error", (error) => finish(`cannot start: ${error.message}`));
    child.on("close", (code, signal) => finish(problemOf(code, signal)));

    function problemOf(code, signal) {
      if (late) return `not done after ${suite.limitSeconds} s: stopped`;
      if (suite.byExitCode) {
        counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
        return undefined;
      }
      if (counts === undefined) return `ended (${signal ?? `exit code ${code}`}) without a line "N passed, N failed"`;
      if (code !== 0 && counts.failed === 0) return `ended with ${signal ?? `exit code ${code}`} though it counted no failure`;
      return undefined;
    }

    function finish(problem) {
      clearTimeout(limit);
      flushOut();
      flushError();
      const { passed = 0, failed = 0, skipped = 0 } = counts ?? {};
      const seconds = (performance.now() - started) / 1000;
      const failures = failed > 0 || problem !== undefined ? failureLines(lines) : [];
      resolve({ passed, failed: failed + (problem === undefined ? 0 : 1), skipped, notes, problem, failures, seconds });
    }
  });
}

function failureLines(lines) {
  const shown = [];
  let depth = -1;
  for (const line of lines) {
    const indent = line.search(/\S/);
    if (/^\s*FAIL/.test(line)) depth = indent;
    else if (indent >= 0 && indent <= depth) depth = -1;
    if (depth >= 0) shown.push(line);
  }
  return shown.length > 0 ? shown.slice(0, MAX_SHOWN_LINES) : lines.slice(-TAIL_LINES);
}

function splitLines(stream, take) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line.trimEnd());
  });
  return () => {
    if (rest !== "") take(rest.trimEnd());
    rest = "";
  };
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}
