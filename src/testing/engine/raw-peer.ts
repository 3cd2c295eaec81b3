import type { Http2ConnectionEnd } from "../../http2/events.js";
import { FrameFlag, FrameType, PREFACE } from "../../http2/frame/frame-type.js";
import type { Http2LimitOptions } from "../../http2/limits.js";
import { bytesOf, End, type User } from "./engine-pair.js";

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

export function frame(type: number, flags: number, id: number, payload: Uint8Array | readonly number[] = []): Uint8Array {
  const { length } = payload;
  const header = [
    length >>> 16,
    (length >>> 8) & 255,
    length & 255,
    type,
    flags,
    (id >>> 24) & 255,
    (id >>> 16) & 255,
    (id >>> 8) & 255,
    id & 255,
  ];
  return Uint8Array.of(...header, ...payload);
}

export function uint32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function setting(id: number, value: number): number[] {
  return [id >> 8, id & 255, ...uint32(value)];
}

/** A request's header block: POST http /x, all from the static table but the path. */
export const REQUEST_BLOCK: readonly number[] = [0x83, 0x86, 0x04, 0x02, 0x2f, 0x78, 0x01, 0x01, 0x61];
/** `:status: 200`. */
export const RESPONSE_BLOCK: readonly number[] = [0x88];
/** `a: b`, as trailers. */
export const TRAILER_BLOCK: readonly number[] = [0x00, 0x01, 0x61, 0x01, 0x62];

export const headers = (id: number, end = false, block: readonly number[] = REQUEST_BLOCK): Uint8Array =>
  frame(FrameType.HEADERS, FrameFlag.END_HEADERS | (end ? FrameFlag.END_STREAM : 0), id, block);
export const data = (id: number, text: string, end = false): Uint8Array =>
  frame(FrameType.DATA, end ? FrameFlag.END_STREAM : 0, id, bytesOf(text));
export const rstStream = (id: number, code: number): Uint8Array => frame(FrameType.RST_STREAM, 0, id, uint32(code));
export const windowUpdate = (id: number, increment: number): Uint8Array => frame(FrameType.WINDOW_UPDATE, 0, id, uint32(increment));
export const ping = (payload = 0, ack = false): Uint8Array =>
  frame(FrameType.PING, ack ? FrameFlag.ACK : 0, 0, [0, 0, 0, 0, ...uint32(payload)]);
export const settings = (...entries: number[][]): Uint8Array => frame(FrameType.SETTINGS, 0, 0, entries.flat());
export const settingsAck = (): Uint8Array => frame(FrameType.SETTINGS, FrameFlag.ACK, 0);
export const priority = (id: number, dependency: number): Uint8Array => frame(FrameType.PRIORITY, 0, id, [...uint32(dependency), 0]);
export const goaway = (lastId: number, code: number, debug = ""): Uint8Array =>
  frame(FrameType.GOAWAY, 0, 0, [...uint32(lastId), ...uint32(code), ...bytesOf(debug)]);

/** A peer that sends whatever the test likes to an engine, and reads the frames that it answers with. */
export class RawPeer {
  now = 1_000;
  readonly end: End;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param role of the engine. */
  constructor(role: "client" | "server", options: Http2LimitOptions = {}, handshake = true) {
    this.end = new End(role, this.now, options);
    if (!handshake) return;
    if (role === "server") this.send(PREFACE);
    this.send(settings(), settingsAck());
    this.frames();
  }

  get user(): User {
    return this.end.users.at(-1) as User;
  }

  /** How the engine's connection ended, undefined while it has not. */
  over(): Http2ConnectionEnd | undefined {
    return this.end.closed;
  }

  send(...parts: Uint8Array[]): void {
    for (const part of parts) this.end.engine.receive(part, this.now);
  }

  /** The time goes on by `ms`, and with it the engine's deadlines. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.end.engine.nextTimeout() <= until) {
      this.now = Math.max(this.now, this.end.engine.nextTimeout());
      this.end.engine.handleTimeout(this.now);
    }
    this.now = until;
  }

  /** What the engine has sent since the last call. */
  frames(): RawFrame[] {
    const more = this.end.output(this.now);
    const bytes = new Uint8Array(this.#rest.length + more.length);
    bytes.set(this.#rest);
    bytes.set(more, this.#rest.length);
    const frames: RawFrame[] = [];
    let at = 0;
    if (this.end.engine.capacity > 0 && startsWith(bytes, PREFACE)) at = PREFACE.length;
    while (at + 9 <= bytes.length) {
      const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      if (at + 9 + length > bytes.length) break;
      const id =
        ((bytes[at + 5] as number) << 24) |
        ((bytes[at + 6] as number) << 16) |
        ((bytes[at + 7] as number) << 8) |
        (bytes[at + 8] as number);
      frames.push({ type: bytes[at + 3] as number, flags: bytes[at + 4] as number, id, payload: bytes.slice(at + 9, at + 9 + length) });
      at += 9 + length;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }

  /** `RST_STREAM 1 5`, `GOAWAY 3 1 text`, `DATA 1 end abc`, … one line a frame. */
  lines(): string[] {
    return this.frames().map(line);
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

const NAMES = Object.keys(FrameType);

function number32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function line({ type, flags, id, payload }: RawFrame): string {
  const name = NAMES[type] as string;
  const end = (flags & FrameFlag.END_STREAM) !== 0;
  switch (type) {
    case FrameType.DATA:
      return `DATA ${id}${end ? " end" : ""} ${payload.length > 32 ? payload.length : String.fromCharCode(...payload)}`;
    case FrameType.HEADERS:
      return `HEADERS ${id}${end ? " end" : ""}`;
    case FrameType.RST_STREAM:
      return `RST_STREAM ${id} ${number32(payload, 0)}`;
    case FrameType.WINDOW_UPDATE:
      return `WINDOW_UPDATE ${id} ${number32(payload, 0)}`;
    case FrameType.GOAWAY:
      return `GOAWAY ${number32(payload, 0)} ${number32(payload, 4)} ${String.fromCharCode(...payload.subarray(8))}`.trim();
    default:
      return `${name}${end ? " ack" : ""}`;
  }
}
