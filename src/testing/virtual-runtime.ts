import { setImmediate } from "node:timers";
import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, TimerWheel } from "../base/timer-wheel.js";
import { durationOption, UsageError } from "../base/usage-error.js";

/** Tasks that may run in one `run()`: more than this is a loop that would never end. */
const MAX_TASKS = 1_000_000;

/** What {@link VirtualRuntime} can be told. */
export interface VirtualRuntimeOptions {
  /** Where the sequence of `random()` starts; the same seed gives the same sequence. Default 1. */
  readonly seed?: number;
  /** What the clock shows at first, in ms. Default 0. */
  readonly startMs?: number;
}

/**
 * A {@link Runtime} whose time stands still until it is told to move, so that a test of a thirty-second deadline takes no time and
 * comes out the same on every run. Nothing happens by itself: tasks wait for {@link run}, timers for {@link advance}, and code
 * that awaits promises for {@link settle}.
 */
export class VirtualRuntime implements Runtime {
  readonly timers: TimerWheel;
  #now: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  #random: number;
  readonly #soon: (() => void)[] = [];
  readonly #later: (() => void)[] = [];

  constructor(options: VirtualRuntimeOptions = {}) {
    this.#now = options.startMs ?? 0;
    this.#random = (options.seed ?? 1) >>> 0;
    this.timers = new TimerWheel(this.#now, (at) => {
      this.#wakeAt = at;
    });
  }

  now(): number {
    return this.#now;
  }

  turnTime(): number {
    return this.#now;
  }

  beginTurn(): number {
    return this.#now;
  }

  endTurn(): void {}

  /** The next number of the seeded sequence (mulberry32). */
  random(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let t = this.#random;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  later(task: () => void): void {
    this.#later.push(task);
  }

  /** What is pending, see {@link hold}: 0 once every call has ended. */
  held = 0;

  hold(pending: boolean): void {
    this.held += pending ? 1 : -1;
  }

  /** Tasks that wait to run. */
  get pendingTasks(): number {
    return this.#soon.length + this.#later.length;
  }

  /**
   * Runs the tasks that wait, and those they ask for, until none is left: everything due `soon` before each task that is due `later`.
   * Time does not move. Throws `UsageError` when the tasks never end.
   */
  run(): void {
    let tasks = 0;
    for (;;) {
      const task = this.#soon.shift() ?? this.#later.shift();
      if (task === undefined) return;
      if (++tasks > MAX_TASKS) throw new UsageError(`run() has run ${MAX_TASKS} tasks and more wait: they ask for one another without end`);
      task();
    }
  }

  /** Runs the one task that is next; false: none waits. */
  runOne(): boolean {
    const task = this.#soon.shift() ?? this.#later.shift();
    task?.();
    return task !== undefined;
  }

  /**
   * As good as new, without the cost of it: the random sequence starts again, and time stands at a round number (a multiple of 65,536 ms).
   * Throws `UsageError` when a task or a timer is left.
   */
  restart(seed: number): void {
    if (this.pendingTasks > 0 || this.timers.size > 0) throw new UsageError("restart() of a clock on which tasks or timers wait");
    this.#random = seed >>> 0;
    this.#now = Math.ceil(this.#now / 65_536) * 65_536;
    this.timers.advance(this.#now);
    this.held = 0;
  }

  /** Runs what waits, then moves time on by `ms`, firing each timer at its own time and running what waits after each. */
  advance(ms: number): void {
    const end = this.#now + ms;
    this.run();
    while (this.fireNext(end)) this.run();
    this.#now = end;
  }

  /** When the next timer wants to fire, at the latest; Infinity: no timer runs. */
  get nextTimerAt(): number {
    return this.#wakeAt;
  }

  /** Moves time to the next timer, fires it, and runs what waits; false: there is none until `end`. */
  private fireNext(end: number): boolean {
    if (this.#wakeAt > end || this.#wakeAt === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, this.#wakeAt);
    this.timers.advance(this.#now);
    return true;
  }

  /**
   * {@link run} for code with promises in it: resolves when neither a task nor a microtask is left. Time does not move. `turn` resolves when
   * the microtasks have run; the default lets a turn of the real loop pass.
   */
  async settle(turn: () => Promise<void> = turnOfTheLoop): Promise<void> {
    do {
      this.run();
      await turn();
    } while (this.pendingTasks > 0);
  }

  /** {@link advance} for code with promises in it: before each timer fires, everything before it has settled. */
  async advanceAndSettle(ms: number, turn: () => Promise<void> = turnOfTheLoop): Promise<void> {
    const end = this.#now + ms;
    await this.settle(turn);
    while (this.fireNext(end)) await this.settle(turn);
    this.#now = end;
  }

  /**
   * What the promise comes to. Time moves, from timer to timer, only as long as that takes; rejects with `UsageError` when `withinMs` have
   * passed, or nothing is left that could happen.
   */
  async settlePromise<T>(promise: PromiseLike<T>, withinMs: number): Promise<T> {
    let over = false;
    const watched = Promise.resolve(promise).finally(() => {
      over = true;
    });
    watched.catch(() => {});
    const end = this.#now + withinMs;
    await this.settle();
    while (!over) {
      if (!this.fireNext(end)) throw new UsageError(`the promise waits for ever: at ${this.#now} ms nothing more can happen`);
      await this.settle();
    }
    return watched;
  }

  /** Resolves after so many ms of this clock; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    durationOption("ms", ms, 0, Number.MAX_SAFE_INTEGER);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        this.timers.stop(timer);
        reject(signal?.reason);
      };
      const timer = new Timer({
        onTimer: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      });
      signal?.addEventListener("abort", abort);
      this.timers.start(timer, this.#now + ms);
    });
  }
}

/** A turn of the real loop: all microtasks have run by then, however many they queue. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
