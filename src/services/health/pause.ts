import type { AbortSignalLike } from "../../base/abort-signal.js";
import type { Runtime } from "../../base/runtime.js";
import { Timer } from "../../base/timer-wheel.js";

/** Resolves after so many ms, or as soon as the signal aborts. Does not keep the process alive. */
export function pause(runtime: Runtime, ms: number, signal: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      runtime.timers.stop(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = new Timer({ onTimer: over });
    signal.addEventListener("abort", over);
    if (signal.aborted) over();
    else runtime.timers.start(timer, runtime.now() + ms);
  });
}
