import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** A server that a command started is waited for until it says this. */
const LISTENS = /^listening on /m;
const COMMAND_LIMIT_MS = 30_000;

/** A reader's folder: files as the documents give them, packages as the documents install them, commands as they say. */
export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sluice-documents-"));
  /** The documents say 8080, which may be taken here. */
  private readonly port: number;
  private readonly stop = new AbortController();
  private readonly servers: Promise<unknown>[] = [];

  private constructor(port: number) {
    this.port = port;
  }

  static async make(): Promise<Project> {
    return new Project(await freePort());
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("8080", String(this.port)));
  }

  /** What `npm install` would do, without a registry: the named packages, and nothing else, as links to the project's own. */
  install(packages: readonly string[]): void {
    for (const name of packages) {
      const ours = name.endsWith(".tgz");
      const target = ours ? ROOT : join(ROOT, "node_modules", name);
      if (!existsSync(target)) throw new Error(`the documents install ${name}, which the project does not have`);
      this.link(target, ours ? "sluice" : name);
      for (const [command, owner] of Object.entries(COMMANDS)) {
        if (owner === name) this.link(join(ROOT, "node_modules", ".bin", command), join(".bin", command));
      }
    }
  }

  private link(target: string, name: string): void {
    const path = join(this.folder, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  /** Runs a line of a shell block; gives what it printed. A program whose file is called server stays up until `close`. */
  async run(line: string): Promise<string> {
    if (/^node \S*server\.js$/.test(line)) return this.serve(line);
    try {
      const { stdout } = await promisify(execFile)("sh", ["-c", line], { cwd: this.folder, timeout: COMMAND_LIMIT_MS });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`"${line}" failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  private serve(line: string): Promise<string> {
    const [, file = ""] = line.split(" ");
    const child = spawn(process.execPath, [file], { cwd: this.folder, signal: this.stop.signal, stdio: ["ignore", "pipe", "inherit"] });
    child.on("error", () => {});
    this.servers.push(new Promise((resolve) => child.once("close", resolve)));
    return new Promise((resolve, reject) => {
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (LISTENS.test(output)) resolve(output);
      });
      child.once("close", () => reject(new Error(`"${line}" ended before it listened: ${output}`)));
    });
  }

  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.servers);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Commands of the documents, and the package that brings each. */
const COMMANDS: Readonly<Record<string, string>> = { buf: "@bufbuild/buf", "protoc-gen-es": "@bufbuild/protoc-gen-es", tsc: "typescript" };

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
