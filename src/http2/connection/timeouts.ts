import { ErrorCode } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import { connectionFault, type Fault, protocolFault } from "../fault.js";
import { writePing } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { Deadline, Deadlines } from "./deadlines.js";
import { KeepAlive, KeepAliveStep } from "./keep-alive.js";
import { PingPurpose, pingPayload } from "./pings.js";

/** What a deadline asks of the connection. */
export const Due = {
  nothing: 0,
  /** The peer has had its time to hear of the drain. */
  drainHeard: 1,
  /** Drain; `reason` says why. */
  drain: 2,
  /** End now; `reason` says why. */
  destroy: 3,
  /** End with `fault`. */
  fail: 4,
} as const;

/** All that a connection does because time has passed. */
export class Timeouts {
  readonly deadlines: Deadlines = new Deadlines();
  reason = "";
  fault: Fault | undefined = undefined;
  /** Who caused the fault. */
  initiator: Initiator = "engine";
  readonly #limits: Http2Limits;
  readonly #out: OutputBuffer;
  readonly #keepAlive: KeepAlive;
  #idleSince: number;

  constructor(role: "client" | "server", limits: Http2Limits, out: OutputBuffer, random: () => number, now: number) {
    this.#limits = limits;
    this.#out = out;
    this.#keepAlive = new KeepAlive(limits, now);
    this.#idleSince = now;
    const { deadlines } = this;
    // the peer's first frames may take as long as its preface
    const first = now + limits.prefaceTimeoutMs + limits.firstSettingsTimeoutMs;
    deadlines.set(Deadline.settingsAck, first + limits.settingsAckTimeoutMs);
    if (role === "server") deadlines.set(Deadline.preface, now + limits.prefaceTimeoutMs);
    else deadlines.set(Deadline.firstSettings, first);
    deadlines.set(Deadline.keepalive, this.#keepAlive.dueAt);
    deadlines.set(Deadline.idle, now + limits.maxIdleMs);
    if (role === "server") deadlines.set(Deadline.age, now + limits.maxAgeMs * (0.9 + 0.2 * random()));
  }

  /** The peer has sent something. */
  heard(now: number): void {
    this.#keepAlive.heard(now);
  }

  /** The last open stream has ended. */
  idle(now: number): void {
    this.#idleSince = now;
  }

  /** The next thing that is due, `Due.nothing` when there is none. */
  next(openStreams: number, now: number): number {
    for (let which = this.deadlines.takeDue(now); which >= 0; which = this.deadlines.takeDue(now)) {
      const due = this.#onDeadline(which, openStreams, now);
      if (due !== Due.nothing) return due;
    }
    return Due.nothing;
  }

  #onDeadline(which: number, openStreams: number, now: number): number {
    switch (which) {
      case Deadline.keepalive:
        return this.#onKeepAlive(openStreams, now);
      case Deadline.drainPing:
        return Due.drainHeard;
      case Deadline.idle:
        return this.#onIdle(openStreams, now);
      case Deadline.age:
        this.deadlines.set(Deadline.ageGrace, now + this.#limits.maxAgeGraceMs);
        this.reason = "max_age";
        return Due.drain;
      case Deadline.ageGrace:
        this.reason = "the connection has reached its maximum age";
        return Due.destroy;
      case Deadline.writeStall:
        return this.#fail(ErrorCode.NO_ERROR, `the peer read nothing for ${this.#limits.writeStallTimeoutMs} ms`, "network");
      case Deadline.preface:
        return this.#failWith(protocolFault(`no preface within ${this.#limits.prefaceTimeoutMs} ms`), "engine");
      case Deadline.firstSettings:
        return this.#fail(ErrorCode.SETTINGS_TIMEOUT, "the peer sent no SETTINGS in time", "engine");
      case Deadline.settingsAck:
        return this.#fail(ErrorCode.SETTINGS_TIMEOUT, "the peer did not acknowledge SETTINGS in time", "engine");
      default: {
        const message = `a frame or header block was not whole within ${this.#limits.headerTimeoutMs} ms`;
        return this.#fail(ErrorCode.ENHANCE_YOUR_CALM, message, "engine");
      }
    }
  }

  #onKeepAlive(openStreams: number, now: number): number {
    const step = this.#keepAlive.step(openStreams, now);
    if (step === KeepAliveStep.dead) {
      const message = `keepalive: the peer did not answer a PING within ${this.#limits.keepaliveTimeoutMs} ms`;
      return this.#fail(ErrorCode.NO_ERROR, message, "network");
    }
    if (step === KeepAliveStep.ping) writePing(this.#out, false, pingPayload(PingPurpose.keepalive), 0);
    this.deadlines.set(Deadline.keepalive, this.#keepAlive.dueAt);
    return Due.nothing;
  }

  #onIdle(openStreams: number, now: number): number {
    const since = openStreams > 0 ? now : this.#idleSince;
    if (now - since < this.#limits.maxIdleMs) {
      this.deadlines.set(Deadline.idle, since + this.#limits.maxIdleMs);
      return Due.nothing;
    }
    this.reason = "max_idle";
    return Due.drain;
  }

  #fail(code: number, message: string, initiator: Initiator): number {
    return this.#failWith(connectionFault(code, message), initiator);
  }

  #failWith(fault: Fault, initiator: Initiator): number {
    this.fault = fault;
    this.initiator = initiator;
    return Due.fail;
  }
}
