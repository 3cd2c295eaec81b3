import type { OutgoingMessage } from "node:http";
import type { Fields } from "../../base/field.js";
import type { Runtime } from "../../base/runtime.js";

/** Bytes that may wait, here and in node:http, before the writer has to wait. */
const HIGH_WATER = 64 * 1024;

/** A body up to this size is given to node:http as text, which it joins with the head: one write costs less than a vectored one of two. */
const JOINED_BYTES = 4 * 1024;

/** The exchange whose body is written. */
export interface BodyWriterHost {
  /** Writes the head, and gives the message that the body belongs to; `length` of the body where it is known, which is then all there is. */
  begin(length: number | undefined): OutgoingMessage;
  /** There is room again, after `send` returned false. */
  onRoom(): void;
  /** The peer does not take what was written as fast as it comes; false: it has taken all. */
  onBlocked(blocked: boolean): void;
  /** Everything has left, the end included. */
  onSent(): void;
}

/**
 * The body of one message, request or response: what is sent within a turn of the loop is one write. A body that is whole in its first turn
 * goes with its length, in the same write as the head.
 */
export class BodyWriter {
  private readonly host: BodyWriterHost;
  private readonly runtime: Runtime;
  private message: OutgoingMessage | undefined = undefined;
  private pieces: Uint8Array[] = [];
  private bytes = 0;
  private scheduled = false;
  private endAsked = false;
  private trailers: readonly string[] | undefined = undefined;
  /** node:http holds enough; what comes meanwhile waits here. */
  private blocked = false;
  private wantsRoom = false;
  /** Nothing goes out, the head neither, before `release`. */
  private held = false;
  private started = false;
  /** Nothing more is given to node:http. */
  private over = false;
  private stopped = false;

  constructor(host: BodyWriterHost, runtime: Runtime) {
    this.host = host;
    this.runtime = runtime;
  }

  /** The end was asked for: nothing more is taken. */
  get ended(): boolean {
    return this.endAsked;
  }

  /** Bytes that may be sent now. */
  get room(): number {
    return HIGH_WATER - this.bytes - (this.message?.writableLength ?? 0);
  }

  /** Sends the head with the first piece, or at the end of this turn. */
  start(end: boolean): void {
    this.started = true;
    if (end) this.end();
    else this.schedule();
  }

  /** Keeps back everything, the head included. Before `start`. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    if (this.started) this.flush();
  }

  send(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean {
    if (prefix.length > 0) this.push(prefix.slice());
    this.push(bytes);
    if (end) {
      this.end();
      return true;
    }
    this.schedule();
    if (this.room > 0) return true;
    this.wantsRoom = true;
    return false;
  }

  private push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  end(trailers?: Fields): void {
    this.endAsked = true;
    this.trailers = trailers?.flatMap(({ name, value }) => [name, value]);
    this.flush();
  }

  /** Drops what node:http does not have yet: whole pieces, for it is given nothing else. */
  discard(): void {
    this.pieces = [];
    this.bytes = 0;
    if (this.wantsRoom) this.tellRoom();
  }

  /** Nothing is written any more. */
  stop(): void {
    this.over = true;
    this.stopped = true;
    this.discard();
  }

  private schedule(): void {
    if (this.scheduled || this.blocked) return;
    this.scheduled = true;
    this.runtime.soon(() => {
      this.scheduled = false;
      if (!this.endAsked) this.flush();
    });
  }

  private flush(): void {
    if (this.over || this.held || (this.blocked && !this.endAsked)) return;
    const { bytes: length, endAsked } = this;
    const whole = endAsked && this.message === undefined && this.trailers === undefined;
    const body = this.take();
    const message = (this.message ??= this.host.begin(whole ? length : undefined));
    if (!endAsked) {
      if (length > 0 && !message.write(body)) this.block(message);
      else if (length === 0) message.flushHeaders();
      if (this.wantsRoom && !this.blocked) this.tellRoom();
      return;
    }
    this.over = true;
    if (this.trailers !== undefined) {
      if (length > 0) message.write(body);
      message.addTrailers(pairs(this.trailers));
      message.end();
    } else if (whole && length > 0 && length <= JOINED_BYTES) endJoined(message, body);
    else if (length > 0) message.end(body);
    else message.end();
    // what is small, and all that there is, finds room in any socket
    if (message.writableFinished || (whole && length <= JOINED_BYTES)) this.host.onSent();
    else this.awaitSent(message);
  }

  /** The rest waits for the peer to read. */
  private awaitSent(message: OutgoingMessage): void {
    this.host.onBlocked(true);
    message.once("finish", () => {
      if (this.stopped) return;
      this.host.onBlocked(false);
      this.host.onSent();
    });
  }

  private take(): Uint8Array {
    const { pieces, bytes } = this;
    this.pieces = [];
    this.bytes = 0;
    if (pieces.length === 1) return pieces[0] as Uint8Array;
    const body = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const piece of pieces) {
      body.set(piece, at);
      at += piece.length;
    }
    return body;
  }

  private block(message: OutgoingMessage): void {
    this.blocked = true;
    this.host.onBlocked(true);
    message.once("drain", () => {
      if (this.over) return;
      this.blocked = false;
      this.host.onBlocked(false);
      if (!this.endAsked) this.flush();
    });
  }

  /** In a later turn: two ends that feed each other must not starve the rest of the process. */
  private tellRoom(): void {
    this.wantsRoom = false;
    this.runtime.later(() => {
      if (!this.over && !this.endAsked) this.host.onRoom();
    });
  }
}

/** Head and body as one piece of text. `end(text)` would add an empty piece, and make it a vectored write all the same. */
function endJoined(message: OutgoingMessage, body: Uint8Array): void {
  message.write(asText(body), "latin1");
  message.socket?.uncork();
  message.end();
}

/** Each byte as the character of its number. */
function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function pairs(lines: readonly string[]): [string, string][] {
  const all: [string, string][] = [];
  for (let i = 0; i < lines.length; i += 2) all.push([lines[i] as string, lines[i + 1] as string]);
  return all;
}
