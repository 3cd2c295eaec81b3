// Starts a suite's runner, says now and then that it goes on, and keeps what it printed in a log.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { ROOT } from "../interop/tools.mjs";

/** `options`: of `spawn`. Gives the lines it printed, its exit code, and how long it took. */
export async function runRunner(mode, runner, args, log, options = {}) {
  const started = Date.now();
  console.log(`${mode}: running …`);
  const lines = [];
  const child = spawn(runner, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], ...options });
  const beat = setInterval(() => console.log(`${mode}: … ${((Date.now() - started) / 1000).toFixed(0)} s`), 10_000);
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) lines.push(line);
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  await Promise.all(reading);
  clearInterval(beat);
  writeFileSync(log, `${lines.join("\n")}\n`);
  return { lines, code, tookMs: Date.now() - started };
}
