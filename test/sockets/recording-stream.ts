import type { ByteStream, ByteStreamEvents } from "../../src/transport/byte-stream.js";

type Opener = (events: ByteStreamEvents) => ByteStream;

/** A byte stream in a test: what happened to it as promises. */
export class RecordingStream implements ByteStreamEvents {
  readonly stream: ByteStream;
  readonly opened: Promise<void>;
  /** The reason that `onClose` told. */
  readonly closed: Promise<string | undefined>;
  readonly chunks: Uint8Array[] = [];
  received = 0;
  opens = 0;
  ends = 0;
  closes = 0;
  drains = 0;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onRoom: () => void = () => {};
  onPeerEnd: () => void = () => this.stream.end();
  #open: () => void = () => {};
  #close: (reason: string | undefined) => void = () => {};

  constructor(open: Opener) {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.stream = open(this);
  }

  /** Resolves once so many bytes have arrived. */
  async bytes(count: number): Promise<Uint8Array> {
    while (this.received < count && this.closes === 0) await turn();
    const all = new Uint8Array(this.received);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  onOpen(): void {
    this.opens++;
    this.#open();
  }

  onData(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.chunks.push(bytes);
    this.onBytes(bytes);
  }

  onDrain(): void {
    this.drains++;
    this.onRoom();
  }

  onEnd(): void {
    this.ends++;
    this.onPeerEnd();
  }

  onClose(reason: string | undefined): void {
    this.closes++;
    this.#close(reason);
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
