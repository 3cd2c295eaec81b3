import { performance } from "node:perf_hooks";

/** What a check found wrong, in words that need no stack. */
export class Finding extends Error {}

/**
 * Counts what a suite found and says it as it goes; `end()` prints the last line and sets the exit code. With CI=true a skip
 * that `missing` reports is a failure: there every tool must be had.
 */
export class Report {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #said = "";
  #countsSkips;

  constructor({ countsSkips = false } = {}) {
    this.#countsSkips = countsSkips;
  }

  get failed() {
    return this.#failed;
  }

  pass(name, detail = "") {
    this.#passed++;
    console.log(`  ok    ${name}${detail && `  ${detail}`}`);
  }

  fail(name, reason) {
    this.#failed++;
    console.log(`  FAIL  ${name}\n        ${String(reason).trim().split("\n").slice(0, 12).join("\n        ")}`);
  }

  /** Left out because it cannot apply. */
  skip(name, reason) {
    this.#skipped++;
    console.log(`  skip  ${name}: ${reason}`);
  }

  /** Left out because something is not installed here. */
  missing(name, reason) {
    if (process.env.CI === "true") this.fail(name, reason);
    else this.skip(name, reason);
  }

  /** Runs one check in at most `limitMs`; what it returns is printed beside its name. */
  async check(name, run, limitMs = 30_000) {
    const started = performance.now();
    let timer;
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
      });
      const detail = await Promise.race([run(), late]);
      this.pass(name, `${(performance.now() - started).toFixed(0)} ms${detail ? `, ${detail}` : ""}`);
    } catch (error) {
      this.fail(name, error instanceof Finding ? error.message : (error?.stack ?? error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Prints the counts so far, when they are others than at the last time. */
  progress() {
    const counts = this.#counts();
    if (counts !== this.#said) console.log(counts);
    this.#said = counts;
  }

  #counts() {
    return `${this.#passed} passed, ${this.#failed} failed${this.#countsSkips ? `, ${this.#skipped} skipped` : ""}`;
  }

  end() {
    console.log(this.#counts());
    process.exitCode = this.#failed === 0 ? 0 : 1;
  }
}
