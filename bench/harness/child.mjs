import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const children = new Set();
process.on("exit", () => killAll());
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => process.exit(130));

function killAll() {
  for (const child of children) child.kill("SIGKILL");
}

/** A process of ours on one core: the lines it prints, one at a time. Ends with this process. */
export class Child {
  #child;
  #lines = [];
  #waiting;
  #errors = "";
  #ended;

  /** `core`: the core to run on, or undefined for any. */
  constructor(command, args, core) {
    const pinned = core === undefined ? [command, args] : ["taskset", ["-c", String(core), command, ...args]];
    const env = { ...process.env, ...(core !== undefined && { GOMAXPROCS: "1" }) };
    this.#child = spawn(pinned[0], pinned[1], { env, stdio: ["pipe", "pipe", "pipe"] });
    children.add(this.#child);
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.on("data", (chunk) => (this.#errors = (this.#errors + chunk).slice(-2000)));
    const lines = createInterface({ input: this.#child.stdout });
    lines.on("line", (line) => this.#give(line));
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.#errors += error.message;
        resolve();
      });
      this.#child.on("close", resolve);
    }).then(() => {
      children.delete(this.#child);
      this.#give(undefined);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** What it wrote to standard error, the last 2,000 characters. */
  get errors() {
    return this.#errors.trim();
  }

  /** The next line; rejects when the process ends first or the time is over. */
  async line(limitMs = 60_000) {
    const line = this.#lines.length > 0 ? this.#lines.shift() : await this.#next(limitMs);
    if (line === undefined) throw new Error(this.errors || "the process ended without a word");
    return line;
  }

  async json(limitMs) {
    for (;;) {
      const line = await this.line(limitMs);
      if (line.startsWith("{")) return JSON.parse(line);
    }
  }

  /** All that it prints until it ends. */
  async rest() {
    await this.#ended;
    return this.#lines.filter((line) => line !== undefined).join("\n");
  }

  write(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Ends it: with its standard input and SIGTERM, after two seconds with SIGKILL. */
  async stop() {
    this.#child.stdin.end();
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await this.#ended;
    clearTimeout(timer);
  }

  #next(limitMs) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing was printed in ${limitMs / 1000} s; ${this.errors}`)), limitMs);
      this.#waiting = (line) => {
        clearTimeout(timer);
        resolve(line);
      };
    });
  }

  #give(line) {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(line);
    else this.#lines.push(line);
  }
}
