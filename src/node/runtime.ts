import type { Runtime } from "../base/runtime.js";
import { TimerWheel } from "../base/timer-wheel.js";

/**
 * Its reactions are microtasks. `queueMicrotask` makes an async resource and a bound function for each, which a turn that has rested feels
 * (some 20 µs against 4).
 */
const SETTLED: Promise<void> = Promise.resolve();

/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Node's clock, timers and turns. One wheel for the process, driven by at most one `setTimeout`, which keeps the process
 * alive only while a client's call is pending.
 */
class NodeRuntime implements Runtime {
  readonly timers: TimerWheel;
  #timeout: NodeJS.Timeout | undefined = undefined;
  /** When the timeout that is set will fire; Infinity for none. */
  #armedAt = Number.POSITIVE_INFINITY;
  /** When the wheel asked to be advanced. */
  #wakeAt = Number.POSITIVE_INFINITY;
  #soon: (() => void)[] = [];
  /** See `turnTime`; -1: not asked for since the microtasks last began. */
  #turnTime = -1;
  /** What is pending, see `hold`. */
  #pending = 0;
  readonly #onTimeout = (): void => this.#fire();
  readonly #onMicrotask = (): void => process.nextTick(this.#onTick);
  readonly #onTick = (): void => this.#runSoon();
  readonly #forgetTurn = (): void => {
    this.#turnTime = -1;
  };

  constructor() {
    this.timers = new TimerWheel(performance.now(), (at) => this.#wake(at));
  }

  now(): number {
    return performance.now();
  }

  turnTime(): number {
    if (this.#turnTime >= 0) return this.#turnTime;
    void SETTLED.then(this.#forgetTurn);
    this.#turnTime = performance.now();
    return this.#turnTime;
  }

  // without a microtask that forgets it, as `turnTime` needs where it does not know when the turn ends

  beginTurn(): number {
    this.#turnTime = performance.now();
    return this.#turnTime;
  }

  endTurn(): void {
    this.#turnTime = -1;
  }

  random(): number {
    return Math.random();
  }

  later(task: () => void): void {
    setImmediate(task);
  }

  hold(pending: boolean): void {
    this.#pending += pending ? 1 : -1;
    if (this.#pending > 0) this.#timeout?.ref();
    else this.#timeout?.unref();
  }

  /**
   * A tick that is queued from outside the microtasks would run before them, so the first task of a batch goes through a microtask:
   * a tick that is queued there runs when no microtask is left.
   */
  soon(task: () => void): void {
    if (this.#soon.push(task) === 1) void SETTLED.then(this.#onMicrotask);
  }

  #runSoon(): void {
    const tasks = this.#soon;
    this.#soon = [];
    for (const task of tasks) task();
  }

  /** Only an earlier time sets the timeout anew: deadlines that come and go by the thousand leave it alone. */
  #wake(at: number): void {
    this.#wakeAt = at;
    if (at < this.#armedAt) this.#arm(at);
  }

  #arm(at: number): void {
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#armedAt = at;
    const delay = Math.max(1, Math.ceil(at - performance.now()));
    this.#timeout = setTimeout(this.#onTimeout, Math.min(delay, MAX_DELAY_MS));
    if (this.#pending === 0) this.#timeout.unref();
  }

  #fire(): void {
    this.#timeout = undefined;
    this.#armedAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    // the wheel answers with its next time, which sets the timeout again
    if (now >= this.#wakeAt) this.timers.advance(now);
    else if (this.#wakeAt !== Number.POSITIVE_INFINITY) this.#arm(this.#wakeAt);
  }
}

/** The runtime of this process. */
export const nodeRuntime: Runtime = new NodeRuntime();
