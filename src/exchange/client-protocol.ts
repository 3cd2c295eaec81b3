import { type Fields, NO_FIELDS } from "../base/field.js";
import type { BodyFormat } from "../rpc/body-format.js";
import type { Method } from "../rpc/method.js";
import type { Status } from "../rpc/status.js";
import type { Exchange, ExchangeEvents } from "./exchange.js";

/*
 * What a protocol is to the rest of Sluice: two sets of pure translations between calls and what goes on the wire, one for each
 * side. A protocol holds no state of a call; it sees fields and bytes, never a frame, a socket or a promise.
 */

/** Where requests go: what stands in `:scheme` and `:authority`. */
export interface Target {
  readonly scheme: "http" | "https";
  readonly authority: string;
}

/** How the messages of a call are encoded and compressed. */
export interface Encoding {
  /** `"proto"` or `"json"`: the name of the codec. */
  readonly codec: string;
  /** The name of the compression of the messages sent, `"identity"` for none. */
  readonly send: string;
  /** The names of the compressions that may be received, without identity, best first. */
  readonly accept: readonly string[];
}

/** The client's side of a protocol, for the methods that it is chosen for. */
export interface ClientProtocol {
  readonly name: string;
  readonly body: BodyFormat;
  /** The fields that are the same for every call of the method; the caller keeps the list and sends it again and again. */
  requestHead(target: Target, method: Method, encoding: Encoding): Fields;
  /** What makes requests of the method that need no body, where there are such; else left out, or undefined. */
  bodiless?(target: Target, method: Method, encoding: Encoding): BodilessRequest | undefined;
  /** The fields that carry the time-out to the server (whole milliseconds, above 0). */
  timeoutFields(timeoutMs: number): Fields;
  /** Reads the response's head. `end`: there is no body. */
  readHead(fields: Fields, end: boolean): ResponseHead;
  /** Reads the trailers. Undefined: they say nothing of the call, and the body has ended with them. */
  readTrailers(fields: Fields): Status | undefined;
  /** Reads the peer's last word, which stood in the body (`MessageSink.onClosing`). */
  readClosing(bytes: Uint8Array, head: ResponseHead): Status;
  /** The status of a call whose body has ended and said none. `empty`: no message came. */
  readBodyEnd(head: ResponseHead, empty: boolean): Status;
  /** What an exchange that was reset with this `ErrorCode` by the peer means. */
  readReset(code: number): number;
  /** Stands between the call and its exchange, where what goes over the wire is the body in another form. */
  adapt?(open: (events: ExchangeEvents) => Exchange, events: ExchangeEvents): Exchange;
}

/** The head of a request whose message stands in it. Undefined: this one is too large for that. */
export type BodilessRequest = (message: Uint8Array, compressed: boolean) => Fields | undefined;

/** What the head of a response says. */
export interface ResponseHead {
  /** The compression of what follows, `"identity"` for none. */
  readonly compression: string;
  /** The metadata, without the fields that are the protocol's own. */
  readonly metadata: Fields;
  /** The call has ended already: an error that replaces head and body, or an answer that is not of this protocol. */
  readonly status: Status | undefined;
  /** A status that the head says of what follows: `readBodyEnd` and `readClosing` know what becomes of it. */
  readonly said: Status | undefined;
  /** The body holds no messages, but what has gone wrong: its format, which tells the sink of nothing but `onClosing`. */
  readonly errorBody: BodyFormat | undefined;
}

/** A head that says nothing. */
export const PLAIN_HEAD: ResponseHead = Object.freeze({
  compression: "identity",
  metadata: NO_FIELDS,
  status: undefined,
  said: undefined,
  errorBody: undefined,
});
