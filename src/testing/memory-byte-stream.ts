import type { Peer } from "../base/peer.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";

/** How a {@link memoryPipe} treats the bytes. */
export interface MemoryPipeOptions {
  /** How long each piece takes to the other end, in ms. Default 0: it arrives in the next turn. */
  readonly latencyMs?: number;
  /** The longest piece that is delivered at once: longer ones are cut, at places that `runtime.random()` draws. 1: byte by byte. Default: not cut. */
  readonly maxPieceBytes?: number;
  /** Bytes that may be on their way in one direction before `write` returns false. Default 256 KiB. */
  readonly highWaterBytes?: number;
}

/** Two byte streams, each the other end of the other, and what a test may do to them. */
export interface MemoryPipe {
  /** Opens the end that dials: it tells `onOpen`. Once. */
  readonly client: (events: ByteStreamEvents) => ByteStream;
  /** Attaches the end that was accepted: open from the start. Once. */
  readonly server: (events: ByteStreamEvents) => ByteStream;
  /** Tears the pipe: both ends close with the reason, bytes on their way are lost. */
  cut(reason?: string): void;
  /** Stops (true) or resumes (false) delivery in both directions; writers see back-pressure, as from a network that swallows packets. */
  stall(stalled: boolean): void;
  /** Bytes that were delivered in each direction so far. */
  readonly statistics: { readonly toServer: number; readonly toClient: number };
}

/** A duplex pipe of bytes in memory, on the time of `runtime`. Nothing is delivered inside a call of `write`. */
export function memoryPipe(runtime: Runtime, options: MemoryPipeOptions = {}): MemoryPipe {
  const client = new MemoryByteStream(runtime, options, { address: "memory", encrypted: false }, true);
  const server = new MemoryByteStream(runtime, options, { address: "memory", encrypted: false }, false);
  client.connect(server);
  server.connect(client);
  return {
    client: (events) => client.attach(events),
    server: (events) => server.attach(events),
    cut(reason = "the pipe was cut") {
      client.lose(reason);
      server.lose(reason);
    },
    stall(stalled) {
      client.stall(stalled);
      server.stall(stalled);
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

class MemoryByteStream implements ByteStream, TimerTarget {
  readonly peer: Peer;
  received = 0;
  readonly #runtime: Runtime;
  readonly #latency: number;
  readonly #maxPiece: number;
  readonly #highWater: number;
  #other: MemoryByteStream | undefined = undefined;
  #events: ByteStreamEvents | undefined = undefined;
  readonly #tellOpen: boolean;
  /** What is on its way to this end. */
  #incoming: Piece[] = [];
  #incomingBytes = 0;
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

  constructor(runtime: Runtime, options: MemoryPipeOptions, peer: Peer, tellOpen: boolean) {
    this.#runtime = runtime;
    this.peer = peer;
    this.#tellOpen = tellOpen;
    this.#latency = options.latencyMs ?? 0;
    this.#maxPiece = options.maxPieceBytes ?? Number.POSITIVE_INFINITY;
    this.#highWater = options.highWaterBytes ?? 256 * 1024;
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

  onTimer(): void {
    this.#deliver();
  }

  push(bytes: Uint8Array | undefined): void {
    if (this.#closed || this.#readingEnded) return;
    this.#incoming.push({ at: this.#runtime.now() + this.#latency, bytes });
    this.#incomingBytes += bytes?.length ?? 0;
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#incoming[0];
    if (this.#scheduled || this.#events === undefined || this.#paused || this.#stalled || this.#closed || next === undefined) return;
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
    if (next === undefined || this.#paused || this.#stalled || this.#closed) return;
    if (next.bytes === undefined) {
      this.#incoming.shift();
      this.#readingEnded = true;
      this.#events?.onEnd();
      this.#closeWhenEnded();
      return;
    }
    const cut = this.#cutLength(next.bytes.length);
    const piece = next.bytes.subarray(0, cut);
    if (cut === next.bytes.length) this.#incoming.shift();
    else this.#incoming[0] = { at: next.at, bytes: next.bytes.subarray(cut) };
    this.#incomingBytes -= cut;
    this.received += cut;
    this.#events?.onData(piece);
    this.#other?.room(this.#incomingBytes);
    this.#schedule();
  }

  #cutLength(length: number): number {
    if (this.#maxPiece === Number.POSITIVE_INFINITY) return length;
    return Math.min(length, 1 + Math.floor(this.#runtime.random() * this.#maxPiece));
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
    this.#runtime.soon(() => this.#events?.onClose(reason));
  }
}
