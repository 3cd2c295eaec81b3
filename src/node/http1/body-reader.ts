import type { IncomingMessage } from "node:http";
import type { Fields } from "../../base/field.js";
import { addFields } from "./header-lines.js";

/** Bytes that may be unconsumed before the socket is left unread. */
const CREDIT = 64 * 1024;

/** The exchange whose body is read. */
export interface BodyReaderHost {
  onBytes(chunk: Uint8Array, end: number, fin: boolean): void;
  onTrailers(fields: Fields): void;
  /** The rest of a body without a reader has come, and was dropped. */
  onDropped(): void;
  /** It is too much to be dropped. */
  onTooMuch(): void;
}

/** Bytes of a body without a reader that are taken, so that the peer hears what was answered, and the connection can go on. */
const MAX_DROPPED = 1024 * 1024;

/** The body of one message as it comes, with credit: node:http is paused while too much of it is not consumed. */
export class BodyReader {
  private readonly message: IncomingMessage;
  private readonly host: BodyReaderHost;
  /** What content-length still promises; -1: it is not known. */
  private left: number;
  private unread = 0;
  private paused = false;
  private over = false;
  /** Bytes that came after `stop`; -1 before it. */
  private dropped = -1;

  constructor(message: IncomingMessage, host: BodyReaderHost) {
    this.message = message;
    this.host = host;
    const length = message.headers["content-length"];
    this.left = length === undefined ? -1 : Number(length);
  }

  /** Whether there is a body to come. */
  static hasBody({ headers }: IncomingMessage): boolean {
    return headers["transfer-encoding"] !== undefined || (headers["content-length"] !== undefined && headers["content-length"] !== "0");
  }

  start(): void {
    this.message.on("data", (chunk: Uint8Array) => this.onChunk(chunk));
    this.message.on("end", () => this.onEnd());
  }

  private onChunk(data: Uint8Array): void {
    const { length } = data;
    if (this.over) {
      this.drop(length);
      return;
    }
    this.unread += length;
    if (this.left >= 0) this.left -= length;
    // told with its end: then nobody has to wait for the event that says so
    const fin = this.left === 0;
    this.over = fin;
    if (!fin && this.unread > CREDIT && !this.paused) {
      this.paused = true;
      this.message.pause();
    }
    // not a `Buffer`: what is cut from it is given to users
    this.host.onBytes(new Uint8Array(data.buffer, data.byteOffset, length), length, fin);
  }

  private drop(length: number): void {
    if (this.dropped < 0) return;
    this.dropped += length;
    if (this.dropped <= MAX_DROPPED) return;
    this.dropped = -1;
    this.host.onTooMuch();
  }

  private onEnd(): void {
    if (this.dropped >= 0) this.host.onDropped();
    if (this.over) return;
    this.over = true;
    const { rawTrailers } = this.message;
    if (rawTrailers.length === 0) {
      this.host.onBytes(NOTHING, 0, true);
      return;
    }
    const fields: Parameters<typeof addFields>[1] = [];
    addFields(rawTrailers, fields);
    this.host.onTrailers(fields);
  }

  consume(bytes: number): void {
    this.unread = Math.max(0, this.unread - bytes);
    if (!this.paused || this.unread * 2 > CREDIT) return;
    this.paused = false;
    this.message.resume();
  }

  /** What still comes has no reader: it is dropped. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    this.dropped = 0;
    if (!this.paused) return;
    this.paused = false;
    this.message.resume();
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
