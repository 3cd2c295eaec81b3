import type { Http2ConnectionEnd } from "../events.js";
import { type Fault, frameSizeFault, protocolFault } from "../fault.js";
import type { BdpEstimator } from "../flow/bdp-estimator.js";
import { Decoded, FrameDecoder, readStreamId, readUint32 } from "../frame/frame-decoder.js";
import { FrameFlag, FrameType } from "../frame/frame-type.js";
import { goawayText, readDebugText, writePing, writeSettingsAck, writeWindowUpdate } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import type { AbuseGuard } from "./abuse-guard.js";
import { Deadline, type Deadlines } from "./deadlines.js";
import { HeaderBlocks } from "./header-blocks.js";
import { PingEnforcement, PingPurpose, pingPayload, pingPurpose } from "./pings.js";
import { HTTP_1_ANSWER, looksLikeHttp1, PrefaceReader } from "./preface.js";
import type { Sender } from "./sender.js";
import { PeerSettings, readSettings } from "./settings.js";
import type { StreamFrames } from "./stream-frames.js";
import type { Streams } from "./streams.js";

/** What the connection hears of the frames that concern all of it. */
export interface InboundOwner {
  /** The connection is over: nothing more is read. */
  readonly closed: boolean;
  /** SETTINGS have been applied; `first`: the peer's first. */
  settingsChanged(first: boolean): void;
  /** GOAWAY has come; see `goaway`. */
  peerGoesAway(): void;
  /** The PING that went with the first GOAWAY of a drain has been answered. */
  drainHeard(): void;
}

/** The parts of a connection that its incoming frames move. */
export interface InboundParts {
  readonly role: "client" | "server";
  readonly limits: Http2Limits;
  readonly out: OutputBuffer;
  readonly sender: Sender;
  readonly streams: Streams;
  readonly frames: StreamFrames;
  readonly guard: AbuseGuard;
  readonly bdp: BdpEstimator;
  readonly deadlines: Deadlines;
}

/** Everything that arrives: finds the frames, handles those of the connection itself, hands on those of streams. */
export class Inbound {
  /** What the peer allows; applied as a whole. */
  settings: PeerSettings = new PeerSettings();
  /** The peer's first SETTINGS have arrived. */
  ready = false;
  /** What the peer's last GOAWAY said. */
  goaway: Http2ConnectionEnd | undefined = undefined;
  readonly #owner: InboundOwner;
  readonly #parts: InboundParts;
  readonly #decoder: FrameDecoder;
  readonly #blocks: HeaderBlocks;
  readonly #enforcement: PingEnforcement;
  #preface: PrefaceReader | undefined;
  #goawayLastId = 0x7fff_ffff;
  #now = 0;

  constructor(owner: InboundOwner, parts: InboundParts) {
    const { role, limits } = parts;
    this.#owner = owner;
    this.#parts = parts;
    this.#decoder = new FrameDecoder(limits.maxFrameBytes);
    this.#blocks = new HeaderBlocks(limits);
    this.#enforcement = new PingEnforcement(limits.minPingIntervalMs);
    this.#preface = role === "server" ? new PrefaceReader() : undefined;
  }

  /** Reads all of the bytes, unless they are faulty or the connection ends on the way. */
  receive(bytes: Uint8Array, now: number): Fault | undefined {
    this.#now = now;
    let at = 0;
    if (this.#preface !== undefined) {
      at = this.#preface.read(bytes);
      if (!this.#preface.done) return this.#preface.fault;
      const { deadlines, limits } = this.#parts;
      this.#preface = undefined;
      deadlines.clear(Deadline.preface);
      deadlines.set(Deadline.firstSettings, now + limits.firstSettingsTimeoutMs);
    }
    this.#decoder.feed(bytes, at);
    const fault = this.#receiveFrames();
    if (fault === undefined && !this.#owner.closed) this.#afterFrames();
    return fault;
  }

  #receiveFrames(): Fault | undefined {
    const decoder = this.#decoder;
    for (;;) {
      const found = decoder.next();
      let fault: Fault | undefined;
      if (found === Decoded.data) fault = this.#receiveData();
      else if (found === Decoded.frame) fault = this.#receiveFrame();
      else if (found === Decoded.fault) return this.#malformed();
      else return undefined;
      if (fault !== undefined || this.#owner.closed) return fault;
    }
  }

  #malformed(): Fault | undefined {
    const { length, type, flags, fault } = this.#decoder;
    return !this.ready && looksLikeHttp1(length, type, flags) ? protocolFault(HTTP_1_ANSWER) : fault;
  }

  #receiveData(): Fault | undefined {
    if (this.#blocks.open || !this.ready) return this.#misplaced();
    const decoder = this.#decoder;
    if (decoder.first) this.#parts.bdp.receive(decoder.length);
    return this.#parts.frames.receiveData(decoder, this.#now);
  }

  #receiveFrame(): Fault | undefined {
    const frame = this.#decoder;
    const { type } = frame;
    if (this.#blocks.open) return this.#headers(this.#blocks.continue(frame));
    if (!this.ready && (type !== FrameType.SETTINGS || (frame.flags & FrameFlag.ACK) !== 0)) return this.#misplaced();
    switch (type) {
      case FrameType.HEADERS:
        return this.#headers(this.#blocks.begin(frame) ?? (frame.dependency >= 0 ? this.#parts.guard.priority(this.#now) : undefined));
      case FrameType.PRIORITY:
        return this.#parts.frames.receivePriority(frame, this.#now);
      case FrameType.RST_STREAM:
        return this.#parts.frames.receiveReset(frame, this.#now);
      case FrameType.SETTINGS:
        return this.#receiveSettings(frame);
      case FrameType.PUSH_PROMISE:
        return protocolFault("a PUSH_PROMISE frame, and push is not enabled");
      case FrameType.PING:
        return this.#receivePing(frame);
      case FrameType.GOAWAY:
        return this.#receiveGoaway(frame);
      case FrameType.WINDOW_UPDATE:
        return this.#parts.frames.receiveWindowUpdate(frame, this.#now);
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
    return this.#parts.frames.receiveHeaders(this.#blocks, this.#now);
  }

  /** RFC 9113 §6.5. */
  #receiveSettings(frame: FrameDecoder): Fault | undefined {
    if (frame.streamId !== 0) return protocolFault(`a SETTINGS frame on stream ${frame.streamId}`);
    if ((frame.flags & FrameFlag.ACK) !== 0) {
      if (frame.length !== 0) return frameSizeFault(`an acknowledgement of SETTINGS has ${frame.length} bytes`);
      if (!this.#parts.deadlines.isSet(Deadline.settingsAck)) return undefined;
      this.#parts.deadlines.clear(Deadline.settingsAck);
      this.#blocks.hpack.setTableLimit(this.#parts.limits.headerTableBytes);
      this.#parts.frames.changeReceiveWindows(this.#parts.limits.initialWindowBytes);
      return undefined;
    }
    const settings = this.settings.copy();
    // what a peer's first SETTINGS does not limit has no limit
    if (!this.ready) settings.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    const fault =
      this.#parts.guard.settings(this.#now) ??
      readSettings(frame.bytes, frame.start, frame.end, this.#parts.role, this.#parts.limits.maxSettingsPerFrame, settings);
    return fault ?? this.#applySettings(settings);
  }

  #applySettings(settings: PeerSettings): Fault | undefined {
    const { deadlines, frames, limits, out, sender, streams } = this.#parts;
    if (settings.headerTableBytes !== this.settings.headerTableBytes) sender.encoder.setPeerTableSize(settings.headerTableBytes);
    sender.setMaxFrameBytes(settings.maxFrameBytes);
    streams.peerMaxHeaderListBytes = settings.maxHeaderListBytes;
    this.settings = settings;
    const fault = frames.changeSendWindows(settings.initialWindowBytes);
    if (fault !== undefined) return fault;
    writeSettingsAck(out);
    const first = !this.ready;
    if (first) {
      this.ready = true;
      deadlines.clear(Deadline.firstSettings);
      deadlines.set(Deadline.settingsAck, this.#now + limits.settingsAckTimeoutMs);
    }
    this.#owner.settingsChanged(first);
    streams.resume();
    return undefined;
  }

  /** RFC 9113 §6.7. */
  #receivePing(frame: FrameDecoder): Fault | undefined {
    if (frame.length !== 8) return frameSizeFault(`a PING frame has ${frame.length} bytes`);
    if (frame.streamId !== 0) return protocolFault(`a PING frame on stream ${frame.streamId}`);
    if ((frame.flags & FrameFlag.ACK) !== 0) {
      const purpose = pingPurpose(frame.bytes, frame.start);
      if (purpose === PingPurpose.bandwidth && this.#parts.bdp.finish(this.#now)) this.#growWindow();
      if (purpose === PingPurpose.drain) this.#owner.drainHeard();
      return undefined;
    }
    const sent = this.#parts.sender.framesSent;
    const fault =
      this.#parts.guard.ping(sent, this.#now) ?? (this.#parts.role === "server" ? this.#enforcement.ping(sent, this.#now) : undefined);
    if (fault !== undefined) return fault;
    writePing(this.#parts.out, true, frame.bytes, frame.start);
    return undefined;
  }

  /** RFC 9113 §6.8. */
  #receiveGoaway(frame: FrameDecoder): Fault | undefined {
    if (frame.length < 8) return frameSizeFault(`a GOAWAY frame has ${frame.length} bytes`);
    if (frame.streamId !== 0) return protocolFault(`a GOAWAY frame on stream ${frame.streamId}`);
    const lastId = readStreamId(frame.bytes, frame.start);
    const code = readUint32(frame.bytes, frame.start + 4);
    if (lastId > this.#goawayLastId)
      return protocolFault(`a GOAWAY frame raises the last stream id from ${this.#goawayLastId} to ${lastId}`);
    const message = `peer sent ${goawayText(code, readDebugText(frame.bytes, frame.start + 8, frame.end))}`;
    this.#goawayLastId = lastId;
    this.goaway = { initiator: "peer", code, message };
    if (this.#parts.role === "client") this.#parts.streams.refuseAbove(lastId, code, message);
    this.#owner.peerGoesAway();
    return undefined;
  }

  #growWindow(): void {
    const increment = this.#parts.frames.window.grow(this.#parts.bdp.estimate);
    if (increment > 0) writeWindowUpdate(this.#parts.out, 0, increment);
  }

  /** What is done once for all frames that came together. */
  #afterFrames(): void {
    const { bdp, deadlines, frames, limits, out, streams } = this.#parts;
    const credit = frames.window.takeCredit();
    if (credit > 0) {
      writeWindowUpdate(out, 0, credit);
      if (bdp.begin(credit, this.#now)) writePing(out, false, pingPayload(PingPurpose.bandwidth), 0);
    }
    const incomplete = this.#decoder.partial || this.#blocks.open;
    if (incomplete !== deadlines.isSet(Deadline.header)) {
      if (incomplete) deadlines.set(Deadline.header, this.#now + limits.headerTimeoutMs);
      else deadlines.clear(Deadline.header);
    }
    streams.endReceive();
  }
}
