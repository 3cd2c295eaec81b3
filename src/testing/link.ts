import type { Runtime } from "../base/runtime.js";
import { badOption, durationOption, integerOption } from "../base/usage-error.js";

/** How bytes travel in one direction of a network in memory. */
export interface LinkOptions {
  /** How long bytes take to the other end, in ms. Default 0: they arrive in the next turn. */
  readonly latencyMs?: number | undefined;
  /** What the line carries, in bytes a second, shared by all connections on it. Default Infinity. */
  readonly bytesPerSecond?: number | undefined;
  /** The longest piece that is delivered at once: longer ones are cut, at places that the seeded `runtime.random()` draws. 1: byte by byte. Default Infinity. */
  readonly maxPieceBytes?: number | undefined;
}

/** Whoever waits for bytes of a link. */
export interface LinkReceiver {
  /** Bytes may go on. */
  resume(): void;
}

/** On a slow line bytes arrive in pieces of so many, as packets do. */
const PACKET_BYTES = 1_460;

/** One direction of a network: what it does to the bytes, settable at any time, for every connection that runs over it. */
export class Link {
  stalled = false;
  maxPieceBytes: number = Number.POSITIVE_INFINITY;
  private latencyMs = 0;
  private bytesPerSecond: number = Number.POSITIVE_INFINITY;
  /** When the line has carried all that was given to it. */
  private freeAt = 0;
  private readonly receivers = new Set<LinkReceiver>();
  private readonly runtime: Runtime;

  constructor(runtime: Runtime, options: LinkOptions = {}) {
    this.runtime = runtime;
    this.set(options);
  }

  /** Changes what is given; the rest stays. What is on its way arrives as it would have. Throws `UsageError`. */
  set(options: LinkOptions): void {
    const { latencyMs = this.latencyMs, bytesPerSecond = this.bytesPerSecond, maxPieceBytes = this.maxPieceBytes } = options;
    durationOption("latencyMs", latencyMs, 0, 2 ** 31 - 1);
    if (typeof bytesPerSecond !== "number" || !(bytesPerSecond > 0)) badOption("bytesPerSecond", bytesPerSecond, "a number above 0");
    if (maxPieceBytes !== Number.POSITIVE_INFINITY) integerOption("maxPieceBytes", maxPieceBytes, 1, 2 ** 31 - 1);
    this.latencyMs = latencyMs;
    this.bytesPerSecond = bytesPerSecond;
    this.maxPieceBytes = maxPieceBytes;
  }

  /** Stops (true) or resumes (false) delivery. */
  stall(stalled: boolean): void {
    this.stalled = stalled;
    if (!stalled) for (const receiver of [...this.receivers]) receiver.resume();
  }

  join(receiver: LinkReceiver): void {
    this.receivers.add(receiver);
  }

  leave(receiver: LinkReceiver): void {
    this.receivers.delete(receiver);
  }

  /** The longest piece that travels as one. */
  get packetBytes(): number {
    return this.bytesPerSecond === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : PACKET_BYTES;
  }

  /** When so many bytes that are sent now arrive. */
  arrival(bytes: number): number {
    const now = this.runtime.now();
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY) return now + this.latencyMs;
    this.freeAt = Math.max(now, this.freeAt) + (bytes * 1_000) / this.bytesPerSecond;
    return this.freeAt + this.latencyMs;
  }

  /** Where a piece of this length is cut. */
  cut(length: number): number {
    if (this.maxPieceBytes === Number.POSITIVE_INFINITY) return length;
    return Math.min(length, 1 + Math.floor(this.runtime.random() * this.maxPieceBytes));
  }
}
