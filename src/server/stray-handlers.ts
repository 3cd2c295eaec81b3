import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import type { Call } from "../call/call.js";
import { OpenCalls } from "../call/open-calls.js";
import type { ServerCall } from "../call/server-call.js";

/** A handler that still runs so long after its call has ended is a stray. */
export const STRAY_AFTER_MS = 5_000;

/**
 * The handlers that run on after their calls have ended (contract C11). Most come to rest in the same turn; those that do not within
 * `STRAY_AFTER_MS` are strays: each is told once, and counted until it comes to rest. One timer, for the oldest.
 */
export class StrayHandlers implements TimerTarget {
  /** Strays found since the start. */
  total = 0;
  private readonly runtime: Runtime;
  private readonly onStray: (call: ServerCall) => void;
  private readonly timer: Timer = new Timer(this);
  /** The timer runs, or will be looked after when the microtasks of this turn have run. */
  private watched = false;
  private closed = false;
  /** Ended a short while ago: in order, for each is added when it has ended. */
  private readonly recent = new OpenCalls();
  private readonly strays = new OpenCalls();

  constructor(runtime: Runtime, onStray: (call: ServerCall) => void) {
    this.runtime = runtime;
    this.onStray = onStray;
  }

  /** Strays that run now. */
  get size(): number {
    return this.strays.size;
  }

  /** The calls of all handlers that outlived them, the newest first. */
  snapshot(): Call[] {
    return [...this.recent.snapshot(), ...this.strays.snapshot()];
  }

  /** The call has ended, and its handler runs. Does little: the handler waits for this turn's microtasks. */
  add(call: ServerCall): void {
    // rounded, so that it stays a small integer
    call.outlivedAt = Math.ceil(this.runtime.turnTime());
    this.recent.add(call);
    if (this.watched) return;
    this.watched = true;
    this.runtime.soon(this.watch);
  }

  private readonly watch = (): void => {
    const oldest = this.recent.oldest as ServerCall | undefined;
    if (oldest === undefined || this.closed) this.watched = false;
    else this.runtime.timers.start(this.timer, oldest.outlivedAt + STRAY_AFTER_MS);
  };

  /** The handler has come to rest. */
  delete(call: ServerCall): void {
    const { outlivedAt } = call;
    if (outlivedAt === NEVER) return;
    call.outlivedAt = NEVER;
    if (outlivedAt === FOUND) this.strays.delete(call);
    else this.recent.delete(call);
    if (this.recent.size === 0 && this.timer.running) this.rest();
  }

  private rest(): void {
    this.watched = false;
    this.runtime.timers.stop(this.timer);
  }

  /** The server is closed, and has told which handlers run on: nobody is looked after any more. */
  close(): void {
    this.closed = true;
    this.rest();
  }

  onTimer(): void {
    const now = this.runtime.now();
    for (let call = this.recent.oldest as ServerCall | undefined; call !== undefined; call = this.recent.oldest as ServerCall | undefined) {
      const due = call.outlivedAt + STRAY_AFTER_MS;
      if (due > now) {
        this.runtime.timers.start(this.timer, due);
        return;
      }
      this.recent.delete(call);
      this.strays.add(call);
      call.outlivedAt = FOUND;
      this.total++;
      this.onStray(call);
    }
    this.watched = false;
  }
}

/** Values of `ServerCall.outlivedAt` that are no times: its handler did not outlive it, or was found to be a stray. */
const NEVER = -1;
const FOUND = -2;
