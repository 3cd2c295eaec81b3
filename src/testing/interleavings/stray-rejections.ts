import { UsageError } from "../../base/usage-error.js";

/** The part of Node's process that this needs. */
interface Process {
  listeners(event: "unhandledRejection"): ((...args: unknown[]) => void)[];
  removeAllListeners(event: "unhandledRejection"): void;
  on(event: "unhandledRejection", listener: (reason: unknown) => void): void;
  off(event: "unhandledRejection", listener: (reason: unknown) => void): void;
  hasUncaughtExceptionCaptureCallback(): boolean;
  setUncaughtExceptionCaptureCallback(callback: ((error: unknown) => void) | null): void;
}

let listening = false;

/**
 * While it listens, a rejection that nobody handles and an error that nobody catches are told here, and to nobody else. One at a time: nobody could
 * tell whose they are.
 */
export class StrayRejections {
  readonly reasons: unknown[] = [];
  private readonly process: Process = process as unknown as Process;
  private readonly others: ((...args: unknown[]) => void)[];
  private readonly captures: boolean;
  private readonly take = (reason: unknown): void => {
    if (!this.reasons.includes(reason)) this.reasons.push(reason);
  };

  constructor() {
    if (listening) throw new UsageError("everyInterleaving() runs already in this process: await it before the next");
    listening = true;
    this.others = this.process.listeners("unhandledRejection");
    this.process.removeAllListeners("unhandledRejection");
    this.process.on("unhandledRejection", this.take);
    // with --unhandled-rejections=strict a rejection is an uncaught error first
    this.captures = !this.process.hasUncaughtExceptionCaptureCallback();
    if (this.captures) this.process.setUncaughtExceptionCaptureCallback(this.take);
  }

  stop(): void {
    listening = false;
    if (this.captures) this.process.setUncaughtExceptionCaptureCallback(null);
    this.process.off("unhandledRejection", this.take);
    for (const listener of this.others) this.process.on("unhandledRejection", listener);
  }
}
