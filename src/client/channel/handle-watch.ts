import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { AttemptedCall } from "../../call/attempted-call.js";
import type { OpenCalls } from "../../call/open-calls.js";

/** How often the streams that were opened meanwhile are looked at. */
const EVERY_MS = 200;

/**
 * Has the collection of handles watched, of streams that live for longer than a moment. What is watched survives young collections with
 * all that it refers to, which costs a quarter of a short stream; so streams are watched from the next look on, and hold their handles until then.
 */
export class HandleWatch implements TimerTarget {
  private readonly runtime: Runtime;
  private readonly open: OpenCalls;
  private readonly timer: Timer = new Timer(this);
  /** Calls that began before it have been looked at. */
  private since = Number.NEGATIVE_INFINITY;

  constructor(runtime: Runtime, open: OpenCalls) {
    this.runtime = runtime;
    this.open = open;
  }

  /** A stream was opened. */
  begin(): void {
    if (!this.timer.running) this.runtime.timers.start(this.timer, this.runtime.now() + EVERY_MS);
  }

  /** No call is open. */
  stop(): void {
    this.runtime.timers.stop(this.timer);
  }

  onTimer(): void {
    const { since } = this;
    this.since = Math.floor(this.runtime.turnTime());
    for (
      let call = this.open.newest as AttemptedCall | undefined;
      call !== undefined && call.began >= since;
      call = call.older as AttemptedCall
    ) {
      call.watchHandle();
    }
  }
}
