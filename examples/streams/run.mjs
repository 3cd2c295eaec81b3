// Runs every example of this folder, one after the other; the last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const LIMIT_MS = 20_000;

let passed = 0;
let failed = 0;
for (const file of readdirSync(FOLDER)
  .filter((name) => /^\d.*\.mjs$/.test(name))
  .sort()) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, ["--unhandled-rejections=strict", file], {
    cwd: FOLDER,
    encoding: "utf8",
    timeout: LIMIT_MS,
  });
  if (status === 0) passed++;
  else {
    failed++;
    console.log(`FAILED examples/streams/${file}${error === undefined ? "" : `: ${error.message}`}`);
  }
  console.log(`${stdout}${stderr}`.trimEnd().replace(/^/gm, "    "));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
