import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Initiator } from "../base/initiator.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import { CodeNumber } from "../rpc/code.js";
import type { Outcome } from "../rpc/outcome.js";
import type { RpcError } from "../rpc/rpc-error.js";
import type { Status } from "../rpc/status.js";
import { AbortWatch } from "./abort-watch.js";
import { CallEvent, Value } from "./call-event.js";
import { History } from "./history.js";
import { IdleWatch } from "./idle-watch.js";
import { OutcomeView } from "./outcome-view.js";
import { Effect, ENDED, effectOf, Input, nextState, transition } from "./transition.js";

/** A deadline that no call reaches. */
export const NEVER = -1;

/** What a timeline tells of the inputs that end a call. A reset or a loss is told where it is heard of, with its code. */
const END_EVENTS: Readonly<Record<number, number>> = {
  [Input.status]: CallEvent.status,
  [Input.complete]: CallEvent.complete,
  [Input.cancel]: CallEvent.cancelled,
  [Input.deadline]: CallEvent.deadline,
  [Input.fault]: CallEvent.failed,
};

/**
 * The life of one call: its state, its one outcome, and what can end it in time: the deadline and the user's abort signal. Nothing here
 * is specific to a side, a kind, or a transport.
 */
export abstract class Lifetime extends History implements TimerTarget {
  /** See `transition.ts`. */
  state: number;
  /** How the call ended: set on the way into the terminal state, never again. */
  status: Status | undefined = undefined;
  initiator: Initiator = "application";
  /** What made this side end the call: the reason of a cancel, an exception. Never goes over the wire. */
  cause: unknown = undefined;
  /** When the call must be over, in whole ms of the runtime's clock, or `NEVER`. */
  deadline: number = NEVER;
  /** The one timer of the call: for the deadline, the next look at whether anything moves, or the end of `close()`, whichever comes first. */
  private timer: Timer | undefined = undefined;
  private idle: IdleWatch | undefined = undefined;
  private abortWatch: AbortWatch | undefined = undefined;
  private view: OutcomeView | undefined = undefined;

  constructor(state: number, now: number) {
    super(now);
    this.state = state;
  }

  get ended(): boolean {
    return this.state === ENDED;
  }

  // ---- the state machine

  /** Moves the state by an input that does not end the call; returns its `Effect`. */
  move(input: number): number {
    const verdict = transition(this.state, input);
    this.state = nextState(verdict);
    return effectOf(verdict);
  }

  /**
   * Moves into the terminal state by an input that ends the call. The first one wins: returns false when the call had ended.
   * Stops what waits on this side and tells the side's own parts; what the transport holds is released at its end.
   */
  end(input: number, status: Status, initiator: Initiator, cause?: unknown): boolean {
    const verdict = transition(this.state, input);
    if (effectOf(verdict) === Effect.ignored) return false;
    this.state = nextState(verdict);
    this.status = status;
    this.initiator = initiator;
    this.cause = cause;
    this.stopTimer();
    this.abortWatch?.stop();
    this.abortWatch = undefined;
    this.recordEnd(input, status);
    this.view?.settle(status, initiator, cause, this.timeline);
    this.onEnded(input);
    return true;
  }

  private recordEnd(input: number, status: Status): void {
    const event = END_EVENTS[input];
    if (event !== undefined) {
      this.record(event);
      if (status.code !== CodeNumber.ok && (input === Input.status || input === Input.fault)) this.recordValue(Value.status, status.code);
    }
    const { unreadMessages, waitingSends } = this;
    if (unreadMessages > 0) this.recordValue(Value.unread, unreadMessages);
    if (waitingSends > 0) this.recordValue(Value.unsent, waitingSends);
  }

  /** Messages that have arrived and nobody has taken. */
  abstract get unreadMessages(): number;
  /** Sends that wait for room. */
  abstract get waitingSends(): number;

  /** Ends the call since this side cannot or must not go on: a limit, malformed bytes, a shutdown. `initiator`: by default the engine. */
  abstract fault(status: Status, cause?: unknown, initiator?: Initiator): void;
  /** The deadline has passed. */
  protected abstract expire(): void;
  /** The terminal state was just entered. */
  protected abstract onEnded(input: number): void;

  // ---- the outcome, made when asked for

  /** Settles once, with the outcome; never rejects. */
  get outcome(): Promise<Outcome> {
    return this.outcomeView().promise;
  }

  /** Whether the call has ended, and well. */
  protected get endedWell(): boolean {
    return this.status?.code === CodeNumber.ok;
  }

  /** The error of a call that has ended badly: always the same object. Undefined while it runs and after a good end. */
  error(): RpcError | undefined {
    if (this.status === undefined || this.endedWell) return undefined;
    return this.outcomeView().error;
  }

  /** How the call ended; undefined while it runs. */
  protected get outcomeNow(): Outcome | undefined {
    return this.outcomeView().outcome;
  }

  private outcomeView(): OutcomeView {
    if (this.view === undefined) {
      this.view = new OutcomeView();
      if (this.status !== undefined) this.view.settle(this.status, this.initiator, this.cause, this.timeline);
    }
    return this.view;
  }

  // ---- deadline and abort

  /** Sets the instant (ms of the runtime's clock) at which the call expires. */
  protected startDeadline(at: number): void {
    this.deadline = Math.ceil(at);
    this.startTimer(this.deadline);
  }

  protected get pastDeadline(): boolean {
    return this.deadline !== NEVER && this.runtime.now() >= this.deadline;
  }

  /** The time left in ms, Infinity without a deadline; never negative. */
  timeRemainingMs(): number {
    return this.deadline === NEVER ? Number.POSITIVE_INFINITY : Math.max(0, this.deadline - this.runtime.now());
  }

  /** Ends the call by `onIdle` once `progress` has stood still for so long, counted from now; Infinity: never. */
  protected startIdle(timeoutMs: number): void {
    if (timeoutMs === Number.POSITIVE_INFINITY || this.ended) return;
    this.idle = new IdleWatch(timeoutMs, this.progress);
    this.startTimer(this.runtime.now() + this.idle.everyMs);
  }

  /** A number that changes whenever a message moves. */
  protected abstract get progress(): number;

  /** Nothing moved for the idle time. */
  protected abstract onIdle(): void;

  /** From now on only the deadline and `at` (Infinity: never) end the call, by `onCloseTimeout`: whether it stands still does not matter. */
  protected limitClose(at: number): void {
    this.idle = undefined;
    this.startTimer(at);
  }

  /** The time of `limitClose` has come. */
  protected onCloseTimeout(): void {}

  /** Starts the timer for this instant or for the deadline, whichever comes first. */
  private startTimer(at: number): void {
    const first = this.deadline === NEVER ? at : Math.min(at, this.deadline);
    if (first === Number.POSITIVE_INFINITY) {
      this.stopTimer();
      return;
    }
    this.timer ??= new Timer(this);
    this.runtime.timers.start(this.timer, first);
  }

  private stopTimer(): void {
    if (this.timer !== undefined) this.runtime.timers.stop(this.timer);
  }

  onTimer(): void {
    if (this.pastDeadline) this.expire();
    else if (this.idle === undefined) this.onCloseTimeout();
    else if (this.idle.look(this.progress)) this.onIdle();
    else this.startTimer(this.runtime.now() + this.idle.everyMs);
  }

  /** Calls `cancel` with the signal's reason when the signal aborts, until the call ends. */
  watch(signal: AbortSignalLike, cancel: (reason: unknown) => void): void {
    if (signal.aborted) cancel(signal.reason);
    else this.abortWatch = new AbortWatch(signal, cancel);
  }
}
