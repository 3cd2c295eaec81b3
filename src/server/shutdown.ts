import type { Runtime } from "../base/runtime.js";
import { Timer } from "../base/timer-wheel.js";
import type { Server } from "./server.js";

/** What a shutdown had to cut off. */
export interface ShutdownReport {
  /** The methods of the calls that were still open when the grace was over: `/package.Service/Method`, one for each call. */
  readonly cutOff: readonly string[];
}

/**
 * The bounded end of a server (contract C12): no new connections, GOAWAY and `ctx.draining` on the open ones, up to `graceMs` for the calls
 * to end, then `unavailable` for the rest, and the connections are destroyed. A handler that never returns cannot hold it.
 */
export class Shutdown {
  readonly done: Promise<ShutdownReport>;
  private readonly server: Server;
  private readonly runtime: Runtime;
  private readonly timer: Timer = new Timer({ onTimer: () => this.cutOff() });
  private readonly cut: string[] = [];

  /** `stopAccepting` resolves when no more connections can come. */
  constructor(server: Server, runtime: Runtime, stopAccepting: () => Promise<void>) {
    this.server = server;
    this.runtime = runtime;
    const stopped = stopAccepting();
    server.drain();
    this.done = Promise.all([stopped, server.whenQuiet()]).then(() => {
      runtime.timers.stop(this.timer);
      return { cutOff: this.cut };
    });
  }

  /** Cuts off what is open after this time, in ms; the shortest time that was asked for counts. */
  within(graceMs: number): void {
    if (graceMs === Number.POSITIVE_INFINITY) return;
    if (graceMs <= 0) {
      this.cutOff();
      return;
    }
    const at = this.runtime.now() + graceMs;
    if (!this.timer.running || at < this.timer.due) this.runtime.timers.start(this.timer, at);
  }

  private cutOff(): void {
    this.cut.push(...this.server.cutOffCalls("the server is shutting down"));
    // what the calls were told must leave before the connections go
    this.runtime.later(() => this.server.destroyConnections("the server has shut down"));
  }
}
