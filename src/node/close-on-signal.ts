/// <reference lib="esnext.disposable" preserve="true" />
import { constants } from "node:os";
import { badOption, durationOption } from "../base/usage-error.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";

/** What {@link closeOnSignal} closes: a server, or a channel. */
export interface Closable {
  close(options: { readonly graceMs: number }): Promise<ShutdownReport>;
}

/** Options of {@link closeOnSignal}. */
export interface CloseOnSignalOptions {
  /** Default `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly string[];
  /** What calls have to finish, in ms. Default 10,000; Infinity for no bound. */
  readonly graceMs?: number;
  /** Called when everything is closed, with what was cut off. */
  readonly onClosed?: (report: ShutdownReport) => void;
}

/** The listeners of {@link closeOnSignal}. */
export interface SignalListeners extends Disposable {
  /** Gives the signals back: they do again what they did before. Idempotent; a close that has begun goes on. */
  dispose(): void;
}

/**
 * Closes the server when the process is told to end, as `server.close({ graceMs })` does; a second signal hastens it (grace 0). When all is
 * closed it gives the signals back. It never exits: the process ends when nothing keeps it, with the exit code that it has set.
 * Throws `UsageError` for a bad option.
 */
export function closeOnSignal(server: Closable, options: CloseOnSignalOptions = {}): SignalListeners {
  if (typeof server?.close !== "function") badOption("server", server, "a server or a channel, with close()");
  const { signals = ["SIGTERM", "SIGINT"], onClosed } = options;
  if (onClosed !== undefined && typeof onClosed !== "function") badOption("onClosed", onClosed, "a function");
  if (!Array.isArray(signals) || signals.length === 0) badOption("signals", signals, "a list of names of signals");
  const graceMs = durationOption("graceMs", options.graceMs ?? 10_000, 0);
  for (const signal of signals) if (!CATCHABLE.has(signal)) badOption("signals", signal, "names of signals that a process can catch");
  let closing = false;
  const dispose = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = () => {
    if (closing) {
      void server.close({ graceMs: 0 });
      return;
    }
    closing = true;
    void server.close({ graceMs }).then((report) => {
      dispose();
      onClosed?.(report);
    });
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { dispose, [Symbol.dispose]: dispose };
}

const CATCHABLE: ReadonlySet<string> = new Set(Object.keys(constants.signals).filter((name) => name !== "SIGKILL" && name !== "SIGSTOP"));
