import { ErrorCode } from "../../base/error-code.js";
import type { Field, Fields } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Http2ConnectionEnd, Http2ConnectionEvents } from "../events.js";
import type { BdpEstimator } from "../flow/bdp-estimator.js";
import { consumeOnStream } from "../flow/stream-window.js";
import type { WindowBudget } from "../flow/window-budget.js";
import { writeRstStream, writeWindowUpdate } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { StreamInput, StreamState } from "../stream/state.js";
import { Http2Stream, StreamFlag, type StreamHost } from "../stream/stream.js";
import { COMPLETE, resetEnd, tooManyFieldsEnd, unnumberedEnd } from "../stream/stream-ends.js";
import type { StreamEnd, StreamEvents } from "../stream/stream-events.js";
import { StreamTable } from "../stream/stream-table.js";
import { StreamVerdict, transition } from "../stream/transition.js";
import type { AbuseGuard } from "./abuse-guard.js";
import type { Sender } from "./sender.js";
import { Turns } from "./turns.js";

/** What the streams tell the connection. */
export interface StreamsOwner {
  /** Something has been written to the output; `urgent`: see `Http2ConnectionEvents.onOutput`. */
  wrote(urgent?: boolean): void;
  /** A stream has ended: capacity, the end of a drain. */
  streamEnded(): void;
  /** The next stream id of a client, or 0 when none can be opened any more. */
  nextStreamId(): number;
}

/** The parts of a connection that streams move. */
export interface StreamsParts {
  readonly peer: Peer;
  readonly limits: Http2Limits;
  readonly events: Http2ConnectionEvents;
  readonly out: OutputBuffer;
  readonly sender: Sender;
  readonly guard: AbuseGuard;
  readonly bdp: BdpEstimator;
  readonly budget: WindowBudget;
}

/** Flags that say that the local half takes nothing more. */
const NO_MORE: number = StreamFlag.endAsked | StreamFlag.ended;

/** The open streams of a connection, and what their users command: the sending half of the engine. */
export class Streams implements StreamHost {
  readonly peer: Peer;
  readonly table: StreamTable = new StreamTable();
  /** `onStream` is being called; a stream that ends meanwhile is told when it has returned. */
  accepting = false;
  /** Streams that are accepted from now on are told at once that the connection will end soon. */
  draining = false;
  /** Concurrency slots that are taken. */
  slots = 0;
  /** What a stream's receive window starts with, and what the peer gave for ours. */
  receiveWindow = 65_535;
  sendWindow = 65_535;
  /** SETTINGS_MAX_HEADER_LIST_SIZE of the peer. */
  peerMaxHeaderListBytes: number = Number.POSITIVE_INFINITY;
  readonly #owner: StreamsOwner;
  readonly #events: Http2ConnectionEvents;
  readonly #out: OutputBuffer;
  readonly #sender: Sender;
  readonly #guard: AbuseGuard;
  readonly #bdp: BdpEstimator;
  readonly #budget: WindowBudget;
  readonly #turns: Turns;

  constructor(owner: StreamsOwner, parts: StreamsParts) {
    this.#owner = owner;
    this.peer = parts.peer;
    this.#events = parts.events;
    this.#out = parts.out;
    this.#sender = parts.sender;
    this.#guard = parts.guard;
    this.#bdp = parts.bdp;
    this.#budget = parts.budget;
    this.#turns = new Turns(parts.events, parts.sender, parts.limits);
  }

  // ------------------------------------------------------------------------------------------- commands of a stream

  sendHead(stream: Http2Stream, prepared: Fields, extra: Fields, end: boolean): void {
    if ((stream.flags & (NO_MORE | StreamFlag.headSent)) !== 0 || this.#exceedsPeer(stream, prepared, extra)) return;
    if (stream.id === 0 && !this.#number(stream)) return;
    const state = transition(stream.state, end ? StreamInput.sendHeadersEnd : StreamInput.sendHeaders);
    if (state >= StreamVerdict.ignored) return;
    stream.flags |= end ? StreamFlag.headSent | StreamFlag.endAsked : StreamFlag.headSent;
    this.#sender.head(stream, prepared, extra, end);
    stream.state = state;
    if (state === StreamState.closedByEnd) this.finish(stream, COMPLETE);
    this.#owner.wrote();
  }

  sendData(stream: Http2Stream, prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    if (!maySend(stream)) return true;
    if (end) stream.flags |= StreamFlag.endAsked;
    this.#sender.data(stream, prefix, bytes, end);
    this.#owner.wrote();
    if (end) {
      this.#pump();
      this.#endIfSent(stream);
      return true;
    }
    if (stream.queue !== undefined) this.#pump();
    if (this.#turns.hasRoom(stream)) return true;
    stream.flags |= StreamFlag.wantsWritable;
    this.#turns.await(stream);
    return false;
  }

  sendTrailers(stream: Http2Stream, prepared: Fields, extra: Fields): void {
    if (!maySend(stream) || this.#exceedsPeer(stream, prepared, extra)) return;
    stream.flags |= StreamFlag.endAsked;
    this.#sender.trailers(stream, prepared, extra);
    this.#owner.wrote();
    this.#endIfSent(stream);
  }

  respond(
    stream: Http2Stream,
    head: Fields,
    headExtra: Fields,
    prefix: Uint8Array,
    bytes: Uint8Array,
    trailers: Fields,
    trailersExtra: Fields,
  ): void {
    if ((stream.flags & (NO_MORE | StreamFlag.headSent)) !== 0 || stream.state === StreamState.idle) return;
    if (this.#exceedsPeer(stream, head, headExtra) || this.#exceedsPeer(stream, trailers, trailersExtra)) return;
    stream.flags |= StreamFlag.headSent | StreamFlag.endAsked;
    this.#sender.head(stream, head, headExtra, false);
    this.#sender.data(stream, prefix, bytes, false);
    // before what is queued goes out, or the stream would end without them
    this.#sender.trailers(stream, trailers, trailersExtra);
    this.#owner.wrote();
    if (stream.queue !== undefined) this.#pump();
    this.#endIfSent(stream);
  }

  discardQueued(stream: Http2Stream): boolean {
    if (stream.queue === undefined) return true;
    const whole = this.#sender.discard(stream);
    this.#owner.wrote();
    this.#afterTurn(stream);
    return whole;
  }

  consume(stream: Http2Stream, bytes: number): void {
    if ((stream.flags & StreamFlag.ended) !== 0) return;
    this.#guard.consumed();
    this.giveCredit(stream, bytes);
  }

  reset(stream: Http2Stream, code: number): void {
    if ((stream.flags & StreamFlag.ended) !== 0) return;
    if (code === ErrorCode.NO_ERROR && stream.queue !== undefined && (stream.flags & StreamFlag.endAsked) !== 0) {
      stream.flags |= StreamFlag.resetWhenSent;
      return;
    }
    this.resetWith(stream, code, "application", "");
  }

  settled(stream: Http2Stream): void {
    stream.flags |= StreamFlag.settled;
    if ((stream.flags & StreamFlag.ended) !== 0) this.#releaseSlot(stream);
  }

  // ------------------------------------------------------------------------------------------- for the connection

  /** A client's new stream. */
  open(events: StreamEvents): Http2Stream {
    const stream = new Http2Stream(this, 0, events, this.sendWindow, this.receiveWindow);
    this.table.addUnsent(stream);
    return stream;
  }

  /** A peer's new stream: takes a slot, and asks where its events go. The stream may be over when this returns. */
  accept(id: number, head: Fields, end: boolean, bodyLeft: number): void {
    const stream = new Http2Stream(this, id, undefined, this.sendWindow, this.receiveWindow);
    stream.state = end ? StreamState.halfClosedRemote : StreamState.open;
    stream.flags = StreamFlag.headReceived | StreamFlag.holdsSlot;
    stream.bodyLeft = bodyLeft;
    this.slots++;
    this.table.add(stream);
    this.accepting = true;
    const events = this.#events.onStream(stream, head, end);
    this.accepting = false;
    stream.events = events;
    const over = this.#endBeforeEvents;
    if (over === undefined) {
      if (this.draining) events.onDraining();
      return;
    }
    this.#endBeforeEvents = undefined;
    events.onEnd(over);
    this.#owner.streamEnded();
  }

  /** Gives credit back for `bytes`, and for padding, when there is enough of it. */
  giveCredit(stream: Http2Stream, bytes: number): void {
    const increment = consumeOnStream(stream, bytes, this.#bdp.estimate, this.#budget);
    if (increment === 0 || !receivesMore(stream)) return;
    writeWindowUpdate(this.#out, stream.id, increment);
    this.#owner.wrote();
  }

  /** The turn of the loop that was asked for: who waited goes on, in order. */
  beginTurn(): void {
    this.#turns.begun();
    this.#pump();
    this.#turns.run();
  }

  /** The byte stream has drained. */
  drained(): void {
    this.#turns.refill();
    this.#pump();
    this.#turns.run();
  }

  /** Bytes have arrived: DATA may be framed in answer. */
  beginReceive(): void {
    this.#turns.freshen();
  }

  /** All frames that came together have been handled. */
  endReceive(): void {
    this.#turns.run();
  }

  /** Windows have been widened: sends what waited for that. */
  resume(): void {
    this.#pump();
    this.#owner.wrote();
  }

  /** Sends RST_STREAM where the stream is on the wire, and ends it. */
  resetWith(stream: Http2Stream, code: number, initiator: Initiator, because: string): void {
    if ((stream.flags & StreamFlag.ended) !== 0) return;
    if (stream.state === StreamState.closedByEnd) {
      this.finish(stream, COMPLETE);
      return;
    }
    const unsent = stream.id === 0;
    if (!unsent) {
      writeRstStream(this.#out, stream.id, code);
      this.#owner.wrote(true);
    }
    stream.state = StreamState.closedByOurReset;
    this.finish(stream, resetEnd(code, initiator, unsent, because));
  }

  /** Both halves have ended and everything has been told. */
  complete(stream: Http2Stream): void {
    this.finish(stream, COMPLETE);
  }

  /** The stream is over: gives back all it holds and tells its user. Its state says how it closed. */
  finish(stream: Http2Stream, end: StreamEnd): void {
    if ((stream.flags & StreamFlag.ended) !== 0) return;
    stream.flags |= StreamFlag.ended;
    this.#sender.drop(stream);
    if (stream.drawn > 0) this.#budget.giveBack(stream.drawn);
    stream.drawn = 0;
    this.table.remove(stream);
    if ((stream.flags & StreamFlag.settled) !== 0) this.#releaseSlot(stream);
    if (stream.events === undefined) {
      this.#endBeforeEvents = end;
      return;
    }
    stream.events.onEnd(end);
    this.#owner.streamEnded();
  }

  /** Client: the peer's GOAWAY says that it has not looked at the streams above `lastId`, and what is not sent need not be. */
  refuseAbove(lastId: number, code: number, message: string): void {
    for (const stream of this.table.all()) {
      if (stream.id !== 0 && stream.id <= lastId) continue;
      stream.state = StreamState.closedByTheirReset;
      this.finish(stream, { kind: "reset", initiator: "peer", code, unprocessed: true, message });
    }
  }

  /** The connection is over, and with it every stream. */
  loseAll(end: Http2ConnectionEnd): void {
    const { initiator, code, message } = end;
    for (const stream of this.table.all()) {
      stream.state = StreamState.closedByOurReset;
      this.finish(stream, { kind: "lost", initiator, code, unprocessed: stream.id === 0, message });
    }
  }

  /** The end of a stream that its user has not yet said where to tell: it ended inside `onStream`. */
  #endBeforeEvents: StreamEnd | undefined = undefined;

  /** Ends the stream when the peer has said that it takes no header list of this size (RFC 9113 §10.5.1). */
  #exceedsPeer(stream: Http2Stream, prepared: Fields, extra: Fields): boolean {
    const most = this.peerMaxHeaderListBytes;
    if (most === Number.POSITIVE_INFINITY) return false;
    const bytes = headerListBytes(prepared) + headerListBytes(extra);
    if (bytes <= most) return false;
    if (stream.id !== 0) writeRstStream(this.#out, stream.id, ErrorCode.INTERNAL_ERROR);
    stream.state = StreamState.closedByOurReset;
    this.finish(stream, tooManyFieldsEnd(bytes, most));
    this.#owner.wrote();
    return true;
  }

  /** Gives the stream its id. False: none is left, and it has ended. */
  #number(stream: Http2Stream): boolean {
    const id = this.#owner.nextStreamId();
    if (id === 0) {
      stream.state = StreamState.closedByOurReset;
      this.finish(stream, unnumberedEnd());
      return false;
    }
    stream.id = id;
    // what the peer has said since the stream was opened
    stream.sendWindow = this.sendWindow;
    stream.receiveWindow = this.receiveWindow;
    this.table.numbered(stream);
    return true;
  }

  #pump(): void {
    for (let stream = this.#sender.sendNext(); stream !== undefined; stream = this.#sender.sendNext()) this.#afterTurn(stream);
    this.#owner.wrote();
    if (this.#sender.waiting) this.#turns.ask();
  }

  /** Some of what the stream had queued has gone. */
  #afterTurn(stream: Http2Stream): void {
    if (stream.queue === undefined && (stream.flags & StreamFlag.endAsked) !== 0) this.#endIfSent(stream);
    else if ((stream.flags & StreamFlag.wantsWritable) !== 0) this.#turns.await(stream);
  }

  /** The local half ends when its last frame has been written. */
  #endIfSent(stream: Http2Stream): void {
    if (stream.queue !== undefined || (stream.flags & StreamFlag.ended) !== 0) return;
    const state = transition(stream.state, StreamInput.sendDataEnd);
    if (state >= StreamVerdict.ignored) return;
    stream.state = state;
    if (state === StreamState.closedByEnd) this.finish(stream, COMPLETE);
    else if ((stream.flags & StreamFlag.resetWhenSent) !== 0) this.resetWith(stream, ErrorCode.NO_ERROR, "application", "");
  }

  #releaseSlot(stream: Http2Stream): void {
    if ((stream.flags & StreamFlag.holdsSlot) === 0) return;
    stream.flags &= ~StreamFlag.holdsSlot;
    this.slots--;
  }
}

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 §6.5.2). */
function headerListBytes(fields: Fields): number {
  let bytes = 0;
  for (let i = 0; i < fields.length; i++) {
    const { name, value } = fields[i] as Field;
    bytes += name.length + value.length + 32;
  }
  return bytes;
}

function maySend(stream: Http2Stream): boolean {
  return (stream.flags & NO_MORE) === 0 && (stream.flags & StreamFlag.headSent) !== 0;
}

/** Whether the peer's half is open. */
export function receivesMore(stream: Http2Stream): boolean {
  return stream.state === StreamState.open || stream.state === StreamState.halfClosedLocal;
}
