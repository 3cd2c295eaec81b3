import type { AbortSignalLike } from "../base/abort-signal.js";

/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Runs the task after so many ms: now when none are left, never for Infinity. Returns what stops it. */
export function after(ms: number, task: () => void): () => void {
  const at = performance.now() + ms;
  let timer: ReturnType<typeof setTimeout>;
  const look = (): void => {
    const left = at - performance.now();
    if (left > 0) timer = setTimeout(look, Math.min(Math.ceil(left), MAX_DELAY_MS));
    else task();
  };
  if (ms < Number.POSITIVE_INFINITY) look();
  return () => clearTimeout(timer);
}

/** Tells when the signal aborts, or has, and when the time is over. Returns what stops both. */
export function watch(
  signal: AbortSignalLike | undefined,
  timeoutMs: number,
  onAborted: (reason: unknown) => void,
  onLate: () => void,
): () => void {
  const aborted = (): void => onAborted(signal?.reason);
  if (signal?.aborted) aborted();
  signal?.addEventListener("abort", aborted);
  const stop = after(timeoutMs, onLate);
  return () => {
    stop();
    signal?.removeEventListener("abort", aborted);
  };
}
