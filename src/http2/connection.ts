import { ErrorCode } from "../base/error-code.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";
import { UsageError } from "../base/usage-error.js";
import { AbuseGuard } from "./connection/abuse-guard.js";
import { Deadline, Deadlines } from "./connection/deadlines.js";
import { HeaderBlocks } from "./connection/header-blocks.js";
import { KeepAlive, KeepAliveStep } from "./connection/keep-alive.js";
import { PingEnforcement, PingPurpose, pingPayload, pingPurpose } from "./connection/pings.js";
import { HTTP_1_ANSWER, looksLikeHttp1, PrefaceReader } from "./connection/preface.js";
import { Sender } from "./connection/sender.js";
import { initialPeerSettings, ourSettings, type PeerSettings, readSettings } from "./connection/settings.js";
import { StreamFrames } from "./connection/stream-frames.js";
import { Streams, type StreamsOwner } from "./connection/streams.js";
import type { Http2ConnectionEnd, Http2ConnectionEvents } from "./events.js";
import { connectionFault, type Fault, frameSizeFault, protocolFault } from "./fault.js";
import { BdpEstimator } from "./flow/bdp-estimator.js";
import type { WindowBudget } from "./flow/window-budget.js";
import { Decoded, FrameDecoder, readStreamId, readUint32 } from "./frame/frame-decoder.js";
import { FrameFlag, FrameType, PREFACE } from "./frame/frame-type.js";
import {
  goawayText,
  readDebugText,
  writeGoaway,
  writePing,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "./frame/write-control.js";
import type { Http2Limits } from "./limits.js";
import { OutputBuffer } from "./output/output-buffer.js";
import type { OutputPool } from "./output/output-pool.js";
import type { Http2Stream } from "./stream/stream.js";
import type { StreamEvents } from "./stream/stream-events.js";

export interface Http2ConnectionOptions {
  readonly role: "client" | "server";
  readonly peer: Peer;
  /** From `resolveLimits`. */
  readonly limits: Http2Limits;
  readonly outputPool: OutputPool;
  readonly windowBudget: WindowBudget;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

export interface Http2ConnectionStatistics {
  readonly openStreams: number;
  /** Concurrency slots that are taken: streams, and handlers that outlive them. */
  readonly slots: number;
  /** Bytes accepted from streams and not yet framed, and framed and not yet handed out. */
  readonly queuedBytes: number;
  readonly outputBytes: number;
  /** What the automatic receive window has come to. */
  readonly windowBytes: number;
}

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
export class Http2Connection implements StreamsOwner {
  readonly peer: Peer;
  readonly #role: "client" | "server";
  readonly #events: Http2ConnectionEvents;
  readonly #limits: Http2Limits;
  readonly #random: () => number;
  readonly #pool: OutputPool;
  readonly #out: OutputBuffer;
  readonly #decoder: FrameDecoder;
  readonly #blocks: HeaderBlocks;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #frames: StreamFrames;
  readonly #guard: AbuseGuard;
  readonly #bdp: BdpEstimator;
  readonly #enforcement: PingEnforcement;
  readonly #keepAlive: KeepAlive;
  readonly #deadlines = new Deadlines();
  #preface: PrefaceReader | undefined;
  #settings: PeerSettings = initialPeerSettings();
  #ready = false;
  #now: number;
  #idleSince: number;
  #outputAsked = true;
  #paused = false;
  #hadCapacity = true;
  #drainPhase: number = DrainPhase.none;
  #drainText = "";
  #toldDraining = false;
  #goaway: Http2ConnectionEnd | undefined = undefined;
  #goawayLastId = MAX_STREAM_ID;
  #closed = false;

  constructor(options: Http2ConnectionOptions, events: Http2ConnectionEvents, now: number) {
    const { role, limits } = options;
    this.peer = options.peer;
    this.#role = role;
    this.#events = events;
    this.#limits = limits;
    this.#random = options.random;
    this.#pool = options.outputPool;
    this.#out = new OutputBuffer(options.outputPool);
    this.#decoder = new FrameDecoder(limits.maxFrameBytes);
    this.#blocks = new HeaderBlocks(limits);
    this.#sender = new Sender(this.#out, limits.turnBytes);
    this.#guard = new AbuseGuard(limits, now);
    this.#bdp = new BdpEstimator(Math.max(65_535, limits.initialWindowBytes), limits.maxWindowBytes);
    this.#enforcement = new PingEnforcement(limits.minPingIntervalMs);
    this.#keepAlive = new KeepAlive(limits, now);
    this.#streams = new Streams(this, this.peer, limits, events, this.#out, this.#sender, this.#guard, this.#bdp, options.windowBudget);
    this.#frames = new StreamFrames(role, limits, this.#out, this.#streams, this.#sender, this.#guard);
    this.#preface = role === "server" ? new PrefaceReader() : undefined;
    this.#now = now;
    this.#idleSince = now;
    this.#begin(now);
  }

  #begin(now: number): void {
    const limits = this.#limits;
    if (this.#role === "client") {
      this.#out.reserve(PREFACE.length);
      this.#out.bytes.set(PREFACE, 0);
      this.#out.end = PREFACE.length;
    }
    writeSettings(this.#out, ourSettings(this.#role, limits));
    // a stream that may begin with more than the connection's window needs a larger one
    const increment = this.#frames.window.grow(limits.initialWindowBytes);
    if (increment > 0) writeWindowUpdate(this.#out, 0, increment);
    this.#deadlines.set(Deadline.settingsAck, now + limits.prefaceTimeoutMs + limits.settingsAckTimeoutMs);
    if (this.#role === "server") this.#deadlines.set(Deadline.preface, now + limits.prefaceTimeoutMs);
    else this.#deadlines.set(Deadline.firstSettings, now + limits.prefaceTimeoutMs + limits.firstSettingsTimeoutMs);
    this.#deadlines.set(Deadline.keepalive, this.#keepAlive.dueAt);
    this.#deadlines.set(Deadline.idle, now + limits.maxIdleMs);
    if (this.#role === "server") this.#deadlines.set(Deadline.age, now + limits.maxAgeMs * (0.9 + 0.2 * this.#random()));
  }

  // ------------------------------------------------------------------------------------------- getters

  /** Streams that may be opened now (client). */
  get capacity(): number {
    if (this.#closed || this.#role === "server" || this.#drainPhase !== DrainPhase.none || this.#goaway !== undefined) return 0;
    return Math.max(0, this.#settings.maxConcurrentStreams - this.#streams.table.size);
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
    this.#keepAlive.heard(now);
    this.#streams.freshen();
    let at = 0;
    if (this.#preface !== undefined) {
      at = this.#preface.read(bytes);
      if (this.#preface.fault !== undefined) return this.#fail(this.#preface.fault);
      if (!this.#preface.done) return;
      this.#preface = undefined;
      this.#deadlines.clear(Deadline.preface);
      this.#deadlines.set(Deadline.firstSettings, now + this.#limits.firstSettingsTimeoutMs);
    }
    this.#decoder.feed(bytes, at);
    const fault = this.#receiveFrames();
    if (this.#closed) return;
    if (fault !== undefined) this.#fail(fault);
    else this.#afterReceive();
  }

  /** The peer has ended its writing side: nothing that is open can be completed. */
  receiveEnd(now: number): void {
    if (this.#closed) return;
    this.#now = now;
    const orderly = this.openStreams === 0;
    const code = orderly ? ErrorCode.NO_ERROR : ErrorCode.CONNECT_ERROR;
    this.#close(this.#goaway ?? { initiator: "peer", code, message: "the peer closed the connection" });
  }

  /** The byte stream is gone. */
  lost(message: string, now: number): void {
    if (this.#closed) return;
    this.#now = now;
    const told = this.#goaway !== undefined && this.#goaway.code !== ErrorCode.NO_ERROR ? this.#goaway : undefined;
    this.#close(told ?? { initiator: "network", code: ErrorCode.CONNECT_ERROR, message });
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
    for (let due = this.#deadlines.takeDue(now); due >= 0 && !this.#closed; due = this.#deadlines.takeDue(now)) this.#onDue(due, now);
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
    this.#streams.beginTurn();
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

  // ------------------------------------------------------------------------------------------- for the streams

  wrote(): void {
    if (this.#outputAsked) return;
    this.#outputAsked = true;
    this.#events.onOutput();
  }

  streamEnded(): void {
    if (this.#closed) return;
    if (this.openStreams === 0) this.#idleSince = this.#now;
    this.#checkCapacity();
    this.#closeIfDone();
  }

  nextStreamId(): number {
    const id = this.#frames.nextId;
    if (this.#closed || this.#goaway !== undefined || id > MAX_STREAM_ID) return 0;
    this.#frames.nextId = id + 2;
    if (this.#frames.nextId > MAX_STREAM_ID) this.drain("stream ids are used up", this.#now);
    return id;
  }

  // ------------------------------------------------------------------------------------------- frames

  #receiveFrames(): Fault | undefined {
    const decoder = this.#decoder;
    for (;;) {
      const found = decoder.next();
      let fault: Fault | undefined;
      if (found === Decoded.data) fault = this.#receiveData();
      else if (found === Decoded.frame) fault = this.#receiveFrame();
      else if (found === Decoded.fault) return this.#malformed();
      else return undefined;
      if (fault !== undefined || this.#closed) return fault;
    }
  }

  #malformed(): Fault | undefined {
    const { length, type, flags, fault } = this.#decoder;
    return !this.#ready && looksLikeHttp1(length, type, flags) ? protocolFault(HTTP_1_ANSWER) : fault;
  }

  #receiveData(): Fault | undefined {
    if (this.#blocks.open || !this.#ready) return this.#misplaced();
    const decoder = this.#decoder;
    if (decoder.first) this.#bdp.receive(decoder.length);
    return this.#frames.receiveData(decoder, this.#now);
  }

  #receiveFrame(): Fault | undefined {
    const frame = this.#decoder;
    const { type } = frame;
    if (this.#blocks.open) return this.#headers(this.#blocks.continue(frame));
    if (!this.#ready && (type !== FrameType.SETTINGS || (frame.flags & FrameFlag.ACK) !== 0)) return this.#misplaced();
    switch (type) {
      case FrameType.HEADERS:
        return this.#headers(this.#blocks.begin(frame) ?? (frame.dependency >= 0 ? this.#guard.priority(this.#now) : undefined));
      case FrameType.PRIORITY:
        return this.#frames.receivePriority(frame, this.#now);
      case FrameType.RST_STREAM:
        return this.#frames.receiveReset(frame, this.#now);
      case FrameType.SETTINGS:
        return this.#receiveSettings(frame);
      case FrameType.PUSH_PROMISE:
        return protocolFault("a PUSH_PROMISE frame, and push is not enabled");
      case FrameType.PING:
        return this.#receivePing(frame);
      case FrameType.GOAWAY:
        return this.#receiveGoaway(frame);
      case FrameType.WINDOW_UPDATE:
        return this.#frames.receiveWindowUpdate(frame, this.#now);
      case FrameType.CONTINUATION:
        return protocolFault("a CONTINUATION frame without a header block");
      default:
        // RFC 9113 §5.5: unknown frames are ignored
        return undefined;
    }
  }

  #misplaced(): Fault {
    if (this.#blocks.open) return protocolFault(`a header block of stream ${this.#blocks.streamId} is interrupted by a DATA frame`);
    return protocolFault("the first frame is not SETTINGS");
  }

  #headers(fault: Fault | undefined): Fault | undefined {
    if (fault !== undefined || this.#blocks.open) return fault;
    return this.#frames.receiveHeaders(this.#blocks, this.#now);
  }

  /** RFC 9113 §6.5. */
  #receiveSettings(frame: FrameDecoder): Fault | undefined {
    if (frame.streamId !== 0) return protocolFault(`a SETTINGS frame on stream ${frame.streamId}`);
    if ((frame.flags & FrameFlag.ACK) !== 0) {
      if (frame.length !== 0) return frameSizeFault(`an acknowledgement of SETTINGS has ${frame.length} bytes`);
      if (!this.#deadlines.isSet(Deadline.settingsAck)) return undefined;
      this.#deadlines.clear(Deadline.settingsAck);
      this.#blocks.hpack.setTableLimit(this.#limits.headerTableBytes);
      this.#frames.changeReceiveWindows(this.#limits.initialWindowBytes);
      return undefined;
    }
    const settings = { ...this.#settings };
    // what a peer's first SETTINGS does not limit has no limit
    if (!this.#ready) settings.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    const fault =
      this.#guard.settings(this.#now) ??
      readSettings(frame.bytes, frame.start, frame.end, this.#role, this.#limits.maxSettingsPerFrame, settings);
    return fault ?? this.#applySettings(settings);
  }

  #applySettings(settings: PeerSettings): Fault | undefined {
    if (settings.headerTableBytes !== this.#settings.headerTableBytes) this.#sender.encoder.setPeerTableSize(settings.headerTableBytes);
    this.#sender.setMaxFrameBytes(settings.maxFrameBytes);
    this.#settings = settings;
    const fault = this.#frames.changeSendWindows(settings.initialWindowBytes);
    if (fault !== undefined) return fault;
    writeSettingsAck(this.#out);
    this.wrote();
    if (!this.#ready) {
      this.#ready = true;
      this.#deadlines.clear(Deadline.firstSettings);
      this.#deadlines.set(Deadline.settingsAck, this.#now + this.#limits.settingsAckTimeoutMs);
      this.#events.onReady();
    }
    this.#streams.resume();
    this.#checkCapacity();
    return undefined;
  }

  /** RFC 9113 §6.7. */
  #receivePing(frame: FrameDecoder): Fault | undefined {
    if (frame.length !== 8) return frameSizeFault(`a PING frame has ${frame.length} bytes`);
    if (frame.streamId !== 0) return protocolFault(`a PING frame on stream ${frame.streamId}`);
    if ((frame.flags & FrameFlag.ACK) !== 0) {
      const purpose = pingPurpose(frame.bytes, frame.start);
      if (purpose === PingPurpose.bandwidth && this.#bdp.finish(this.#now)) this.#growWindow();
      if (purpose === PingPurpose.drain) this.#finishDrain();
      return undefined;
    }
    const sent = this.#sender.framesSent;
    const fault = this.#guard.ping(sent, this.#now) ?? (this.#role === "server" ? this.#enforcement.ping(sent, this.#now) : undefined);
    if (fault !== undefined) return fault;
    writePing(this.#out, true, frame.bytes, frame.start);
    this.wrote();
    return undefined;
  }

  /** RFC 9113 §6.8. */
  #receiveGoaway(frame: FrameDecoder): Fault | undefined {
    if (frame.length < 8) return frameSizeFault(`a GOAWAY frame has ${frame.length} bytes`);
    if (frame.streamId !== 0) return protocolFault(`a GOAWAY frame on stream ${frame.streamId}`);
    const lastId = readStreamId(frame.bytes, frame.start);
    const code = readUint32(frame.bytes, frame.start + 4);
    if (lastId > this.#goawayLastId) return protocolFault(`a GOAWAY frame raises the last stream id from ${this.#goawayLastId} to ${lastId}`);
    const message = `peer sent ${goawayText(code, readDebugText(frame.bytes, frame.start + 8, frame.end))}`;
    this.#goawayLastId = lastId;
    this.#goaway = { initiator: "peer", code, message };
    if (this.#role === "client") this.#streams.refuseAbove(lastId, code, message);
    if (this.#closed) return undefined;
    this.#tellDraining();
    this.#closeIfDone();
    return undefined;
  }

  #growWindow(): void {
    const increment = this.#frames.window.grow(this.#bdp.estimate);
    if (increment === 0) return;
    writeWindowUpdate(this.#out, 0, increment);
    this.wrote();
  }

  /** What is done once for all frames that came together. */
  #afterReceive(): void {
    const credit = this.#frames.window.takeCredit();
    if (credit > 0) {
      writeWindowUpdate(this.#out, 0, credit);
      if (this.#bdp.begin(this.#now)) writePing(this.#out, false, pingPayload(PingPurpose.bandwidth), 0);
    }
    const incomplete = this.#decoder.partial || this.#blocks.open;
    if (incomplete !== this.#deadlines.isSet(Deadline.header)) {
      if (incomplete) this.#deadlines.set(Deadline.header, this.#now + this.#limits.headerTimeoutMs);
      else this.#deadlines.clear(Deadline.header);
    }
    this.#streams.runWriters();
    if (this.#out.length > 0) this.wrote();
    if (this.#sender.blocked) this.#checkPause();
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

  // ------------------------------------------------------------------------------------------- time

  #onDue(due: number, now: number): void {
    const limits = this.#limits;
    switch (due) {
      case Deadline.preface:
        return this.#fail(protocolFault(`no preface within ${limits.prefaceTimeoutMs} ms`));
      case Deadline.firstSettings:
        return this.#fail(connectionFault(ErrorCode.SETTINGS_TIMEOUT, "the peer sent no SETTINGS in time"));
      case Deadline.settingsAck:
        return this.#fail(connectionFault(ErrorCode.SETTINGS_TIMEOUT, "the peer did not acknowledge SETTINGS in time"));
      case Deadline.header:
        return this.#fail(connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `a header block was not whole within ${limits.headerTimeoutMs} ms`));
      case Deadline.keepalive:
        return this.#onKeepAlive(now);
      case Deadline.drainPing:
        return this.#finishDrain();
      case Deadline.writeStall:
        return this.#fail(connectionFault(ErrorCode.NO_ERROR, `the peer read nothing for ${limits.writeStallTimeoutMs} ms`), "network");
      case Deadline.idle:
        return this.#onIdle(now);
      case Deadline.age:
        this.#deadlines.set(Deadline.ageGrace, now + limits.maxAgeGraceMs);
        return this.drain("max_age", now);
      default:
        return this.destroy("the connection has reached its maximum age");
    }
  }

  #onKeepAlive(now: number): void {
    const step = this.#keepAlive.step(this.openStreams, now);
    if (step === KeepAliveStep.dead) {
      const message = `keepalive: the peer did not answer a PING within ${this.#limits.keepaliveTimeoutMs} ms`;
      return this.#fail(connectionFault(ErrorCode.NO_ERROR, message), "network");
    }
    if (step === KeepAliveStep.ping) {
      writePing(this.#out, false, pingPayload(PingPurpose.keepalive), 0);
      this.wrote();
    }
    this.#deadlines.set(Deadline.keepalive, this.#keepAlive.dueAt);
  }

  #onIdle(now: number): void {
    const since = this.openStreams > 0 ? now : this.#idleSince;
    if (now - since >= this.#limits.maxIdleMs) this.drain("max_idle", now);
    else this.#deadlines.set(Deadline.idle, since + this.#limits.maxIdleMs);
  }

  // ------------------------------------------------------------------------------------------- the end

  #tellDraining(): void {
    if (this.#toldDraining) return;
    this.#toldDraining = true;
    this.#events.onDraining();
    for (const stream of this.#streams.table.all()) if (!this.#closed) stream.events?.onDraining();
  }

  /** The peer has heard that we drain, or had time to: what it opens from here on is not taken. */
  #finishDrain(): void {
    if (this.#drainPhase !== DrainPhase.announced) return;
    this.#drainPhase = DrainPhase.final;
    this.#deadlines.clear(Deadline.drainPing);
    this.#frames.refusing = true;
    writeGoaway(this.#out, this.#frames.lastProcessedId, ErrorCode.NO_ERROR, this.#drainText);
    this.wrote();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#closed || this.openStreams > 0) return;
    if (this.#drainPhase === DrainPhase.final) {
      const end: Http2ConnectionEnd = { initiator: "application", code: ErrorCode.NO_ERROR, message: `drained: ${this.#drainText}` };
      if (this.#role === "client") this.#closeWithGoaway(ErrorCode.NO_ERROR, this.#drainText, end);
      else this.#close(end);
    } else if (this.#goaway !== undefined) {
      this.#closeWithGoaway(ErrorCode.NO_ERROR, "", this.#goaway);
    }
  }

  #fail(fault: Fault, initiator: Initiator = "engine"): void {
    const { code, message } = fault;
    const said = initiator === "engine" ? `this side sent ${goawayText(code, message)}` : message;
    this.#closeWithGoaway(code, message, { initiator, code, message: said });
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
    this.#events.onClosed(end);
  }
}
