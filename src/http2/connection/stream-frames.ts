import { ErrorCode } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import { connectionFault, type Fault, frameSizeFault, protocolFault } from "../fault.js";
import { contentLength, responseStatus, validateRequest, validateResponse, validateTrailers } from "../field/index.js";
import { ConnectionWindow } from "../flow/connection-window.js";
import { receiveOnStream, widenSendWindow } from "../flow/stream-window.js";
import { type FrameDecoder, readStreamId, readUint32 } from "../frame/frame-decoder.js";
import { FrameFlag } from "../frame/frame-type.js";
import { writeRstStream } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { StreamInput, StreamState } from "../stream/state.js";
import { type Http2Stream, StreamFlag } from "../stream/stream.js";
import { peerResetEnd } from "../stream/stream-ends.js";
import { StreamVerdict, transition } from "../stream/transition.js";
import type { AbuseGuard } from "./abuse-guard.js";
import type { HeaderBlocks } from "./header-blocks.js";
import type { Sender } from "./sender.js";
import type { Streams } from "./streams.js";

/** The parts of a connection that frames on streams move. */
export interface StreamFramesParts {
  readonly role: "client" | "server";
  readonly limits: Http2Limits;
  readonly out: OutputBuffer;
  readonly streams: Streams;
  readonly sender: Sender;
  readonly guard: AbuseGuard;
}

/** The frames that peers send on streams: the receiving half of the engine. Each method returns a fault of the connection. */
export class StreamFrames {
  readonly window: ConnectionWindow = new ConnectionWindow();
  /** The highest id of a stream that the peer has opened, and the highest that has been looked at: GOAWAY's last id. */
  lastPeerId = 0;
  lastProcessedId = 0;
  /** The final GOAWAY has been sent: streams that the peer opens now are not looked at. */
  refusing = false;
  /** The next id of a client's stream. */
  nextId = 1;
  readonly #role: "client" | "server";
  readonly #limits: Http2Limits;
  readonly #out: OutputBuffer;
  readonly #streams: Streams;
  readonly #sender: Sender;
  readonly #guard: AbuseGuard;
  #now = 0;

  constructor(parts: StreamFramesParts) {
    this.#role = parts.role;
    this.#limits = parts.limits;
    this.#out = parts.out;
    this.#streams = parts.streams;
    this.#sender = parts.sender;
    this.#guard = parts.guard;
  }

  /** A whole header block (RFC 9113 §8.1). */
  receiveHeaders(block: HeaderBlocks, now: number): Fault | undefined {
    this.#now = now;
    const { streamId, end } = block;
    const fields = block.fields as Fields;
    if (streamId === 0) return protocolFault("a HEADERS frame on stream 0");
    const stream = this.#streams.table.get(streamId);
    if (stream === undefined) {
      const opens = this.#role === "server" && (streamId & 1) === 1 && streamId > this.lastPeerId;
      return opens ? this.#openStream(streamId, fields, end, block.refusal) : this.#headersOfNone(streamId, fields);
    }
    const state = transition(stream.state, end ? StreamInput.receiveHeadersEnd : StreamInput.receiveHeaders);
    if (state >= StreamVerdict.ignored) return this.#refuse(state, stream, streamId, "a HEADERS frame");
    if (block.refusal !== ErrorCode.NO_ERROR) return this.#resetStream(stream, block.refusal, "its header block is refused");
    if ((stream.flags & StreamFlag.headReceived) !== 0) return this.#trailers(stream, fields, end, state);
    return this.#responseHead(stream, fields, end, state);
  }

  #openStream(id: number, fields: Fields, end: boolean, refusal: number): Fault | undefined {
    this.lastPeerId = id;
    if (this.refusing) return undefined;
    this.lastProcessedId = id;
    const length = contentLength(fields);
    let code = refusal;
    if (code === ErrorCode.NO_ERROR && (validateRequest(fields, this.#limits.enableConnectProtocol) !== undefined || (end && length > 0))) {
      code = ErrorCode.PROTOCOL_ERROR;
    }
    if (code !== ErrorCode.NO_ERROR) {
      writeRstStream(this.#out, id, code);
      return this.#guard.provokedReset(this.#now);
    }
    if (this.#streams.slots >= this.#limits.maxConcurrentStreams) {
      writeRstStream(this.#out, id, ErrorCode.REFUSED_STREAM);
      return this.#guard.peerReset(this.#now);
    }
    this.#streams.accept(id, fields, end, length);
    return undefined;
  }

  /** HEADERS for a stream that is not open: never was, or no more. */
  #headersOfNone(id: number, fields: Fields): Fault | undefined {
    if (!this.#wasOpen(id)) return protocolFault(`a HEADERS frame opens stream ${id}, which is not the peer's to open`);
    const closed = this.#streams.table.closedState(id);
    // a new request on an id that was passed over; late trailers have no pseudo-field
    if (closed === StreamState.closedByOurReset && this.#role === "server" && fields[0]?.name.charCodeAt(0) === 0x3a) {
      return protocolFault(`a HEADERS frame opens stream ${id}, below stream ${this.lastPeerId}`);
    }
    return this.#refuse(transition(closed, StreamInput.receiveHeaders), undefined, id, "a HEADERS frame");
  }

  #responseHead(stream: Http2Stream, fields: Fields, end: boolean, state: number): Fault | undefined {
    const malformed = validateResponse(fields);
    if (malformed !== undefined) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, malformed);
    const status = responseStatus(fields);
    if (status < 200) {
      // interim: not reported, but it cannot end the stream (RFC 9113 §8.1), and 101 does not exist (§8.6)
      if (end || status === 101)
        return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, `a response ${status} that ends the stream or switches protocols`);
      return undefined;
    }
    stream.bodyLeft = contentLength(fields);
    if (end && stream.bodyLeft > 0)
      return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "content-length promises a body and none follows");
    stream.flags |= StreamFlag.headReceived;
    stream.state = state;
    stream.events?.onHead(fields, end);
    if (stream.state === StreamState.closedByEnd) this.#streams.complete(stream);
    return undefined;
  }

  #trailers(stream: Http2Stream, fields: Fields, end: boolean, state: number): Fault | undefined {
    if (!end) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "trailers without END_STREAM");
    const malformed = validateTrailers(fields);
    if (malformed !== undefined) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, malformed);
    if (stream.bodyLeft > 0) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "the body is shorter than content-length");
    stream.state = state;
    stream.events?.onTrailers(fields);
    if (stream.state === StreamState.closedByEnd) this.#streams.complete(stream);
    return undefined;
  }

  /** A piece of a DATA frame (RFC 9113 §6.1). */
  receiveData(frame: FrameDecoder, now: number): Fault | undefined {
    this.#now = now;
    const id = frame.streamId;
    const ends = (frame.flags & FrameFlag.END_STREAM) !== 0;
    const stream = this.#streams.table.get(id);
    if (frame.first) {
      const fault = this.window.receive(frame.length) ?? this.#guard.data(frame.length, ends, now);
      if (fault !== undefined) return fault;
      if (stream === undefined) return this.#dataOfNone(id);
      const verdict = transition(stream.state, StreamInput.receiveData);
      if (verdict >= StreamVerdict.ignored) return this.#refuse(verdict, stream, id, "a DATA frame");
      if ((stream.flags & StreamFlag.headReceived) === 0)
        return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "DATA before the response's head");
      if (!receiveOnStream(stream, frame.length, frame.padding)) {
        return this.#resetStream(stream, ErrorCode.FLOW_CONTROL_ERROR, "DATA beyond the stream's window");
      }
      if (frame.padding > 0) this.#streams.giveCredit(stream, 0);
    } else if (stream === undefined || (stream.state !== StreamState.open && stream.state !== StreamState.halfClosedLocal)) {
      return undefined;
    }
    return this.#body(stream, frame, ends && frame.last);
  }

  #body(stream: Http2Stream, frame: FrameDecoder, fin: boolean): Fault | undefined {
    const { start, end } = frame;
    if (stream.bodyLeft >= 0) {
      stream.bodyLeft -= end - start;
      if (stream.bodyLeft < 0) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "the body is longer than content-length");
      if (fin && stream.bodyLeft > 0) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "the body is shorter than content-length");
    }
    if (!fin) {
      if (end > start) stream.events?.onData(frame.bytes, start, end, false);
      return undefined;
    }
    stream.state = transition(stream.state, StreamInput.receiveDataEnd);
    stream.events?.onData(frame.bytes, start, end, true);
    if (stream.state === StreamState.closedByEnd) this.#streams.complete(stream);
    return undefined;
  }

  #dataOfNone(id: number): Fault | undefined {
    if (!this.#wasOpen(id)) return protocolFault(`a DATA frame on stream ${id}, which is idle`);
    return this.#refuse(transition(this.#streams.table.closedState(id), StreamInput.receiveData), undefined, id, "a DATA frame");
  }

  /** RST_STREAM (RFC 9113 §6.4). */
  receiveReset(frame: FrameDecoder, now: number): Fault | undefined {
    this.#now = now;
    const id = frame.streamId;
    if (frame.length !== 4) return frameSizeFault(`a RST_STREAM frame has ${frame.length} bytes`);
    if (id === 0) return protocolFault("a RST_STREAM frame on stream 0");
    const code = readUint32(frame.bytes, frame.start);
    const stream = this.#streams.table.get(id);
    if (stream === undefined && !this.#wasOpen(id)) return protocolFault(`a RST_STREAM frame on stream ${id}, which is idle`);
    const fault = this.#role === "server" ? this.#guard.peerReset(now) : undefined;
    if (fault !== undefined || stream === undefined) return fault;
    const state = transition(stream.state, StreamInput.receiveReset);
    if (state >= StreamVerdict.ignored) return undefined;
    stream.state = state;
    this.#streams.finish(stream, peerResetEnd(code));
    return undefined;
  }

  /** WINDOW_UPDATE (RFC 9113 §6.9), of the connection and of streams. */
  receiveWindowUpdate(frame: FrameDecoder, now: number): Fault | undefined {
    this.#now = now;
    const id = frame.streamId;
    if (frame.length !== 4) return frameSizeFault(`a WINDOW_UPDATE frame has ${frame.length} bytes`);
    const increment = readStreamId(frame.bytes, frame.start);
    const fault = this.#guard.windowUpdate(this.#sender.framesSent, now);
    if (fault !== undefined) return fault;
    if (id === 0) {
      if (increment === 0) return protocolFault("a WINDOW_UPDATE of 0 on stream 0");
      if (!this.#sender.widen(increment)) return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window exceeds 2^31-1");
      this.#streams.resume();
      return undefined;
    }
    const stream = this.#streams.table.get(id);
    if (stream === undefined) return this.#wasOpen(id) ? undefined : protocolFault(`a WINDOW_UPDATE on stream ${id}, which is idle`);
    if (increment === 0) return this.#resetStream(stream, ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0");
    if (!widenSendWindow(stream, increment)) return this.#resetStream(stream, ErrorCode.FLOW_CONTROL_ERROR, "its window exceeds 2^31-1");
    this.#sender.enlist(stream);
    this.#streams.resume();
    return undefined;
  }

  /** PRIORITY (RFC 9113 §6.3): ignored, but a stream cannot depend on itself (RFC 7540 §5.3.1). */
  receivePriority(frame: FrameDecoder, now: number): Fault | undefined {
    this.#now = now;
    const id = frame.streamId;
    if (id === 0) return protocolFault("a PRIORITY frame on stream 0");
    if (frame.length !== 5) return this.#faultyPriority(id, ErrorCode.FRAME_SIZE_ERROR, `a PRIORITY frame has ${frame.length} bytes`);
    const fault = this.#guard.priority(now);
    if (fault !== undefined || readStreamId(frame.bytes, frame.start) !== id) return fault;
    return this.#faultyPriority(id, ErrorCode.PROTOCOL_ERROR, "a stream cannot depend on itself");
  }

  #faultyPriority(id: number, code: number, because: string): Fault | undefined {
    const stream = this.#streams.table.get(id);
    if (stream !== undefined) return this.#resetStream(stream, code, because);
    // an idle stream cannot be reset; one that is over can, for the peer's sake
    if (!this.#wasOpen(id)) return connectionFault(code, because);
    writeRstStream(this.#out, id, code);
    return this.#guard.provokedReset(this.#now);
  }

  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE changes the windows of all streams (RFC 9113 §6.9.2). */
  changeSendWindows(initial: number): Fault | undefined {
    const change = initial - this.#streams.sendWindow;
    this.#streams.sendWindow = initial;
    if (change === 0) return undefined;
    for (const stream of this.#streams.table.all()) {
      if (!widenSendWindow(stream, change))
        return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, `the window of stream ${stream.id} exceeds 2^31-1`);
      this.#sender.enlist(stream);
    }
    return undefined;
  }

  /** Our own initial window counts now: the peer has acknowledged it. */
  changeReceiveWindows(initial: number): void {
    const change = initial - this.#streams.receiveWindow;
    this.#streams.receiveWindow = initial;
    for (const stream of this.#streams.table.all()) stream.receiveWindow += change;
  }

  #wasOpen(id: number): boolean {
    if (this.#role === "server") return (id & 1) === 1 && id <= this.lastPeerId;
    return (id & 1) === 1 && id < this.nextId;
  }

  /** Acts on a verdict that is not a new state. */
  #refuse(verdict: number, stream: Http2Stream | undefined, id: number, what: string): Fault | undefined {
    if (verdict === StreamVerdict.connectionStreamClosed) {
      return connectionFault(ErrorCode.STREAM_CLOSED, `${what} on stream ${id}, which the peer has ended`);
    }
    if (verdict === StreamVerdict.connectionProtocolError) return protocolFault(`${what} on stream ${id}, which is idle`);
    if (verdict !== StreamVerdict.streamClosed) return undefined;
    if (stream !== undefined) return this.#resetStream(stream, ErrorCode.STREAM_CLOSED, `${what} after END_STREAM`);
    writeRstStream(this.#out, id, ErrorCode.STREAM_CLOSED);
    return this.#guard.provokedReset(this.#now);
  }

  /** A stream error (RFC 9113 §5.4.2): counted, for it is the peer that made us reset. */
  #resetStream(stream: Http2Stream, code: number, because: string): Fault | undefined {
    this.#streams.resetWith(stream, code, "engine", because);
    return this.#guard.provokedReset(this.#now);
  }
}
