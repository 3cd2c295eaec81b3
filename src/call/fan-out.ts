import type { AbortSignalLike } from "../base/abort-signal.js";
import { UsageError } from "../base/usage-error.js";
import { type Task, withGroup } from "./group.js";

/** Options of {@link all} and {@link race}. */
export interface FanOutOptions {
  /** Aborting cancels every task; what was called then rejects with the signal's reason, once all have come to rest. */
  readonly signal?: AbortSignalLike | undefined;
}

/**
 * Runs the tasks side by side and resolves to their results, in their order. The first failure aborts the signal that the tasks were given,
 * and is what `all` rejects with. Settles when every task has come to rest, unlike `Promise.all`.
 */
export function all<T>(tasks: readonly Task<T>[], options?: FanOutOptions): Promise<T[]> {
  return withGroup(options?.signal, (group) => Promise.all(tasks.map((task) => group.run(task))));
}

/**
 * Runs the tasks side by side and resolves to the first result. The others' signal is aborted, and their results and errors are dropped.
 * Rejects when all have failed, with the error of the one that failed first. Settles when every task has come to rest, unlike
 * `Promise.any`. Throws `UsageError` without any task: nothing could win.
 */
export function race<T>(tasks: readonly Task<T>[], options?: FanOutOptions): Promise<T> {
  if (tasks.length === 0) throw new UsageError("race() was called without a task; give it at least one");
  return withGroup(options?.signal, async (group) => {
    const wins: T[] = [];
    const failures: unknown[] = [];
    const enter = async (signal: AbortSignalLike, task: Task<T>): Promise<void> => {
      try {
        wins.push(await task(signal));
        group.stop();
      } catch (error) {
        failures.push(error);
      }
    };
    await Promise.allSettled(tasks.map((task) => group.run((signal) => enter(signal, task))));
    if (wins.length === 0) throw failures[0];
    return wins[0] as T;
  });
}
