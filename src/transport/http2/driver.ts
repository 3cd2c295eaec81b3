import { ErrorCode } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import type { ConnectionEnd } from "../../exchange/connection.js";
import type { ExchangeEvents } from "../../exchange/exchange.js";
import { Http2Connection, type Http2ConnectionEvents, type Http2Stream } from "../../http2/index.js";
import type { ByteStream, ByteStreamEvents } from "../byte-stream.js";
import type { ByteStreamOpener } from "../byte-stream-opener.js";
import type { Http2TransportOptions } from "./transport-options.js";

/** How long a connection that is over may take to send its last bytes and to hear the peer's end. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Bytes that arrived together are dealt with in slices of this size, and what answers one is written before the next: so that a peer with a
 * hundred calls on one connection works on the first answers while the last are made, instead of both ends waiting for each other.
 */
const SLICE_BYTES = 4 * 1024;
/** Less output than this waits for the next slice, which is then twice as long: what brings no answers need not be cut. */
const WORTH_WRITING = 1024;
/** When the slices have taken so long, the others of the process have their turn before the next. */
const SHARE_MS = 4;

/** A server's connection on which nothing came in time. */
const SILENT_PEER: ConnectionEnd = { initiator: "peer", code: ErrorCode.PROTOCOL_ERROR, message: "the peer connected and said nothing" };

/** Whose connection is driven: hears what concerns more than bytes and time. */
export interface Http2DriverOwner {
  /** Server: as `Http2ConnectionEvents.onStream`. */
  onStream(stream: Http2Stream, head: Fields, end: boolean): ExchangeEvents;
  onReady(): void;
  onCapacity(): void;
  onDraining(): void;
  /** The engine has ended every stream and the byte stream is closed. Exactly once, last. */
  onClosed(end: ConnectionEnd): void;
}

/**
 * Drives one HTTP/2 engine over one byte stream: hands it what arrives and what time it is, writes what it gives. The same on both
 * sides. Output is written once at the end of an event of the byte stream, else when the microtasks of this turn have run; the first reset
 * of a turn at once, those that follow it as soon as a write is worth while.
 */
export class Http2Driver implements ByteStreamEvents, Http2ConnectionEvents, TimerTarget {
  /** Client: made when the byte stream is up. Server: made with the first bytes. */
  engine: Http2Connection | undefined = undefined;
  readonly bytes: ByteStream;
  /** Client: so many of the open streams do not keep the process alive. */
  aside = 0;
  readonly #role: "client" | "server";
  readonly #options: Http2TransportOptions;
  readonly #runtime: Runtime;
  readonly #owner: Http2DriverOwner;
  readonly #timer: Timer = new Timer(this);
  /** When the timer fires; Infinity while it is stopped. */
  #timerAt = Number.POSITIVE_INFINITY;
  /** Client: when connecting must be over. Server: when the first bytes must have come. */
  #connectBy = Number.POSITIVE_INFINITY;
  #connectTimeoutMs = 0;
  #ready = false;
  /** The engine is being told something, and output is written when that returns. */
  #inEvent = false;
  #flushAsked = false;
  #turnAsked = false;
  #blocked = false;
  /** Why it is over: set when the engine has ended, or when connecting failed. */
  #end: ConnectionEnd | undefined = undefined;
  #bytesClosed = false;
  /** Client: no stream is open that counts, so the byte stream does not keep the process alive. */
  #idle = false;
  /** Bytes that arrived and wait for the next turn. */
  #rest: Uint8Array | undefined = undefined;
  // made when first needed: a connection that says nothing should cost little
  #restTask: (() => void) | undefined = undefined;
  #flushTask: (() => void) | undefined = undefined;
  #turnTask: (() => void) | undefined = undefined;

  /** @param connectTimeoutMs client: how long it may take until the peer has spoken HTTP/2; Infinity for no limit. */
  constructor(
    role: "client" | "server",
    open: ByteStreamOpener,
    options: Http2TransportOptions,
    connectTimeoutMs: number,
    owner: Http2DriverOwner,
  ) {
    this.#role = role;
    this.#options = options;
    this.#runtime = options.runtime;
    this.#owner = owner;
    this.bytes = open(this);
    if (role === "server") {
      // made with the first bytes: who connects and says nothing costs little
      this.#connectBy = options.runtime.now() + options.limits.prefaceTimeoutMs;
      this.#schedule();
    } else if (connectTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#connectTimeoutMs = connectTimeoutMs;
      this.#connectBy = options.runtime.now() + connectTimeoutMs;
      this.#schedule();
    }
  }

  // ------------------------------------------------------------------------------------------- commands

  drain(debug: string): void {
    const { engine } = this;
    if (engine === undefined) {
      this.#giveUp({ initiator: "application", code: ErrorCode.NO_ERROR, message: debug });
      return;
    }
    engine.drain(debug, this.#runtime.now());
    // draining has timeouts of its own, which a flush looks at
    this.onOutput(false);
  }

  destroy(message: string): void {
    if (this.engine === undefined) this.#giveUp({ initiator: "application", code: ErrorCode.CANCEL, message });
    else this.engine.destroy(message);
  }

  // ------------------------------------------------------------------------------------------- events of the byte stream

  onOpen(): void {
    if (this.#end === undefined) this.#startEngine();
  }

  onData(bytes: Uint8Array): void {
    // once the engine has ended, reading goes on only to hear the peer's end
    if (this.#end !== undefined) return;
    const engine = this.engine ?? this.#startEngine();
    const now = this.#runtime.beginTurn();
    this.#inEvent = true;
    this.#receive(engine, bytes, now);
    this.#flush(engine, now);
    this.#runtime.endTurn();
  }

  /** A peer whose bytes cost much (a flood of requests) must not hold up other connections: it is not read while some are left over. */
  #receive(engine: Http2Connection, bytes: Uint8Array, began: number): void {
    if (bytes.length <= SLICE_BYTES) {
      engine.receive(bytes, began);
      return;
    }
    let now = began;
    let slice = SLICE_BYTES;
    for (let at = 0, next = slice; at < bytes.length && this.#end === undefined; at = next, next = at + slice) {
      if (now - began > SHARE_MS) {
        this.#rest = bytes.subarray(at);
        this.bytes.pause(true);
        this.#restTask ??= () => this.#onRest();
        this.#runtime.later(this.#restTask);
        return;
      }
      engine.receive(bytes.subarray(at, next), now);
      if (engine.outputBytes >= WORTH_WRITING) {
        this.#flush(engine, now);
        this.#inEvent = true;
      } else {
        slice *= 2;
      }
      now = this.#runtime.now();
    }
  }

  #onRest(): void {
    const { engine } = this;
    const rest = this.#rest;
    this.#rest = undefined;
    if (engine === undefined || rest === undefined || this.#end !== undefined) return;
    const now = this.#runtime.now();
    this.#inEvent = true;
    this.#receive(engine, rest, now);
    if (this.#rest === undefined) this.bytes.pause(engine.wantsPause);
    this.#flush(engine, now);
  }

  onDrain(): void {
    this.#blocked = false;
    const engine = this.engine;
    if (engine === undefined) return;
    const now = this.#runtime.now();
    this.#inEvent = true;
    engine.outputDrained(now);
    this.#flush(engine, now);
  }

  onEnd(): void {
    const engine = this.engine;
    if (this.#end !== undefined) return;
    if (engine === undefined) {
      if (this.#role === "server") this.#giveUp(SILENT_PEER);
      return;
    }
    const now = this.#runtime.now();
    this.#inEvent = true;
    if (this.#role === "client" && !this.#ready) engine.lost(this.#silentPeer(), now);
    else engine.receiveEnd(now);
    this.#flush(engine, now);
  }

  onClose(reason: string | undefined): void {
    this.#bytesClosed = true;
    const { engine } = this;
    const message =
      reason ?? (this.#role === "client" && !this.#ready ? this.#silentPeer() : `connection closed by ${this.bytes.peer.address}`);
    if (engine !== undefined && this.#end === undefined) {
      this.#inEvent = true;
      engine.lost(message, this.#runtime.now());
      this.#inEvent = false;
    }
    this.#runtime.timers.stop(this.#timer);
    this.#owner.onClosed(this.#end ?? { initiator: "network", code: ErrorCode.CONNECT_ERROR, message });
  }

  // ------------------------------------------------------------------------------------------- events of the engine

  onStream(stream: Http2Stream, head: Fields, end: boolean): ExchangeEvents {
    return this.#owner.onStream(stream, head, end);
  }

  onOutput(urgent: boolean): void {
    const { engine } = this;
    if (this.#inEvent || engine === undefined) return;
    const asked = this.#flushAsked;
    this.#flushAsked = true;
    // a loop that cancels a thousand calls does not write a thousand times
    if (urgent && (!asked || engine.outputBytes >= WORTH_WRITING)) this.#write(engine, this.#runtime.now());
    if (asked) return;
    this.#flushTask ??= () => this.#onFlush();
    this.#runtime.soon(this.#flushTask);
  }

  onTurnWanted(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    this.#turnTask ??= () => this.#onTurn();
    this.#runtime.later(this.#turnTask);
  }

  onPause(paused: boolean): void {
    if (this.#rest === undefined) this.bytes.pause(paused);
  }

  onReady(): void {
    this.#ready = true;
    this.#connectBy = Number.POSITIVE_INFINITY;
    this.#owner.onReady();
  }

  onCapacity(): void {
    this.#owner.onCapacity();
  }

  onDraining(): void {
    this.#owner.onDraining();
  }

  onClosed(end: ConnectionEnd): void {
    this.#end ??= end;
    if (this.#bytesClosed) return;
    // a paused stream would not hear the peer's end
    this.bytes.pause(false);
    this.#startTimer(this.#runtime.now() + CLOSE_TIMEOUT_MS);
    this.onOutput(false);
  }

  // ------------------------------------------------------------------------------------------- time

  onTimer(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const engine = this.engine;
    const now = this.#runtime.now();
    if (this.#end !== undefined) {
      this.bytes.destroy();
    } else if (now >= this.#connectBy) {
      this.#connectTimedOut();
    } else if (engine === undefined) {
      this.#schedule();
    } else {
      this.#inEvent = true;
      if (now >= engine.nextTimeout()) engine.handleTimeout(now);
      this.#flush(engine, now);
    }
  }

  #onFlush(): void {
    this.#flushAsked = false;
    if (this.engine !== undefined) this.#flush(this.engine, this.#runtime.now());
  }

  #onTurn(): void {
    this.#turnAsked = false;
    const engine = this.engine;
    if (engine === undefined || this.#end !== undefined) return;
    const now = this.#runtime.now();
    this.#inEvent = true;
    engine.beginTurn(now);
    this.#flush(engine, now);
  }

  /** Writes what the engine has, as far as the byte stream takes it. */
  #write(engine: Http2Connection, now: number): void {
    while (!this.#blocked && !this.#bytesClosed) {
      const output = engine.takeOutput(now);
      if (output === undefined) break;
      if (this.bytes.write(output)) {
        engine.releaseOutput(output);
      } else {
        this.#blocked = true;
        engine.outputBlocked(now);
      }
    }
  }

  /** Writes, and looks at what has changed. What is told to the engine before this ends here. */
  #flush(engine: Http2Connection, now: number): void {
    this.#inEvent = true;
    this.#write(engine, now);
    this.#inEvent = false;
    // one that is closing is waited for: `await channel.close()` may be the last thing that a program does
    const idle = engine.openStreams <= this.aside && this.#end === undefined;
    if (this.#role === "client" && this.#idle !== idle) {
      this.#idle = idle;
      this.bytes.hold(!idle);
    }
    if (this.#end === undefined) this.#schedule();
    else if (!this.#blocked) this.bytes.end();
  }

  /** The timer is set anew only for an earlier time; one that fires too early just looks again. */
  #schedule(): void {
    const at = Math.min(this.engine === undefined ? Number.POSITIVE_INFINITY : this.engine.nextTimeout(), this.#connectBy);
    if (at < this.#timerAt) {
      this.#startTimer(at);
    } else if (at === Number.POSITIVE_INFINITY && this.#timerAt !== at) {
      this.#timerAt = at;
      this.#runtime.timers.stop(this.#timer);
    }
  }

  #startTimer(at: number): void {
    this.#timerAt = at;
    this.#runtime.timers.start(this.#timer, at);
  }

  #startEngine(): Http2Connection {
    if (this.#role === "server") this.#connectBy = Number.POSITIVE_INFINITY;
    const { limits, outputPool, windowBudget, runtime } = this.#options;
    const now = runtime.now();
    // what it says first (preface, SETTINGS) may be told before it is assigned
    this.#inEvent = true;
    this.engine = new Http2Connection(
      { role: this.#role, peer: this.bytes.peer, limits, outputPool, windowBudget, random: () => runtime.random() },
      this,
      now,
    );
    this.#flush(this.engine, now);
    return this.engine;
  }

  #connectTimedOut(): void {
    if (this.#role === "server") {
      this.#giveUp(SILENT_PEER);
      return;
    }
    const what = this.engine === undefined ? "no connection" : "the peer has not spoken HTTP/2";
    const message = `connecting to ${this.bytes.peer.address} timed out after ${this.#connectTimeoutMs} ms: ${what}`;
    this.#giveUp({ initiator: "engine", code: ErrorCode.CANCEL, message });
  }

  /** Ends a connection that was never up. */
  #giveUp(end: ConnectionEnd): void {
    if (this.#end !== undefined) return;
    const engine = this.engine;
    this.#connectBy = Number.POSITIVE_INFINITY;
    this.#end = end;
    if (engine !== undefined) engine.lost(end.message, this.#runtime.now());
    this.bytes.destroy();
  }

  #silentPeer(): string {
    const { address, encrypted } = this.bytes.peer;
    const guess = encrypted ? "it may not accept this client's certificate, or not speak HTTP/2" : "it may expect TLS, or not speak HTTP/2";
    return `${address} closed the connection without speaking HTTP/2: ${guess}`;
  }
}
