// The processes of a storm: each is asked one thing at a time, and answers.
import { fork } from "node:child_process";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A program of ours in a process of its own. It ends by itself when it is left, or `leave` says that it did not. */
export class Child {
  #name;
  #process;
  #errors = "";
  #asked;
  #ended;

  constructor(program, flags = []) {
    this.#name = program.pathname.split("/").at(-1);
    this.#process = fork(program, {
      execArgv: ["--unhandled-rejections=strict", ...flags],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    running.add(this.#process);
    this.#process.stderr.setEncoding("utf8").on("data", (text) => {
      this.#errors = (this.#errors + text).slice(0, 4000);
    });
    this.#process.on("message", (answer) => {
      const asked = this.#asked;
      this.#asked = undefined;
      if (answer.error === undefined) asked.resolve(answer.value);
      else asked.reject(new Error(`${this.#name}: ${answer.error}`));
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => {
        running.delete(this.#process);
        this.#asked?.reject(new Error(`${this.#name} ended with ${signal ?? code}\n${this.#errors}`));
        resolve(code ?? signal);
      });
    });
  }

  ask(what, parameters = {}) {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#process.send({ what, ...parameters });
    });
  }

  /** Resolves when the process has ended by itself, since nothing is left that keeps it; rejects with what it said otherwise. */
  async leave(limitMs = 10_000) {
    if (this.#process.connected) this.#process.disconnect();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#process.kill("SIGKILL");
    }, limitMs);
    const code = await this.#ended;
    clearTimeout(timer);
    if (late) throw new Error(`${this.#name} did not end by itself within ${limitMs} ms: something keeps it`);
    if (code !== 0) throw new Error(`${this.#name} ended with ${code}\n${this.#errors}`);
  }

  kill() {
    this.#process.kill("SIGKILL");
    return this.#ended;
  }
}

/** In the child: answers what is asked with the function of that name. */
export function answer(functions) {
  process.on("message", async ({ what, ...parameters }) => {
    try {
      process.send({ value: await functions[what](parameters) });
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
}
