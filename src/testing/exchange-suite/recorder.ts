import type { Fields } from "../../base/field.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";

/** One end of an exchange in a test: remembers what happened to it, and does what the test wants done at each event. */
export class Recorder implements ExchangeEvents {
  exchange: Exchange | undefined = undefined;
  /** What happened, in order: `head`, `data 5`, `data 5 fin`, `trailers`, `writable`, `draining`, `end`. */
  readonly log: string[] = [];
  head: Fields | undefined = undefined;
  trailers: Fields | undefined = undefined;
  end: ExchangeEnd | undefined = undefined;
  /** Body bytes that arrived, and their sum by position: equal only for equal content in equal order. */
  bytes = 0;
  checksum = 0;
  fins = 0;
  /** Give credit back as it comes. */
  consumes = true;
  /** What the test does at an event. */
  at: Partial<Record<"head" | "data" | "trailers" | "writable" | "draining" | "end", () => void>> = {};

  onHead(fields: Fields, end: boolean): void {
    this.head = fields;
    this.#note("head", end ? "head end" : "head");
    this.at.head?.();
  }

  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    for (let i = start; i < end; i++) this.checksum = nextChecksum(this.checksum, chunk[i] as number);
    this.bytes += end - start;
    if (fin) this.fins++;
    this.#note("data", fin ? `data ${end - start} fin` : `data ${end - start}`);
    if (this.consumes) this.exchange?.consume(end - start);
    this.at.data?.();
  }

  onTrailers(fields: Fields): void {
    this.trailers = fields;
    this.#note("trailers", "trailers");
    this.at.trailers?.();
  }

  onWritable(): void {
    this.#note("writable", "writable");
    this.at.writable?.();
  }

  onDraining(): void {
    this.#note("draining", "draining");
    this.at.draining?.();
  }

  onEnd(end: ExchangeEnd): void {
    this.#note("end", "end");
    this.end = end;
    this.at.end?.();
  }

  count(event: string): number {
    return this.log.filter((entry) => entry.startsWith(event)).length;
  }

  /** What no test may see: a second end, or anything after it, or a body after its fin. */
  violations(): string[] {
    const found: string[] = [];
    const end = this.log.indexOf("end");
    if (end >= 0 && end !== this.log.length - 1) found.push(`after the end: ${this.log.slice(end + 1).join(", ")}`);
    if (this.fins > 1) found.push(`${this.fins} fins`);
    const fin = this.log.findIndex((entry) => entry.endsWith("fin") || entry === "trailers" || entry === "head end");
    if (fin >= 0 && this.log.slice(fin + 1).some((entry) => entry.startsWith("data") || entry === "trailers"))
      found.push("body after its end");
    if (this.count("draining") > 1) found.push("told twice that it drains");
    return found;
  }

  #note(event: string, entry: string): void {
    // long bodies come in many pieces: only the last of a row is kept, with the total
    const last = this.log[this.log.length - 1];
    if (event === "data" && last?.startsWith("data") && !last.endsWith("fin")) this.log.pop();
    this.log.push(event === "data" ? `data ${this.bytes}${entry.endsWith("fin") ? " fin" : ""}` : entry);
  }
}

/** Content that tells its position: a repeated or lost piece changes the checksum. */
export function content(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + seed * 17 + (i >> 8)) & 0xff;
  return bytes;
}

/** The checksum that a {@link Recorder} has after receiving exactly these pieces in this order. */
export function checksumOf(...pieces: Uint8Array[]): number {
  let checksum = 0;
  for (const piece of pieces) for (const byte of piece) checksum = nextChecksum(checksum, byte);
  return checksum;
}

function nextChecksum(checksum: number, byte: number): number {
  return (Math.imul(checksum, 31) + byte + 1) | 0;
}
