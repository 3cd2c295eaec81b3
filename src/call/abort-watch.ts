import type { AbortSignalLike } from "../base/abort-signal.js";

/** Listens to the user's abort signal for as long as there is something to abort. */
export class AbortWatch {
  private readonly signal: AbortSignalLike;
  private readonly onAbort: () => void;

  /** Calls `onAbort` with the signal's reason when it aborts. The signal has not aborted yet. */
  constructor(signal: AbortSignalLike, onAbort: (reason: unknown) => void) {
    this.signal = signal;
    this.onAbort = () => onAbort(signal.reason);
    signal.addEventListener("abort", this.onAbort, { once: true });
  }

  stop(): void {
    this.signal.removeEventListener("abort", this.onAbort);
  }
}
