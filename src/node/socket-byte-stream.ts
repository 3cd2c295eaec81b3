import type { Socket } from "node:net";
import type { Peer } from "../base/peer.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import { answeredInHttp1, answeredInTls, socketFailure } from "./socket-failure.js";

const EMPTY = new Uint8Array(0);

/** Bytes that a TLS socket may hold, encrypted, before its writer has to wait. */
const TLS_HIGH_WATER = 64 * 1024;

/** What Node reads from a socket at once. A read that fills it says that more waits. */
const FULL_READ = 64 * 1024;

/** How a socket is driven. */
export interface SocketByteStreamOptions {
  readonly peer: Peer;
  /** The name that the certificate must bear, for the sentence of a failure. */
  readonly serverName?: string;
  /** The socket encrypts what is written. */
  readonly encrypts: boolean;
  /** The peer's first bytes are looked at: a TLS alert or an HTTP/1 answer gets a sentence of its own. */
  readonly checkFirstBytes: boolean;
}

/** A byte stream over a socket of node:net or node:tls. The socket must allow half-open use; it is owned from here on. */
export class SocketByteStream implements ByteStream {
  peer: Peer;
  readonly #socket: Socket;
  readonly #events: ByteStreamEvents;
  readonly #serverName: string | undefined;
  readonly #encrypts: boolean;
  #checkFirstBytes: boolean;
  /** A write has not left yet, and the writer was told to wait. */
  #blocked = false;
  #reason: string | undefined = undefined;
  /** The owner wants no data now. */
  #paused = false;
  /** A full read was taken in this turn: the next one waits for the next turn. */
  #hadShare = false;
  // made when first needed: a connection that says nothing should cost little
  #nextShare: (() => void) | undefined = undefined;
  #drained: (() => void) | undefined = undefined;

  constructor(socket: Socket, options: SocketByteStreamOptions, events: ByteStreamEvents) {
    this.#socket = socket;
    this.#events = events;
    this.peer = options.peer;
    this.#serverName = options.serverName;
    this.#encrypts = options.encrypts;
    this.#checkFirstBytes = options.checkFirstBytes;
    socket.setNoDelay(true);
    socket.on("data", (data: Uint8Array) => this.#onData(data));
    this.#takePushes(socket);
    socket.on("end", () => events.onEnd());
    socket.on("error", (error) => this.#onError(error));
    socket.on("close", () => events.onClose(this.#reason));
  }

  /** Takes bytes that were read from the socket before this stream was made. */
  receive(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#onData(bytes);
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    // onClose is on its way, or the owner has ended: nobody waits for a drain
    if (socket.destroyed || socket.writableEnded) return false;
    if (this.#encrypts) return this.#writeEncrypted(socket, bytes);
    const room = socket.write(bytes);
    // nothing held right after the call: the kernel has all of it
    if (socket.writableLength === 0) return true;
    this.#waitForDrain(socket, room);
    return false;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else if (!this.#hadShare) this.#socket.resume();
  }

  hold(held: boolean): void {
    if (held) this.#socket.ref();
    else this.#socket.unref();
  }

  end(): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Closes the socket, with a sentence that `onClose` will tell. */
  fail(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  /**
   * A TLS socket reports a write as done one turn later at the earliest, so `writableLength` does not tell whether the plain bytes are
   * still needed. They are copied (a few percent of what encrypting them costs), and the buffer is free at once while little is held.
   */
  #writeEncrypted(socket: Socket, bytes: Uint8Array): boolean {
    if (socket.writableLength < TLS_HIGH_WATER) {
      socket.write(Buffer.from(bytes));
      return true;
    }
    this.#waitForDrain(socket, socket.write(bytes));
    return false;
  }

  /** `write` gave true below its own mark: then no 'drain' will come, and an empty write behind the rest tells instead. */
  #waitForDrain(socket: Socket, room: boolean): void {
    this.#blocked = true;
    if (this.#drained === undefined) {
      this.#drained = () => this.#onDrained();
      socket.on("drain", this.#drained);
    }
    if (room) socket.write(EMPTY, this.#drained);
  }

  /**
   * What Node has read from a socket it gives to `push`, which makes an event of it, and a tick that looks whether more should be read: all
   * of that stands between the bytes and the microtasks that they cause. It is left out where nothing is held and nobody has paused. A
   * platform whose sockets do not push emits `data`.
   */
  #takePushes(socket: Socket): void {
    const { push } = socket;
    socket.push = (data: Uint8Array | null) => {
      if (data === null || socket.readableFlowing !== true || socket.readableLength > 0) return push.call(socket, data);
      this.#onData(data);
      return true;
    };
  }

  /** Wrapped once: views that users get of it are plain `Uint8Array`s, no `Buffer`s. */
  #onData(data: Uint8Array): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    if (this.#checkFirstBytes && this.#speaksSomethingElse(bytes)) return;
    if (data.length >= FULL_READ) this.#takeShare();
    this.#events.onData(bytes);
  }

  /**
   * Node would read up to 32 times before it looks at another socket; a peer that floods would hold up all others for as long as its
   * bytes take to be dealt with. One full read a turn is its share.
   */
  #takeShare(): void {
    if (this.#hadShare) return;
    this.#hadShare = true;
    this.#socket.pause();
    this.#nextShare ??= () => this.#onNextShare();
    setImmediate(this.#nextShare);
  }

  #onNextShare(): void {
    this.#hadShare = false;
    if (!this.#paused) this.#socket.resume();
  }

  #onDrained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#events.onDrain();
  }

  #onError(error: Error): void {
    const { address } = this.peer;
    this.#reason ??= socketFailure(error, this.#serverName === undefined ? { address } : { address, serverName: this.#serverName });
  }

  /** A TLS alert record (RFC 8446 §5.1, type 21, version 3.x) or a status line of HTTP/1 where HTTP/2 was to come. */
  #speaksSomethingElse(bytes: Uint8Array): boolean {
    this.#checkFirstBytes = false;
    if (bytes[0] === 0x15 && bytes[1] === 0x03) this.fail(answeredInTls(this.peer.address));
    else if (bytes[0] === 0x48 && bytes[1] === 0x54 && bytes[2] === 0x54 && bytes[3] === 0x50)
      this.fail(answeredInHttp1(this.peer.address));
    return this.#socket.destroyed;
  }
}
