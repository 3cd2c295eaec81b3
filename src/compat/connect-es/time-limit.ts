import { Code, ConnectError } from "@connectrpc/connect";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";

/**
 * The time of one call of connect-es, from its first interceptor on: however often interceptors repeat the call, and however long they wait,
 * it does not grow (contract C5).
 */
export class TimeLimit {
  private readonly runtime: Runtime;
  /** On the runtime's clock. */
  private readonly due: number;

  constructor(runtime: Runtime, timeoutMs: number) {
    this.runtime = runtime;
    this.due = runtime.now() + timeoutMs;
  }

  /** What is left, in ms; 0 when nothing is. */
  get remainingMs(): number {
    return Math.max(0, this.due - this.runtime.now());
  }

  /** What the work comes to. Rejects with `ConnectError` when the time runs out, or the signal aborts, while it is still waited for. */
  bound<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => new BoundWork(this.runtime, this.due, signal, reject).wait(work, resolve));
  }
}

class BoundWork implements TimerTarget {
  private readonly runtime: Runtime;
  private readonly timer: Timer = new Timer(this);
  private readonly signal: AbortSignal | undefined;
  private readonly reject: (reason: unknown) => void;
  private readonly onAbort: () => void;

  constructor(runtime: Runtime, due: number, signal: AbortSignal | undefined, reject: (reason: unknown) => void) {
    this.runtime = runtime;
    this.signal = signal;
    this.reject = reject;
    this.onAbort = () => this.fail(ConnectError.from(signal?.reason, Code.Canceled));
    if (Number.isFinite(due)) {
      runtime.hold(true);
      runtime.timers.start(this.timer, due);
    }
    if (signal?.aborted === true) this.onAbort();
    else signal?.addEventListener("abort", this.onAbort, { once: true });
  }

  wait<T>(work: Promise<T>, resolve: (value: T) => void): void {
    void work.then(resolve, this.reject).then(() => this.release());
  }

  onTimer(): void {
    this.runtime.hold(false);
    this.fail(new ConnectError("the operation timed out", Code.DeadlineExceeded));
  }

  private fail(error: ConnectError): void {
    this.release();
    // the call's own error says more, if there is a call by now: it has the same deadline and signal
    this.runtime.soon(() => this.reject(error));
  }

  private release(): void {
    if (this.timer.running) {
      this.runtime.timers.stop(this.timer);
      this.runtime.hold(false);
    }
    this.signal?.removeEventListener("abort", this.onAbort);
  }
}
