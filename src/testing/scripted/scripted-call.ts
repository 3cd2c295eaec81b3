import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import { Field, type Fields, NO_FIELDS } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import { badOption } from "../../base/usage-error.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";

/** Header fields or trailers: names in lower case, pseudo-headers with their colon; `undefined` leaves out what would be sent by default. */
export type ScriptedFields = Readonly<Record<string, string | undefined>>;

/** The name of an HTTP/2 error code, or its number (RFC 9113 §7). */
export type ResetCode = keyof typeof ErrorCode | number;

/** How the exchange of a scripted call ended, by the transport's word. */
export interface ScriptedEnd {
  /** `complete`: both halves ended by themselves; `reset`: one side gave up; `lost`: the connection is gone. */
  readonly kind: "complete" | "reset" | "lost";
  readonly initiator: Initiator;
  /** The name of the error code: `CANCEL`. */
  readonly code: string;
}

const NO_BYTES = new Uint8Array(0);
const PREFIX_BYTES = 5;

/**
 * One HTTP exchange in the hands of a test, on either side. Nothing is sent but what the test says, valid or not, and nothing is read but while
 * `receive()` waits: a script that does not receive is a peer that has stopped reading. What is sent after the end goes nowhere.
 */
export class ScriptedCall implements ExchangeEvents {
  /** The path of the method: `/package.Service/Method`. */
  readonly path: string;
  /** How it ended; never rejects. */
  readonly ended: Promise<ScriptedEnd>;
  /** The peer's head: on the server there from the start. Undefined when the exchange ends without one. */
  readonly headers: Promise<Readonly<Record<string, string>> | undefined>;
  /** The peer's trailers; undefined when its half ends without any. */
  readonly trailers: Promise<Readonly<Record<string, string>> | undefined>;
  private readonly exchange: Exchange;
  private readonly defaultHead: ScriptedFields;
  private settleEnd!: (end: ScriptedEnd) => void;
  private settleHeaders!: (fields: Readonly<Record<string, string>> | undefined) => void;
  private settleTrailers!: (fields: Readonly<Record<string, string>> | undefined) => void;
  /** What arrived and was not received. */
  private bytes: Uint8Array = NO_BYTES;
  private uncredited = 0;
  private over = false;
  private readonly waiting: ((message: Uint8Array | undefined) => void)[] = [];

  /** `open` gives the exchange its events. */
  constructor(path: string, head: Fields | undefined, defaultHead: ScriptedFields, open: (events: ExchangeEvents) => Exchange) {
    this.path = path;
    this.defaultHead = defaultHead;
    this.ended = new Promise((resolve) => {
      this.settleEnd = resolve;
    });
    this.headers = new Promise((resolve) => {
      this.settleHeaders = resolve;
    });
    this.trailers = new Promise((resolve) => {
      this.settleTrailers = resolve;
    });
    if (head !== undefined) this.settleHeaders(recordOf(head));
    this.exchange = open(this);
  }

  // ---- what goes

  /** Sends the head: what the protocol asks for, with these fields changed, added or (undefined) left out. `end`: nothing follows. */
  sendHeaders(fields: ScriptedFields = {}, options: { readonly end?: boolean } = {}): void {
    this.exchange.sendHead(fieldsOf({ ...this.defaultHead, ...fields }), NO_FIELDS, options.end ?? false);
  }

  /** Sends a message: typed, or the bytes of one, in its envelope. */
  sendMessage(bytes: Uint8Array): void;
  sendMessage<Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>): void;
  sendMessage(first: Uint8Array | DescMessage, init?: MessageInitShape<DescMessage>): void {
    this.sendBytes(envelope(first instanceof Uint8Array ? first : toBinary(first, create(first, init))));
  }

  /** Sends bytes of the body as they are: a part of an envelope, or what is none. */
  sendBytes(bytes: Uint8Array): void {
    this.exchange.sendData(NO_BYTES, bytes.slice(), false);
  }

  /** Ends this half without trailers: the half-close of a client; a fault of a server. */
  halfClose(): void {
    this.exchange.sendData(NO_BYTES, NO_BYTES, true);
  }

  /** Ends this half with trailers. Default: `grpc-status: 0`. */
  sendTrailers(fields: ScriptedFields = { "grpc-status": "0" }): void {
    this.exchange.sendTrailers(fieldsOf(fields), NO_FIELDS);
  }

  /** Ends the exchange at once. Default `CANCEL`. */
  reset(code: ResetCode = "CANCEL"): void {
    const number = typeof code === "number" ? code : ErrorCode[code];
    if (!Number.isInteger(number) || number < 0 || number > 2 ** 32 - 1)
      badOption("code", code, "the name of an HTTP/2 error code, or a number");
    this.exchange.reset(number);
  }

  // ---- what comes

  /** The next message, typed or as bytes; undefined when the peer's half has ended, or the exchange. The peer may send only while this waits. */
  receive(): Promise<Uint8Array | undefined>;
  receive<Schema extends DescMessage>(schema: Schema): Promise<MessageShape<Schema> | undefined>;
  async receive(schema?: DescMessage): Promise<unknown> {
    const bytes = await new Promise<Uint8Array | undefined>((resolve) => {
      this.waiting.push(resolve);
      this.hand();
    });
    return bytes === undefined || schema === undefined ? bytes : fromBinary(schema, bytes);
  }

  private hand(): void {
    while (this.waiting.length > 0) {
      this.credit();
      const message = this.nextMessage();
      if (message === undefined && !this.over) return;
      this.waiting.shift()?.(message);
    }
  }

  private nextMessage(): Uint8Array | undefined {
    const { bytes } = this;
    if (bytes.length < PREFIX_BYTES) return undefined;
    const end = PREFIX_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (bytes.length < end) return undefined;
    this.bytes = bytes.subarray(end);
    return bytes.slice(PREFIX_BYTES, end);
  }

  private credit(): void {
    const { uncredited } = this;
    this.uncredited = 0;
    if (uncredited > 0) this.exchange.consume(uncredited);
  }

  // ---- the exchange's events

  onHead(fields: Fields, end: boolean): void {
    this.settleHeaders(recordOf(fields));
    if (end) this.halfEnded();
  }

  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    const joined = new Uint8Array(this.bytes.length + end - start);
    joined.set(this.bytes);
    joined.set(chunk.subarray(start, end), this.bytes.length);
    this.bytes = joined;
    this.uncredited += end - start;
    if (fin) this.halfEnded();
    else this.hand();
  }

  onTrailers(fields: Fields): void {
    this.settleTrailers(recordOf(fields));
    this.halfEnded();
  }

  onWritable(): void {}

  onDraining(): void {}

  onEnd({ kind, initiator, code }: ExchangeEnd): void {
    this.halfEnded();
    this.settleEnd({ kind, initiator, code: errorCodeName(code) });
  }

  /** The peer's half has ended, with the head, the last bytes, trailers or the exchange. */
  halfEnded(): void {
    this.over = true;
    this.settleHeaders(undefined);
    this.settleTrailers(undefined);
    this.hand();
  }
}

function envelope(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

function fieldsOf(fields: ScriptedFields): Fields {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [new Field(name, value)]));
}

function recordOf(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}
