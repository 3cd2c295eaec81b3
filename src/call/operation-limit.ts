import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import { durationOption } from "../base/usage-error.js";
import { RpcError } from "../rpc/rpc-error.js";
import { AbortWatch } from "./abort-watch.js";

/** What may end one operation of a stream, and not the stream. */
export interface OperationOptions {
  readonly signal?: AbortSignalLike | undefined;
  readonly timeoutMs?: number | undefined;
}

/** How an operation that was given up is told of it. */
export interface GivenUp {
  readonly aborted: string;
  late(timeoutMs: number): string;
}

/** Ends the wait of one operation when its signal aborts or its time is over, whichever comes first; nothing after `stop`. */
export class OperationLimit implements TimerTarget {
  private readonly runtime: Runtime;
  private readonly options: OperationOptions;
  private readonly told: GivenUp;
  private readonly giveUp: (error: RpcError) => void;
  private readonly watch: AbortWatch | undefined;
  private readonly timer: Timer | undefined;

  /** The error of an operation that may not wait, since its signal has aborted or its time is 0; else undefined. */
  static refusal(options: OperationOptions | undefined, told: GivenUp): RpcError | undefined {
    if (options?.signal?.aborted) return aborted(options.signal, told);
    return options?.timeoutMs === 0 ? late(0, told) : undefined;
  }

  /** What ends the wait that begins now; undefined where nothing was asked for. `refusal` gave nothing. */
  static begin(
    runtime: Runtime,
    options: OperationOptions | undefined,
    told: GivenUp,
    giveUp: (error: RpcError) => void,
  ): OperationLimit | undefined {
    if (options === undefined || (options.signal === undefined && options.timeoutMs === undefined)) return undefined;
    return new OperationLimit(runtime, options, told, giveUp);
  }

  private constructor(runtime: Runtime, options: OperationOptions, told: GivenUp, giveUp: (error: RpcError) => void) {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
    this.runtime = runtime;
    this.options = options;
    this.told = told;
    this.giveUp = giveUp;
    this.watch = signal === undefined ? undefined : new AbortWatch(signal, () => this.end(aborted(signal, told)));
    this.timer = timeoutMs === Number.POSITIVE_INFINITY ? undefined : new Timer(this);
    if (this.timer !== undefined) runtime.timers.start(this.timer, runtime.now() + timeoutMs);
  }

  onTimer(): void {
    this.end(late(this.options.timeoutMs as number, this.told));
  }

  /** The options of the same operation for the time that is left. */
  rest(): OperationOptions {
    if (this.timer === undefined) return this.options;
    return { ...this.options, timeoutMs: Math.max(0, this.timer.due - this.runtime.now()) };
  }

  stop(): void {
    this.watch?.stop();
    if (this.timer !== undefined) this.runtime.timers.stop(this.timer);
  }

  private end(error: RpcError): void {
    this.stop();
    this.giveUp(error);
  }
}

/** Throws `UsageError` for a time-out out of range. */
export function checkOperation(options: OperationOptions): void {
  if (options.timeoutMs !== undefined) durationOption("timeoutMs", options.timeoutMs, 0);
}

function aborted(signal: AbortSignalLike, told: GivenUp): RpcError {
  return new RpcError("cancelled", told.aborted, { cause: signal.reason });
}

function late(timeoutMs: number, told: GivenUp): RpcError {
  return new RpcError("deadline_exceeded", told.late(timeoutMs), { initiator: "engine" });
}
