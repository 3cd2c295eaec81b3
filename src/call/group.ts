import { type AbortSignalLike, type AbortSource, newAbortSource } from "../base/abort-signal.js";
import { UsageError } from "../base/usage-error.js";
import { RpcError } from "../rpc/rpc-error.js";
import { AbortWatch } from "./abort-watch.js";
import { handled, rejected } from "./receiver.js";

/** Tasks that live and end together, and the calls that end with them. See {@link withGroup}. */
export interface Group {
  /**
   * Aborts when the group is cut short or has ended: with the error that did it, after `stop()` and after a good end with an `RpcError`
   * (`cancelled`). Give it to whatever runs in the group. Made on first use.
   */
  readonly signal: AbortSignalLike;
  /**
   * Starts a task, at once. It is given the group's signal. Its failure ends the group. Returns the task's own promise, which nobody has
   * to await. When the group has been cut short the task is not started, and the promise rejects with the reason.
   * Throws `UsageError` once the group has ended.
   */
  run<T>(task: Task<T>): Promise<T>;
  /**
   * Makes a call end with the group: it is cancelled when the group is cut short, and when it is still open at the group's end. Its
   * outcome is awaited. An owned call that ends badly by itself ends nothing else: whoever reads it or sends into it is told. Returns the
   * call. Throws `UsageError` once the group has ended, after cancelling the call.
   */
  own<Call extends OwnableCall>(call: Call): Call;
  /**
   * Says that what still runs is not needed any more: aborts the signal and cancels the owned calls. The group ends well, with what its
   * body returns; tasks may then fail without harm. Does nothing when the group has been cut short before.
   */
  stop(): void;
}

/** Something to do beside other things. It should come to its end soon after the signal aborts: it is awaited all the same. */
export type Task<T> = (signal: AbortSignalLike) => T | PromiseLike<T>;

/** What a {@link Group} can own: every streaming call is one. */
export interface OwnableCall {
  cancel(reason?: unknown): void;
  readonly outcome: PromiseLike<unknown>;
}

/**
 * Runs `body`, and the tasks that it starts beside itself, as one whole (contract C13). The first failure, the body's or a task's, aborts
 * `group.signal` and cancels the calls that the group owns; so does the outer signal.
 *
 * Settles when the body, all tasks and all owned calls have come to rest: nothing of the group runs on. There is no time limit, since
 * nothing can stop a task that does not listen to its signal; a task that is parked for ever holds the group for ever.
 *
 * Resolves to what `body` returns. Rejects with the error that came first, as it was thrown; with the reason of the outer signal when
 * that aborted first, in which case `body` may not even have begun. Later errors are those of the promises that `run` gave, and go
 * nowhere else. The promise need not be awaited.
 */
export function withGroup<T>(signal: AbortSignalLike | undefined, body: (group: Group) => T | PromiseLike<T>): Promise<T> {
  const result = signal?.aborted ? rejected(signal.reason) : conduct(signal, body);
  result.then(undefined, handled);
  return result;
}

async function conduct<T>(signal: AbortSignalLike | undefined, body: (group: Group) => T | PromiseLike<T>): Promise<T> {
  const group = new TaskGroup();
  const watch = signal === undefined ? undefined : new AbortWatch(signal, (reason) => group.fail(reason));
  // the body is the first task
  const main = group.start(() => body(group));
  await group.rest();
  watch?.stop();
  group.throwFailure();
  return main;
}

/** Why a group was cut short. */
interface Verdict {
  readonly reason: unknown;
  /** False: by `stop()`. */
  readonly failed: boolean;
}

class TaskGroup implements Group {
  /** The first word; undefined while everything may run. */
  private verdict: Verdict | undefined = undefined;
  private source: AbortSource | undefined = undefined;
  /** Calls that have not ended yet. */
  private readonly calls = new Set<OwnableCall>();
  private runningTasks = 0;
  private over = false;
  /** Called when the last task has come to rest. */
  private onRest: (() => void) | undefined = undefined;

  get signal(): AbortSignalLike {
    if (this.source === undefined) {
      this.source = newAbortSource();
      if (this.verdict !== undefined) this.source.abort(this.verdict.reason);
    }
    return this.source.signal;
  }

  run<T>(task: Task<T>): Promise<T> {
    this.checkOpen("run");
    if (this.verdict !== undefined) return rejected(this.verdict.reason);
    return this.start(() => task(this.signal));
  }

  start<T>(task: () => T | PromiseLike<T>): Promise<T> {
    this.runningTasks++;
    const result = begin(task);
    result.then(
      () => this.taskEnded(),
      (error) => {
        this.fail(error);
        this.taskEnded();
      },
    );
    return result;
  }

  own<Call extends OwnableCall>(call: Call): Call {
    if (this.over) call.cancel("its group has ended");
    this.checkOpen("own");
    this.calls.add(call);
    call.outcome.then(forgetLater(new WeakRef(this.calls), new WeakRef<OwnableCall>(call)), handled);
    if (this.verdict !== undefined) this.cancel(call, this.verdict);
    return call;
  }

  stop(): void {
    this.cutShort("the group was stopped");
  }

  fail(reason: unknown): void {
    this.decide({ reason, failed: true });
  }

  /** Resolves when all tasks have come to rest and all calls have ended; then the group is over. */
  async rest(): Promise<void> {
    // whoever waited for the last task may have started another
    while (this.runningTasks > 0) {
      await new Promise<void>((resolve) => {
        this.onRest = resolve;
      });
    }
    this.cutShort("the group has ended");
    this.over = true;
    for (const call of this.calls) await call.outcome.then(handled, handled);
  }

  throwFailure(): void {
    if (this.verdict?.failed) throw this.verdict.reason;
  }

  private cutShort(message: string): void {
    if (this.verdict === undefined) this.decide({ reason: new RpcError("cancelled", message), failed: false });
  }

  private decide(verdict: Verdict): void {
    if (this.verdict !== undefined) return;
    this.verdict = verdict;
    this.source?.abort(verdict.reason);
    for (const call of this.calls) this.cancel(call, verdict);
  }

  private cancel(call: OwnableCall, { reason }: Verdict): void {
    try {
      call.cancel(reason);
    } catch {
      // somebody's own kind of call: the group has its reason already, and must come to its end
    }
  }

  private taskEnded(): void {
    if (--this.runningTasks === 0) this.onRest?.();
  }

  private checkOpen(operation: string): void {
    if (this.over) throw new UsageError(`${operation}() of a group that has ended; a group lives as long as its body and its tasks`);
  }
}

/** Runs a task; what it throws is a rejection, which nobody has to handle. */
function begin<T>(task: () => T | PromiseLike<T>): Promise<T> {
  try {
    return Promise.resolve(task());
  } catch (error) {
    return rejected(error);
  }
}

/** Held by the call: it must not keep the user's handle, which would be its own. */
function forgetLater(calls: WeakRef<Set<OwnableCall>>, call: WeakRef<OwnableCall>): () => void {
  return () => {
    const ended = call.deref();
    if (ended !== undefined) calls.deref()?.delete(ended);
  };
}
