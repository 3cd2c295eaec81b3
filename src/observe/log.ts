import type { Timeline } from "../base/timeline.js";

/** Something that happened and that nobody asked for: told to the log hook of a server or channel. */
export interface LogEvent {
  readonly level: "info" | "warning" | "error";
  /** A fixed word for programs: `handler-failed`, `stray-handler`. */
  readonly event: string;
  /** One sentence for people. */
  readonly message: string;
  /** What was thrown, where something was. */
  readonly error?: unknown;
  /** `/package.Service/Method`, where it concerns a call. */
  readonly method?: string;
  /** Where in the user's code a stream was opened, where that was noted: `main (file:///app/main.js:12:20)`. */
  readonly openedAt?: string;
  /** The address of the other side, where it is known. */
  readonly peer?: string;
  /** What has happened to the call so far, where it concerns one on a server, or one that has failed. */
  readonly timeline?: Timeline;
}

/** Takes log events. Must not throw; what it throws is dropped. */
export type Log = (event: LogEvent) => void;

/** Calls the log hook, if there is one. A hook that throws must not break what is logged. */
export function logTo(log: Log | undefined, event: LogEvent): void {
  try {
    log?.(event);
  } catch {
    // nothing is left to tell of it
  }
}

/** An event as a console shows it. */
export function consoleLine({ message, method, timeline }: LogEvent): string {
  const call = method === undefined ? "" : ` (${method}${timeline === undefined ? "" : `: ${timeline}`})`;
  return `sluice: ${message}${call}`;
}
