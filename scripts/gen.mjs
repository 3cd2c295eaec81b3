// `npm run gen`: writes gen/ from proto/ and the folders of conformance/ (buf.yaml), and src/services/gen/ from proto/grpc/. With --check it writes to a
// temporary folder and says whether they are what it would write.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules", ".bin");
const FOLDERS = ["gen", "src/services/gen"];

function generate(output) {
  buf("generate", "--output", output, "--exclude-path", "proto/grpc");
  buf("generate", "--output", output, "--template", "buf.gen.services.yaml", "--path", "proto/grpc");
  const services = join(output, "src/services/gen");
  for (const [path, text] of readFiles(services)) writeFileSync(join(services, path), forOldestProtobuf(text));
}

function buf(...args) {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };
  execFileSync(join(BIN, "buf"), args, { cwd: ROOT, env, stdio: "inherit" });
}

/** Code for the run-time module that protobuf-es 2.2, the oldest that the package works with, has too; what it offers to this code is the same. */
function forOldestProtobuf(text) {
  return text.replaceAll('"@bufbuild/protobuf/codegenv2"', '"@bufbuild/protobuf/codegenv1"');
}

function check() {
  const temporary = mkdtempSync(join(tmpdir(), "sluice-gen-"));
  try {
    generate(temporary);
    const fresh = readAll(temporary);
    const kept = readAll(ROOT);
    const names = new Set([...fresh.keys(), ...kept.keys()]);
    const stale = [...names].filter((name) => fresh.get(name) !== kept.get(name));
    for (const name of stale) console.log(`${name} is not what the proto files give: run npm run gen`);
    console.log(`${names.size - stale.length} passed, ${stale.length} failed`);
    if (stale.length > 0) process.exitCode = 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What is in the generated folders below a root, by path. */
function readAll(root) {
  return new Map(FOLDERS.flatMap((folder) => [...readFiles(join(root, folder))].map(([path, text]) => [join(folder, path), text])));
}

function readFiles(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}

if (process.argv.includes("--check")) check();
else generate(ROOT);
