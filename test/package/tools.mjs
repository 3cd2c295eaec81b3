// Installs what the package check needs: its own tools once into .tools/package, a package into a consumer's folder.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(dirname(HERE));
export const VERSIONS = JSON.parse(readFileSync(join(HERE, "versions.json"), "utf8"));

const exec = promisify(execFile);
const LIMIT_MS = 100_000;

/** Runs a program; rejects with all that it printed. */
export async function run(command, args, cwd = ROOT) {
  try {
    const { stdout } = await exec(command, args, { cwd, timeout: LIMIT_MS, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    throw new Error([`${command} ${args.join(" ")}`, error.stdout, error.stderr || error.message].filter(Boolean).join("\n"));
  }
}

export function npm(args, cwd) {
  return run("npm", args, cwd);
}

/** `npm install` of a private package with these dependencies. */
export async function install(folder, dependencies) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }, null, 2));
  await npm(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", "--no-package-lock"], folder);
}

/** The folder whose node_modules has the tools of versions.json. */
export async function installTools() {
  const key = createHash("sha256").update(JSON.stringify(VERSIONS.tools)).digest("hex").slice(0, 12);
  const folder = join(ROOT, ".tools", `package-${key}`);
  const done = join(folder, "installed");
  if (!existsSync(done)) {
    console.log("fetching publint, attw and two compilers …");
    await install(folder, VERSIONS.tools);
    writeFileSync(done, "");
  }
  return join(folder, "node_modules");
}
