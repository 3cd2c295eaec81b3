import type { Peer } from "../base/peer.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import { integerOption } from "../base/usage-error.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import { Link, type LinkOptions, type LinkReceiver } from "./link.js";

/** How a {@link memoryPipe} treats the bytes. */
export interface MemoryPipeOptions extends LinkOptions {
  /** Bytes that may be on their way in one direction before `write` returns false. Default 256 KiB. */
  readonly highWaterBytes?: number | undefined;
}

/** The two directions of a connection. */
export type Direction = "toServer" | "toClient";

/** Two byte streams, each the other end of the other, and what a test may do to them. */
export interface MemoryPipe {
  /** Opens the end that dials: it tells `onOpen`. Once. */
  readonly client: (events: ByteStreamEvents) => ByteStream;
  /** Attaches the end that was accepted: open from the start. Once. */
  readonly server: (events: ByteStreamEvents) => ByteStream;
  /** Tears the pipe: both ends close with the reason, bytes on their way are lost. */
  cut(reason?: string): void;
  /** Stops (true) or resumes (false) delivery, in one direction or both; writers see back-pressure, as from a network that swallows packets. */
  stall(stalled: boolean, direction?: Direction): void;
  /** Bytes that were delivered in each direction so far. */
  readonly statistics: { readonly toServer: number; readonly toClient: number };
}

/** A duplex pipe of bytes in memory, on the time of `runtime`. Nothing is delivered inside a call of `write`. Throws `UsageError`. */
export function memoryPipe(
  runtime: Runtime,
  options: MemoryPipeOptions = {},
  links: Readonly<Record<Direction, Link>> = { toServer: new Link(runtime, options), toClient: new Link(runtime, options) },
): MemoryPipe {
  const highWater = integerOption("highWaterBytes", options.highWaterBytes ?? 256 * 1024, 1, 2 ** 31 - 1);
  const client = new MemoryByteStream(runtime, links.toClient, highWater, true);
  const server = new MemoryByteStream(runtime, links.toServer, highWater, false);
  client.connect(server);
  server.connect(client);
  return {
    client: (events) => client.attach(events),
    server: (events) => server.attach(events),
    cut(reason = "the pipe was cut") {
      client.lose(reason);
      server.lose(reason);
    },
    stall(stalled, direction) {
      if (direction !== "toServer") client.stall(stalled);
      if (direction !== "toClient") server.stall(stalled);
    },
    statistics: {
      get toServer() {
        return server.received;
      },
      get toClient() {
        return client.received;
      },
    },
  };
}

/** A piece on its way: bytes, or undefined for the end of the writing side. */
interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array | undefined;
}

const PEER: Peer = Object.freeze({ address: "memory", encrypted: false });

class MemoryByteStream implements ByteStream, TimerTarget, LinkReceiver {
  readonly peer: Peer = PEER;
  received = 0;
  readonly #runtime: Runtime;
  /** The direction that leads here. */
  readonly #link: Link;
  readonly #highWater: number;
  #other: MemoryByteStream | undefined = undefined;
  #events: ByteStreamEvents | undefined = undefined;
  readonly #tellOpen: boolean;
  /** What is on its way to this end. */
  #incoming: Piece[] = [];
  #incomingBytes = 0;
  #lastAt = 0;
  #paused = false;
  #stalled = false;
  #blocked = false;
  #writingEnded = false;
  #readingEnded = false;
  #closed = false;
  #scheduled = false;
  readonly #timer: Timer = new Timer(this);
  readonly #deliverTask = (): void => {
    this.#scheduled = false;
    this.#deliver();
  };

  constructor(runtime: Runtime, link: Link, highWater: number, tellOpen: boolean) {
    this.#runtime = runtime;
    this.#link = link;
    this.#tellOpen = tellOpen;
    this.#highWater = highWater;
    link.join(this);
  }

  connect(other: MemoryByteStream): void {
    this.#other = other;
  }

  attach(events: ByteStreamEvents): ByteStream {
    this.#events = events;
    if (this.#tellOpen) {
      this.#runtime.later(() => {
        if (this.#closed) return;
        events.onOpen();
        this.#schedule();
      });
    } else {
      this.#schedule();
    }
    return this;
  }

  write(bytes: Uint8Array): boolean {
    const other = this.#other;
    if (this.#closed || this.#writingEnded || other === undefined) return false;
    if (other.#closed) {
      this.lose("connection reset by memory");
      return false;
    }
    // a copy, as a kernel makes one: the writer may use its buffer again
    other.push(bytes.slice());
    if (other.#incomingBytes <= this.#highWater) return true;
    this.#blocked = true;
    return false;
  }

  /** It was told to wait until the other end has read. */
  get waiting(): boolean {
    return this.#blocked;
  }

  /** Memory keeps no process alive. */
  hold(): void {}

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#schedule();
  }

  end(): void {
    if (this.#writingEnded || this.#closed) return;
    this.#writingEnded = true;
    this.#other?.push(undefined);
    this.#closeWhenEnded();
  }

  destroy(): void {
    if (this.#closed) return;
    const other = this.#other;
    if (other?.waiting) other.lose("connection reset by memory");
    else if (!this.#writingEnded) other?.push(undefined);
    this.#writingEnded = true;
    this.#closeLater(undefined);
  }

  /** The network is gone. */
  lose(reason: string): void {
    if (!this.#closed) this.#closeLater(reason);
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled;
    if (!stalled) this.#schedule();
  }

  resume(): void {
    this.#schedule();
  }

  onTimer(): void {
    this.#deliver();
  }

  push(bytes: Uint8Array | undefined): void {
    if (this.#closed || this.#readingEnded) return;
    if (bytes === undefined) this.#arrive(undefined);
    else {
      const packet = this.#link.packetBytes;
      for (let at = 0; at < bytes.length; at += packet) this.#arrive(bytes.subarray(at, Math.min(bytes.length, at + packet)));
    }
    this.#schedule();
  }

  #arrive(bytes: Uint8Array | undefined): void {
    const length = bytes?.length ?? 0;
    // a line that became faster does not let bytes overtake
    this.#lastAt = Math.max(this.#lastAt, this.#link.arrival(length));
    this.#incoming.push({ at: this.#lastAt, bytes });
    this.#incomingBytes += length;
  }

  get #held(): boolean {
    return this.#paused || this.#stalled || this.#link.stalled || this.#closed;
  }

  #schedule(): void {
    const next = this.#incoming[0];
    if (this.#scheduled || this.#events === undefined || this.#held || next === undefined) return;
    if (next.at > this.#runtime.now()) {
      if (!this.#timer.running) this.#runtime.timers.start(this.#timer, next.at);
      return;
    }
    this.#scheduled = true;
    this.#runtime.later(this.#deliverTask);
  }

  /** One piece a turn, as a socket reads. */
  #deliver(): void {
    const next = this.#incoming[0];
    if (next === undefined || this.#held) return;
    if (next.bytes === undefined) {
      this.#incoming.shift();
      this.#readingEnded = true;
      this.#events?.onEnd();
      this.#closeWhenEnded();
      return;
    }
    const cut = this.#link.cut(next.bytes.length);
    const piece = next.bytes.subarray(0, cut);
    if (cut === next.bytes.length) this.#incoming.shift();
    else this.#incoming[0] = { at: next.at, bytes: next.bytes.subarray(cut) };
    this.#incomingBytes -= cut;
    this.received += cut;
    this.#events?.onData(piece);
    this.#other?.room(this.#incomingBytes);
    this.#schedule();
  }

  room(onTheWay: number): void {
    if (!this.#blocked || onTheWay > 0 || this.#closed) return;
    this.#blocked = false;
    this.#events?.onDrain();
  }

  #closeWhenEnded(): void {
    if (this.#writingEnded && this.#readingEnded && !this.#closed) this.#closeLater(undefined);
  }

  #closeLater(reason: string | undefined): void {
    this.#closed = true;
    this.#incoming = [];
    this.#incomingBytes = 0;
    this.#runtime.timers.stop(this.#timer);
    this.#link.leave(this);
    this.#runtime.soon(() => this.#events?.onClose(reason));
  }
}
