/** The part of Node's process that this needs. */
interface Process {
  listeners(event: "unhandledRejection"): ((...args: unknown[]) => void)[];
  removeAllListeners(event: "unhandledRejection"): void;
  on(event: "unhandledRejection", listener: (reason: unknown) => void): void;
  off(event: "unhandledRejection", listener: (reason: unknown) => void): void;
  hasUncaughtExceptionCaptureCallback(): boolean;
  setUncaughtExceptionCaptureCallback(callback: ((error: unknown) => void) | null): void;
}

/** While it listens, a rejection that nobody handles and an error that nobody catches are told here, and to nobody else. */
export class StrayRejections {
  readonly reasons: unknown[] = [];
  private readonly process: Process = process as unknown as Process;
  private readonly others: ((...args: unknown[]) => void)[];
  private readonly captures: boolean;
  private readonly take = (reason: unknown): void => {
    if (!this.reasons.includes(reason)) this.reasons.push(reason);
  };

  constructor() {
    this.others = this.process.listeners("unhandledRejection");
    this.process.removeAllListeners("unhandledRejection");
    this.process.on("unhandledRejection", this.take);
    // with --unhandled-rejections=strict a rejection is an uncaught error first
    this.captures = !this.process.hasUncaughtExceptionCaptureCallback();
    if (this.captures) this.process.setUncaughtExceptionCaptureCallback(this.take);
  }

  stop(): void {
    if (this.captures) this.process.setUncaughtExceptionCaptureCallback(null);
    this.process.off("unhandledRejection", this.take);
    for (const listener of this.others) this.process.on("unhandledRejection", listener);
  }
}
