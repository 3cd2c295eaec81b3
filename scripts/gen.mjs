// `npm run gen`: writes gen/ from proto/ and conformance/proto/. With --check it writes to a temporary folder and says whether gen/ is what it would write.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules", ".bin");

function generate(output) {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };
  execFileSync(join(BIN, "buf"), ["generate", "--output", output], { cwd: ROOT, env, stdio: "inherit" });
}

function check() {
  const temporary = mkdtempSync(join(tmpdir(), "sluice-gen-"));
  try {
    generate(temporary);
    const fresh = readFiles(join(temporary, "gen"));
    const kept = readFiles(join(ROOT, "gen"));
    const names = new Set([...fresh.keys(), ...kept.keys()]);
    const stale = [...names].filter((name) => fresh.get(name) !== kept.get(name));
    for (const name of stale) console.log(`gen/${name} is not what the proto files give: run npm run gen`);
    console.log(`${names.size - stale.length} passed, ${stale.length} failed`);
    if (stale.length > 0) process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function readFiles(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}

if (process.argv.includes("--check")) check();
else generate(ROOT);
