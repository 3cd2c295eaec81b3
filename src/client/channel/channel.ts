import { type AbortSignalLike, type AbortSource, newAbortSource } from "../../base/abort-signal.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import { durationOption } from "../../base/usage-error.js";
import type { Dispatcher } from "../../call/attempted-call.js";
import type { ClientCall } from "../../call/client-call.js";
import { logFailure } from "../../call/failure-log.js";
import { OpenCalls } from "../../call/open-calls.js";
import { Shutdown, type ShutdownSubject } from "../../call/shutdown.js";
import { snapshotsOf } from "../../call/snapshot.js";
import type { ClientConnection, ConnectionEnd, Connector } from "../../exchange/connection.js";
import type { CallSnapshot } from "../../observe/call-snapshot.js";
import { logTo } from "../../observe/log.js";
import type { ShutdownReport } from "../../observe/shutdown-report.js";
import type { ChannelStatistics } from "../../observe/statistics.js";
import { CodeNumber } from "../../rpc/code.js";
import type { Method } from "../../rpc/method.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { type Status, statusOf } from "../../rpc/status.js";
import type { CallParts } from "../call-parts.js";
import { CallSiteNotes, type CallSites, callSitesOption } from "../call-site.js";
import { AbandonedStreams } from "./abandoned-streams.js";
import { Backoff, type BackoffOptions } from "./backoff.js";
import { HandleWatch } from "./handle-watch.js";
import type { Pick, Picker } from "./picker.js";
import { type ConnectionPool, PooledConnection } from "./pooled-connection.js";

/** What a channel is made with. */
export interface ChannelParts extends CallParts {
  readonly connector: Connector;
  /** Connections open at once. */
  readonly maxConnections: number;
  /** Calls that a connection carries at once, where that is known beforehand. Default: the peer says how many, and it is many. */
  readonly callsPerConnection?: number | undefined;
  readonly backoff: BackoffOptions;
  /** Default: `pickFirst`. */
  readonly picker: Picker | undefined;
  /** Which streams note where in the user's code they were opened. Default `"sampled"`. */
  readonly callSites?: CallSites | undefined;
  /** Tell the log of every call that ends badly. Default false. */
  readonly logFailedCalls?: boolean;
}

/**
 * The way to one server: one connection, more when the server's limit of streams is reached. Connects when the first call needs it and
 * again, with back-off, when a connection is lost; gives every attempt of a call a connection, or says why there is none.
 */
export class Channel implements Dispatcher, ConnectionPool, TimerTarget, AsyncDisposable {
  readonly parts: ChannelParts;
  private readonly open = new OpenCalls();
  private connections: PooledConnection[] = [];
  private readonly waiting = new Set<ClientCall>();
  private readonly backoff: Backoff;
  private readonly retryTimer = new Timer(this);
  /** Why the last attempt to connect failed, until one succeeds. */
  private lastFailure: Status | undefined = undefined;
  private totalCalls = 0;
  private idleTimeouts = 0;
  private readonly handles: HandleWatch;
  private readonly abandonedStreams: AbandonedStreams;
  /** By the paths of methods. */
  private readonly callSiteNotes = new Map<string, CallSiteNotes>();
  private readonly callSites: CallSites;
  private closing: Shutdown | undefined = undefined;
  private drainingMade: AbortSource | undefined = undefined;
  private onQuiet: (() => void) | undefined = undefined;

  constructor(parts: ChannelParts) {
    this.parts = parts;
    this.handles = new HandleWatch(parts.runtime, this.open);
    this.abandonedStreams = new AbandonedStreams(parts.log);
    this.callSites = callSitesOption(parts.callSites);
    this.backoff = new Backoff(parts.backoff, () => parts.runtime.random());
  }

  statistics(): ChannelStatistics {
    let openStreams = 0;
    for (const { connection } of this.connections) openStreams += connection.openExchanges;
    return {
      openConnections: this.connections.length,
      openStreams,
      openCalls: this.open.size,
      waitingCalls: this.waiting.size,
      timers: this.parts.runtime.timers.size,
      totalCalls: this.totalCalls,
      idleTimeouts: this.idleTimeouts,
      abandonedStreams: this.abandonedStreams.count,
    };
  }

  /** The open calls at this moment, the oldest first. */
  calls(): CallSnapshot[] {
    return snapshotsOf(this.open.snapshot(), "client");
  }

  /** The notes of where the streams of a method are opened: the same for all clients of the channel. */
  callSitesOf(method: Method): CallSiteNotes {
    let notes = this.callSiteNotes.get(method.path);
    if (notes === undefined) {
      notes = new CallSiteNotes(this.callSites);
      this.callSiteNotes.set(method.path, notes);
    }
    return notes;
  }

  // ---- calls

  begun(call: ClientCall): void {
    this.totalCalls++;
    if (this.open.size === 0) this.parts.runtime.hold(true);
    this.open.add(call);
  }

  released(call: ClientCall): void {
    this.open.delete(call);
    if (this.parts.logFailedCalls === true) logFailure(this.parts.log, call);
    if (this.open.size === 0) {
      this.parts.runtime.hold(false);
      this.handles.stop();
    }
    this.onQuiet?.();
  }

  handed(): void {
    this.handles.begin();
  }

  abandoned(call: ClientCall): void {
    this.abandonedStreams.add(call.setup.method.path, call.openedAt);
  }

  timedOutIdle(): void {
    this.idleTimeouts++;
  }

  forget(call: ClientCall): void {
    this.waiting.delete(call);
  }

  dispatch(call: ClientCall): void {
    if (this.closing !== undefined) {
      call.giveUp(CLOSED, "application");
      return;
    }
    if (this.waiting.size === 0) {
      const pick = this.choose(call);
      if (pick !== undefined) {
        call.attach(pick.connection as ClientConnection, pick.done);
        return;
      }
    }
    if (this.retryTimer.running && !call.options.waitForReady && !this.anyUsable()) {
      call.giveUp(this.lastFailure as Status, "network");
      return;
    }
    this.waiting.add(call);
    // one that carries its calls one by one may be about to be free
    if (this.connections.length > 0 && this.parts.callsPerConnection !== undefined) this.parts.runtime.later(() => this.grow());
    else this.grow();
  }

  /** A connection for an attempt of the call. */
  private choose(call: ClientCall): Pick | undefined {
    const { picker } = this.parts;
    if (picker === undefined) return this.firstWithRoom();
    const ready = this.connections.map((pooled) => pooled.connection).filter((connection) => connection.capacity > 0);
    return picker.pick(ready, { method: call.setup.method, attempt: call.attempts });
  }

  /** What `pickFirst` does, without making anything. */
  private firstWithRoom(): Pick | undefined {
    for (const pooled of this.connections) if (pooled.connection.capacity > 0) return pooled.pick;
    return undefined;
  }

  private attachWaiting(): void {
    for (const call of this.waiting) {
      const pick = this.choose(call);
      if (pick === undefined) break;
      this.waiting.delete(call);
      call.attach(pick.connection as ClientConnection, pick.done);
    }
    this.grow();
  }

  // ---- connections

  /** Opens more connections when calls wait that those on their way will not carry. */
  private grow(): void {
    if (this.waiting.size === 0 || this.closing !== undefined || this.retryTimer.running) return;
    const { maxConnections, callsPerConnection = Number.POSITIVE_INFINITY } = this.parts;
    const usable = this.connections.filter((pooled) => !pooled.draining);
    const connecting = usable.filter((pooled) => !pooled.ready).length;
    const wanted = Math.ceil(this.waiting.size / callsPerConnection) || 1;
    for (let more = Math.min(wanted - connecting, maxConnections - usable.length); more > 0; more--) {
      this.connections.push(new PooledConnection(this.parts.connector, this));
    }
  }

  /** Whether a connection takes calls, or may come to. One that drains does neither. */
  private anyUsable(): boolean {
    return this.connections.some((pooled) => !pooled.draining);
  }

  onReady(): void {
    this.lastFailure = undefined;
    this.backoff.reset();
    this.attachWaiting();
  }

  onCapacity(): void {
    this.attachWaiting();
  }

  onDraining(): void {
    this.grow();
  }

  onClosed(pooled: PooledConnection, end: ConnectionEnd): void {
    this.connections = this.connections.filter((other) => other !== pooled);
    if (!pooled.ready) this.connectFailed(end);
    this.grow();
    this.onQuiet?.();
  }

  private connectFailed(end: ConnectionEnd): void {
    const { runtime, log } = this.parts;
    if (this.closing !== undefined) return;
    this.lastFailure = statusOf(CodeNumber.unavailable, end.message);
    runtime.timers.start(this.retryTimer, runtime.now() + this.backoff.next());
    logTo(log, { level: "warning", event: "connect-failed", message: end.message, peer: this.parts.target.authority });
    if (this.anyUsable()) return;
    for (const call of this.waiting) {
      if (call.options.waitForReady) continue;
      this.waiting.delete(call);
      call.giveUp(this.lastFailure, end.initiator);
    }
  }

  onTimer(): void {
    this.grow();
  }

  // ---- the end

  /** Aborts when {@link close} is called: what goes on for as long as the channel does should come to its end. */
  get draining(): AbortSignalLike {
    if (this.drainingMade === undefined) {
      this.drainingMade = newAbortSource();
      if (this.closing !== undefined) this.drainingMade.abort(closed());
    }
    return this.drainingMade.signal;
  }

  /**
   * Begins no more calls; lets the open ones finish for `graceMs` (default 0), then ends them with `unavailable`; closes the connections.
   * Resolves when nothing is left, with what was cut off, at the latest `graceMs` and 5 s later. A second call with a shorter time
   * hastens the first.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<ShutdownReport> {
    const graceMs = durationOption("graceMs", options.graceMs ?? 0, 0);
    if (this.closing === undefined) {
      this.closing = new Shutdown(this.shutdownSubject(), this.parts.runtime, () => Promise.resolve());
      this.drainingMade?.abort(closed());
    }
    this.closing.within(graceMs);
    return this.closing.done;
  }

  private shutdownSubject(): ShutdownSubject {
    return {
      shutdownMessage: "the channel was closed",
      announce: () => {},
      drain: () => this.drain(),
      openCalls: () => this.open.snapshot(),
      destroyConnections: (message) => {
        for (const { connection } of [...this.connections]) connection.destroy(message);
      },
      whenQuiet: () => this.whenQuiet(),
    };
  }

  /** Gives up the calls that wait for a connection; the connections close after their last call. */
  private drain(): readonly ClientCall[] {
    this.parts.runtime.timers.stop(this.retryTimer);
    const waiting = [...this.waiting].reverse();
    this.waiting.clear();
    for (const call of waiting) call.giveUp(CLOSED, "application");
    for (const { connection } of [...this.connections]) connection.drain();
    return waiting;
  }

  private whenQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.onQuiet = () => {
        if (this.connections.length === 0 && this.open.size === 0) resolve();
      };
      this.onQuiet();
    });
  }

  /** As {@link close} without grace: whoever leaves the block has left his calls. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const CLOSED: Status = statusOf(CodeNumber.unavailable, "the channel is closed");

function closed(): RpcError {
  return new RpcError("unavailable", CLOSED.message);
}
