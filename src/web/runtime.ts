import type { Runtime } from "../base/runtime.js";
import { TimerWheel } from "../base/timer-wheel.js";

/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Clock, timers and turns of any platform that has fetch. One wheel, driven by at most one `setTimeout`. */
class WebRuntime implements Runtime {
  readonly timers: TimerWheel;
  #timeout: ReturnType<typeof setTimeout> | undefined = undefined;
  readonly #onTimeout = (): void => this.timers.advance(performance.now());

  constructor() {
    this.timers = new TimerWheel(performance.now(), (at) => this.#wake(at));
  }

  now(): number {
    return performance.now();
  }

  turnTime(): number {
    return performance.now();
  }

  beginTurn(): number {
    return performance.now();
  }

  endTurn(): void {}

  random(): number {
    return Math.random();
  }

  /** There is no turn between microtasks and I/O to be had: the next turn has to do. */
  soon(task: () => void): void {
    this.later(task);
  }

  later(task: () => void): void {
    if (typeof setImmediate === "function") setImmediate(task);
    else setTimeout(task, 0);
  }

  /** What is open keeps a process alive by its sockets, and its timers. */
  hold(): void {}

  #wake(at: number): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timeout = setTimeout(this.#onTimeout, Math.min(Math.max(0, Math.ceil(at - performance.now())), MAX_DELAY_MS));
  }
}

let runtime: Runtime | undefined;

/** The runtime of this page, worker or process. Made on first use: importing does nothing. */
export function webRuntime(): Runtime {
  runtime ??= new WebRuntime();
  return runtime;
}
