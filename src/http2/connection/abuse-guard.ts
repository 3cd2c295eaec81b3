import { ErrorCode } from "../../base/error-code.js";
import { connectionFault, type Fault } from "../fault.js";
import type { Http2Limits } from "../limits.js";

/** What a reset that a faulty frame provokes costs, in resets that the peer sends itself ("MadeYouReset"). */
const PROVOKED_WEIGHT = 10;
/** DATA frames below this cost us more than they carry. */
const TINY = 256;
/** What the tiny-DATA budget gets back a second, as a share of it. */
const TINY_REFILL_SHARE = 1;

/**
 * Counts what a peer makes us do without paying for it, per second or in buckets that fill up with time; nothing is counted for life,
 * so a long connection of an honest peer is never near a limit. Pure: the time is an argument.
 *
 * Each method returns the fault once the limit is crossed.
 */
export class AbuseGuard {
  readonly #limits: Http2Limits;
  /** Resets that are still allowed, as of `#resetsAt`. */
  #resets: number;
  #resetsAt: number;
  #tinyBudget: number;
  #tinyAt: number;
  #emptyData = 0;
  #priorities: Rate | undefined = undefined;
  #windowUpdates: Rate | undefined = undefined;
  #pings: Rate | undefined = undefined;
  readonly #settings: Rate;

  constructor(limits: Http2Limits, now: number) {
    this.#limits = limits;
    this.#resets = limits.resetBurst;
    this.#resetsAt = now;
    this.#tinyBudget = limits.tinyDataBudgetBytes;
    this.#tinyAt = now;
    this.#settings = new Rate(limits.maxSettingsFrames, 10_000, "SETTINGS frames");
  }

  /** The peer reset a stream, or opened one that had to be refused. */
  peerReset(now: number): Fault | undefined {
    return this.#reset(1, now);
  }

  /** A faulty frame made us reset a stream. */
  provokedReset(now: number): Fault | undefined {
    return this.#reset(PROVOKED_WEIGHT, now);
  }

  #reset(cost: number, now: number): Fault | undefined {
    const { resetBurst, resetsPerSecond } = this.#limits;
    this.#resets = Math.min(resetBurst, this.#resets + ((now - this.#resetsAt) / 1_000) * resetsPerSecond) - cost;
    this.#resetsAt = now;
    return this.#resets < 0 ? calm(`too many streams reset: more than ${resetBurst} at once and ${resetsPerSecond} a second`) : undefined;
  }

  /** A DATA frame with this much body; `last`: it ends its stream. */
  data(bytes: number, last: boolean, now: number): Fault | undefined {
    if (bytes >= TINY || last) {
      this.#emptyData = 0;
      return undefined;
    }
    if (bytes > 0) this.#emptyData = 0;
    else if (++this.#emptyData > this.#limits.maxEmptyData)
      return calm(`more than ${this.#limits.maxEmptyData} empty DATA frames in a row`);
    this.#tinyBudget -= TINY - bytes;
    if (this.#tinyBudget >= 0) return undefined;
    const whole = this.#limits.tinyDataBudgetBytes;
    this.#tinyBudget = Math.min(whole, this.#tinyBudget + ((now - this.#tinyAt) / 1_000) * TINY_REFILL_SHARE * whole);
    this.#tinyAt = now;
    return this.#tinyBudget < 0 ? calm("too many tiny DATA frames") : undefined;
  }

  /** A body, or a part, has been taken over by the application. */
  consumed(): void {
    if (this.#tinyBudget < this.#limits.tinyDataBudgetBytes) this.#tinyBudget += TINY;
  }

  priority(now: number): Fault | undefined {
    this.#priorities ??= new Rate(this.#limits.maxPriorityPerSecond, 1_000, "PRIORITY frames");
    return this.#priorities.count(0, now);
  }

  /** `sent`: how many HEADERS and DATA frames we have sent so far; they are the reason for what comes back. */
  windowUpdate(sent: number, now: number): Fault | undefined {
    this.#windowUpdates ??= new Rate(this.#limits.maxWindowUpdatesPerSecond, 1_000, "WINDOW_UPDATE frames");
    return this.#windowUpdates.count(sent, now);
  }

  ping(sent: number, now: number): Fault | undefined {
    this.#pings ??= new Rate(this.#limits.maxPingsPerSecond, 1_000, "PING frames");
    return this.#pings.count(sent, now);
  }

  settings(now: number): Fault | undefined {
    return this.#settings.count(0, now);
  }
}

/** So many in a period; the count begins anew with each period, and whenever the reason for it has moved. */
class Rate {
  readonly #most: number;
  readonly #periodMs: number;
  readonly #what: string;
  #since = Number.NEGATIVE_INFINITY;
  #reason = 0;
  #count = 0;

  constructor(most: number, periodMs: number, what: string) {
    this.#most = most;
    this.#periodMs = periodMs;
    this.#what = what;
  }

  count(reason: number, now: number): Fault | undefined {
    if (now - this.#since >= this.#periodMs || reason !== this.#reason) {
      this.#since = now;
      this.#reason = reason;
      this.#count = 0;
    }
    return ++this.#count > this.#most ? calm(`more than ${this.#most} ${this.#what} in ${this.#periodMs / 1_000} s`) : undefined;
  }
}

function calm(message: string): Fault {
  return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, message);
}
