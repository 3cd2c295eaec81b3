import type { TimerWheel } from "./timer-wheel.js";

/**
 * What a platform lends to Sluice: a clock, timers, turns of its event loop, randomness, a place to log.
 * `sluice/node` and `sluice/web` bring one for the process; `sluice/testing` brings one whose time stands still until told.
 */
export interface Runtime {
  /** Milliseconds on a monotonic clock; the origin means nothing. */
  now(): number;
  /**
   * What `now()` said when it was first asked for in this turn of the event loop, or since its microtasks began to run: for what needs to
   * be right to a turn only and is asked for often.
   */
  turnTime(): number;
  /** An event of the platform begins: what `now()` says, which is the time of the turn until `endTurn()`. */
  beginTurn(): number;
  /** The event is dealt with, and its microtasks are to begin. */
  endTurn(): void;
  /** All timers of Sluice on this runtime, one wheel. */
  readonly timers: TimerWheel;
  /** Runs the task once the microtasks that are queued now, and those they queue, have run; before any I/O. Tasks must not throw. */
  soon(task: () => void): void;
  /** Runs the task in a later turn of the event loop, after pending I/O had its chance. Tasks must not throw. */
  later(task: () => void): void;
  /**
   * Says that something is pending (true) or has come to its end (false): as many of each. In between, timers keep the process
   * alive; otherwise only sockets in use do, so that a forgotten idle channel does not.
   */
  hold(pending: boolean): void;
  /** A number in [0, 1). Used for jitter only, never for secrets. */
  random(): number;
}
