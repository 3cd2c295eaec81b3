import { execFile } from "node:child_process";

const LIMIT_MS = 15 * 60_000;

/** Runs a command to its end and gives its standard output. Rejects with the last lines of its standard error. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: LIMIT_MS, maxBuffer: 1 << 26, ...options }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const last = stderr.trim().split("\n").slice(-5).join("\n");
      reject(new Error(last || error.message));
    });
  });
}
