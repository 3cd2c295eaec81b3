import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import type { CutOffCall, ShutdownReport } from "../observe/shutdown-report.js";
import { CodeNumber } from "../rpc/code.js";
import { statusOf } from "../rpc/status.js";
import type { Call } from "./call.js";

/** What is shut down: a server, or a client's channel. */
export interface ShutdownSubject {
  /** What the calls that are cut off are told: `the server is shutting down`. */
  readonly shutdownMessage: string;
  /** Says what is to be said before anything ends, to whoever watches for it. */
  announce(): void;
  /** Begins no more calls, tells everybody, lets connections close once they are idle. Returns the calls that this has ended, if any. */
  drain(): readonly Call[];
  /** The open calls, the newest first. */
  openCalls(): readonly Call[];
  /** Ends every connection now. */
  destroyConnections(message: string): void;
  /** Resolves when nothing is left: neither connections nor, on a client, calls. */
  whenQuiet(): Promise<void>;
}

/** A call that was cut off, and what was known of it then. */
interface Cut {
  readonly call: Call;
  readonly peer: string | undefined;
  readonly ageMs: number;
}

/**
 * The bounded end of a server or channel (contract C12): nothing new, who watches told, then the open connections and handlers, up to the grace for the calls to
 * end, then `unavailable` for the rest, and the connections are destroyed. Neither a parked handler nor a silent peer can hold it.
 */
export class Shutdown implements TimerTarget {
  readonly done: Promise<ShutdownReport>;
  private readonly subject: ShutdownSubject;
  private readonly runtime: Runtime;
  private readonly timer: Timer = new Timer(this);
  private readonly cuts: Cut[] = [];

  /** `stopAccepting` resolves when no more connections can come. */
  constructor(subject: ShutdownSubject, runtime: Runtime, stopAccepting: () => Promise<void>) {
    this.subject = subject;
    this.runtime = runtime;
    const stopped = stopAccepting();
    subject.announce();
    this.note(subject.drain());
    this.done = Promise.all([stopped, subject.whenQuiet()]).then(() => {
      runtime.timers.stop(this.timer);
      return { cutOff: this.cuts.map(reported) };
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

  onTimer(): void {
    this.cutOff();
  }

  private cutOff(): void {
    const { shutdownMessage } = this.subject;
    const open = this.subject.openCalls().filter((call) => !call.ended);
    this.note(open);
    for (const call of open) call.fault(statusOf(CodeNumber.unavailable, shutdownMessage));
    // what the calls were told must leave before the connections go
    this.runtime.later(() => this.subject.destroyConnections(shutdownMessage));
  }

  private note(calls: readonly Call[]): void {
    const now = Math.floor(this.runtime.now());
    // the oldest first
    for (const call of [...calls].reverse()) {
      this.cuts.push({ call, peer: call.exchange?.peer.address, ageMs: Math.max(0, now - call.began) });
    }
  }
}

function reported({ call, peer, ageMs }: Cut): CutOffCall {
  return { method: call.setup.method.path, peer, ageMs, handlerRunning: call.handlerRuns };
}
