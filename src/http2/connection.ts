import { ErrorCode } from "../base/error-code.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";
import { UsageError } from "../base/usage-error.js";
import { AbuseGuard } from "./connection/abuse-guard.js";
import { Deadline, type Deadlines } from "./connection/deadlines.js";
import { Inbound, type InboundOwner } from "./connection/inbound.js";
import { writeOpening } from "./connection/opening.js";
import { PingPurpose, pingPayload } from "./connection/pings.js";
import { Sender } from "./connection/sender.js";
import { StreamFrames } from "./connection/stream-frames.js";
import { Streams, type StreamsOwner } from "./connection/streams.js";
import { Due, Timeouts } from "./connection/timeouts.js";
import type { Http2ConnectionOptions, Http2ConnectionStatistics } from "./connection-options.js";
import type { Http2ConnectionEnd, Http2ConnectionEvents } from "./events.js";
import { connectionFault, type Fault } from "./fault.js";
import { BdpEstimator } from "./flow/bdp-estimator.js";
import { goawayText, writeGoaway, writePing } from "./frame/write-control.js";
import type { Http2Limits } from "./limits.js";
import { OutputBuffer } from "./output/output-buffer.js";
import type { OutputPool } from "./output/output-pool.js";
import type { Http2Stream } from "./stream/stream.js";
import type { StreamEvents } from "./stream/stream-events.js";

const MAX_STREAM_ID = 0x7fff_ffff;

/** How far a drain has come: everything is open; the peer has been warned (server); no new stream is taken. */
const DrainPhase = { none: 0, announced: 1, final: 2 } as const;

/**
 * One end of an HTTP/2 connection (RFC 9113), without I/O: bytes and time go in (`receive…`, `lost`, `handleTimeout`, `beginTurn`),
 * bytes come out (`takeOutput`), events are called while that happens, commands are called by whoever has a stream. The driver calls
 * `takeOutput` once after it has made the connection, then whenever `onOutput` asks, and looks at `nextTimeout` after each input.
 *
 * Ends once: by `lost`, by a fault of the peer, by `destroy`, or when a drain has no streams left. Then every stream has ended, and
 * `onClosed` is the last event.
 */
export class Http2Connection implements StreamsOwner, InboundOwner {
  readonly peer: Peer;
  readonly #role: "client" | "server";
  readonly #events: Http2ConnectionEvents;
  readonly #limits: Http2Limits;
  readonly #pool: OutputPool;
  readonly #out: OutputBuffer;
  readonly #inbound: Inbound;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #frames: StreamFrames;
  readonly #bdp: BdpEstimator;
  readonly #timeouts: Timeouts;
  readonly #deadlines: Deadlines;
  #now: number;
  #outputAsked = true;
  #paused = false;
  #hadCapacity = true;
  #drainPhase: number = DrainPhase.none;
  #drainText = "";
  #closed = false;
  #closedLater: Http2ConnectionEnd | undefined = undefined;

  constructor(options: Http2ConnectionOptions, events: Http2ConnectionEvents, now: number) {
    const { role, limits } = options;
    this.peer = options.peer;
    this.#role = role;
    this.#events = events;
    this.#limits = limits;
    this.#pool = options.outputPool;
    this.#out = new OutputBuffer(options.outputPool);
    this.#sender = new Sender(this.#out, limits.turnBytes);
    this.#bdp = new BdpEstimator(limits.initialWindowBytes, limits.maxWindowBytes);
    this.#timeouts = new Timeouts(role, limits, this.#out, options.random, now);
    this.#deadlines = this.#timeouts.deadlines;
    const { peer } = this;
    const { windowBudget: budget } = options;
    const guard = new AbuseGuard(limits, now);
    const [out, sender, bdp, deadlines] = [this.#out, this.#sender, this.#bdp, this.#deadlines];
    const streams = new Streams(this, { peer, limits, events, out, sender, guard, bdp, budget });
    const frames = new StreamFrames({ role, limits, out, streams, sender, guard });
    this.#streams = streams;
    this.#frames = frames;
    this.#inbound = new Inbound(this, { role, limits, out, sender, streams, frames, guard, bdp, deadlines });
    this.#now = now;
    writeOpening(this.#out, role, limits, this.#frames.window);
  }

  // ------------------------------------------------------------------------------------------- getters

  /** Streams that may be opened now (client). */
  get capacity(): number {
    if (this.#closed || this.#role === "server" || this.#drainPhase !== DrainPhase.none || this.#inbound.goaway !== undefined) return 0;
    return Math.max(0, this.#inbound.settings.maxConcurrentStreams - this.#streams.table.size);
  }

  /** It has ended: `onClosed` has been called, or is next. */
  get closed(): boolean {
    return this.#closed;
  }

  get openStreams(): number {
    return this.#streams.table.size;
  }

  /** Concurrency slots that are taken (server). */
  get slots(): number {
    return this.#streams.slots;
  }

  /** Reading the byte stream should stop: see `onPause`. */
  get wantsPause(): boolean {
    return this.#paused;
  }

  /** Bytes that wait to be taken. */
  get outputBytes(): number {
    return this.#out.length;
  }

  get statistics(): Http2ConnectionStatistics {
    return {
      openStreams: this.openStreams,
      slots: this.slots,
      queuedBytes: this.#sender.queuedBytes,
      outputBytes: this.#out.length,
      windowBytes: this.#bdp.estimate,
    };
  }

  /** When `handleTimeout` is due (ms), Infinity for never. */
  nextTimeout(): number {
    return this.#deadlines.next;
  }

  // ------------------------------------------------------------------------------------------- input

  /** Bytes have arrived. They are not kept; events are called before this returns. */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#closed) return;
    this.#now = now;
    this.#timeouts.heard(now);
    this.#streams.beginReceive();
    const fault = this.#inbound.receive(bytes, now);
    if (this.#closed) return;
    if (fault !== undefined) return this.#fail(fault);
    this.wrote();
    if (this.#sender.blocked) this.#checkPause();
  }

  /** The peer has ended its writing side: nothing that is open can be completed. */
  receiveEnd(now: number): void {
    if (this.#closed) return;
    this.#now = now;
    const code = this.openStreams === 0 ? ErrorCode.NO_ERROR : ErrorCode.CONNECT_ERROR;
    this.#close(this.#peersReason() ?? { initiator: "peer", code, message: "the peer closed the connection" });
  }

  /** The byte stream is gone. */
  lost(message: string, now: number): void {
    if (this.#closed) return;
    this.#now = now;
    this.#close(this.#peersReason() ?? { initiator: "network", code: ErrorCode.CONNECT_ERROR, message });
  }

  /** A new turn of the loop: the budget for DATA is fresh, and who waited for it goes on. */
  beginTurn(now: number): void {
    if (this.#closed) return;
    this.#now = now;
    this.#streams.beginTurn();
  }

  /** Time has passed `nextTimeout`. */
  handleTimeout(now: number): void {
    this.#now = now;
    const timeouts = this.#timeouts;
    for (let due = timeouts.next(this.openStreams, now); due !== Due.nothing; due = timeouts.next(this.openStreams, now)) {
      if (due === Due.drainHeard) this.drainHeard();
      else if (due === Due.drain) this.drain(timeouts.reason, now);
      else if (due === Due.destroy) this.destroy(timeouts.reason);
      else if (timeouts.fault !== undefined) this.#fail(timeouts.fault, timeouts.initiator);
    }
    this.wrote();
  }

  // ------------------------------------------------------------------------------------------- output

  /**
   * The next piece to write, a view of a pooled buffer that belongs to the caller until `releaseOutput`; undefined: nothing more.
   * Also after `onClosed`, for what was written last.
   */
  takeOutput(now: number): Uint8Array | undefined {
    this.#now = now;
    const piece = this.#out.take();
    if (piece === undefined) this.#outputAsked = false;
    return piece;
  }

  /** The byte stream took the piece whole: its buffer may be used again. */
  releaseOutput(bytes: Uint8Array): void {
    this.#pool.release(bytes);
  }

  /** The byte stream holds what was written last: no more DATA is framed until it has drained. */
  outputBlocked(now: number): void {
    this.#now = now;
    this.#sender.blocked = true;
    if (!this.#closed) this.#deadlines.set(Deadline.writeStall, now + this.#limits.writeStallTimeoutMs);
  }

  /** All that was written has left: a new turn. */
  outputDrained(now: number): void {
    this.#now = now;
    this.#sender.blocked = false;
    this.#deadlines.clear(Deadline.writeStall);
    if (this.#closed) return;
    this.#streams.drained();
    this.#checkPause();
  }

  // ------------------------------------------------------------------------------------------- commands

  /** Opens a stream (client); it gets its id when its head is sent. Throws `UsageError` when `capacity` is 0. */
  openStream(events: StreamEvents): Http2Stream {
    if (this.capacity === 0) throw new UsageError("the connection takes no stream now: its capacity is 0");
    const stream = this.#streams.open(events);
    this.#hadCapacity = this.capacity > 0;
    return stream;
  }

  /** Ends the connection when its streams have ended; it takes no new ones. A server warns the peer first. Idempotent. */
  drain(debug: string, now: number): void {
    if (this.#closed || this.#drainPhase !== DrainPhase.none) return;
    this.#now = now;
    this.#drainText = debug;
    if (this.#role === "client") {
      this.#drainPhase = DrainPhase.final;
    } else {
      this.#drainPhase = DrainPhase.announced;
      writeGoaway(this.#out, MAX_STREAM_ID, ErrorCode.NO_ERROR, debug);
      writePing(this.#out, false, pingPayload(PingPurpose.drain), 0);
      this.#deadlines.set(Deadline.drainPing, now + this.#limits.drainPingTimeoutMs);
      this.wrote();
    }
    this.#tellDraining();
    this.#closeIfDone();
  }

  /** Ends the connection now: GOAWAY, and every stream ends as lost with this message. Idempotent. */
  destroy(message: string): void {
    if (this.#closed) return;
    this.#closeWithGoaway(ErrorCode.NO_ERROR, message, { initiator: "application", code: ErrorCode.NO_ERROR, message });
  }

  // ------------------------------------------------------------------------------------------- for its parts

  wrote(urgent = false): void {
    if ((this.#outputAsked && !urgent) || this.#out.length === 0) return;
    this.#outputAsked = true;
    this.#events.onOutput(urgent);
  }

  streamEnded(): void {
    const end = this.#closedLater;
    this.#closedLater = undefined;
    if (end !== undefined) this.#events.onClosed(end);
    if (this.#closed) return;
    if (this.openStreams === 0) this.#timeouts.idle(this.#now);
    this.#checkCapacity();
    this.#closeIfDone();
  }

  settingsChanged(first: boolean): void {
    this.wrote();
    if (first) this.#events.onReady();
    this.#checkCapacity();
  }

  peerGoesAway(): void {
    if (this.#closed) return;
    this.#tellDraining();
    this.#closeIfDone();
  }

  /** The peer has heard that we drain, or had time to: what it opens from here on is not taken. */
  drainHeard(): void {
    if (this.#drainPhase !== DrainPhase.announced) return;
    this.#drainPhase = DrainPhase.final;
    this.#deadlines.clear(Deadline.drainPing);
    this.#frames.refusing = true;
    writeGoaway(this.#out, this.#frames.lastProcessedId, ErrorCode.NO_ERROR, this.#drainText);
    this.wrote();
    this.#closeIfDone();
  }

  nextStreamId(): number {
    const id = this.#frames.nextId;
    if (this.#closed || this.#inbound.goaway !== undefined || id > MAX_STREAM_ID) return 0;
    this.#frames.nextId = id + 2;
    if (this.#frames.nextId > MAX_STREAM_ID) this.drain("stream ids are used up", this.#now);
    return id;
  }

  /** A peer that does not read must not make us hold more and more for it. */
  #checkPause(): void {
    const { controlFrames, length } = this.#out;
    const { blocked } = this.#sender;
    if (blocked && controlFrames > this.#limits.maxControlFrames) {
      return this.#fail(connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `${controlFrames} frames wait for a peer that does not read`));
    }
    const pause = blocked && (controlFrames > this.#limits.pauseControlFrames || length > this.#limits.maxOutputBytes);
    if (pause === this.#paused) return;
    this.#paused = pause;
    this.#events.onPause(pause);
  }

  #checkCapacity(): void {
    const has = this.capacity > 0;
    const risen = has && !this.#hadCapacity;
    this.#hadCapacity = has;
    if (risen) this.#events.onCapacity();
  }

  // ------------------------------------------------------------------------------------------- the end

  #tellDraining(): void {
    if (this.#streams.draining) return;
    this.#streams.draining = true;
    this.#events.onDraining();
    for (const stream of this.#streams.table.all()) if (!this.#closed) stream.events?.onDraining();
  }

  #closeIfDone(): void {
    if (this.#closed || this.openStreams > 0) return;
    if (this.#drainPhase === DrainPhase.final) {
      const end: Http2ConnectionEnd = { initiator: "application", code: ErrorCode.NO_ERROR, message: `drained: ${this.#drainText}` };
      if (this.#role === "client") this.#closeWithGoaway(ErrorCode.NO_ERROR, this.#drainText, end);
      else this.#close(end);
    } else if (this.#inbound.goaway !== undefined) {
      this.#closeWithGoaway(ErrorCode.NO_ERROR, "", this.#inbound.goaway);
    }
  }

  #fail(fault: Fault, initiator: Initiator = "engine"): void {
    const { code, message } = fault;
    const said = initiator === "engine" ? `this side sent ${goawayText(code, message)}` : message;
    this.#closeWithGoaway(code, message, { initiator, code, message: said });
  }

  /** What the peer's GOAWAY gave as the reason, where that says more than that the connection is gone. */
  #peersReason(): Http2ConnectionEnd | undefined {
    const { goaway } = this.#inbound;
    return goaway !== undefined && (goaway.code !== ErrorCode.NO_ERROR || this.openStreams === 0) ? goaway : undefined;
  }

  #closeWithGoaway(code: number, debug: string, end: Http2ConnectionEnd): void {
    writeGoaway(this.#out, this.#frames.lastProcessedId, code, debug);
    this.wrote();
    this.#close(end);
  }

  #close(end: Http2ConnectionEnd): void {
    this.#closed = true;
    this.#deadlines.clearAll();
    this.#streams.loseAll(end);
    // a stream that ended inside onStream has yet to be told
    if (this.#streams.accepting) this.#closedLater = end;
    else this.#events.onClosed(end);
  }
}
