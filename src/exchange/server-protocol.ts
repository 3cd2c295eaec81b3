import type { Fields } from "../base/field.js";
import type { BodyFormat } from "../rpc/body-format.js";
import type { Codec } from "../rpc/codec.js";
import type { Method } from "../rpc/method.js";
import type { Status } from "../rpc/status.js";
import type { Exchange, ExchangeEvents } from "./exchange.js";

/** The server's side of a protocol. */
export interface ServerProtocol {
  readonly name: string;
  readonly body: BodyFormat;
  /** It cannot be spoken over an exchange that is not full-duplex, for its status is said in trailers. */
  readonly needsTrailers: boolean;
  /** The status stands in the body: it cannot be said after a message that has gone in part. */
  readonly statusInBody: boolean;
  /** The head of a response can go before its message. Else both are made with the outcome: it decides the HTTP status. */
  readonly headGoesFirst: boolean;
  /** The code of a request that is no message of its type. */
  readonly undecodable: "invalid_argument" | "internal";
  /** Its content types are nobody else's: what has one is a call, whatever the path. */
  readonly ownsContentType: boolean;
  /** Whether a request with this HTTP method, content-type (`""` for none) and these {@link Mark}s is of this protocol. */
  accepts(httpMethod: string, contentType: string, marks: number): boolean;
  /** How messages of a codec are read, where that differs; always the same for the same codec. */
  adaptCodec?(codec: Codec): Codec;
  /** Reads a request's head: what is asked, or how to refuse it. */
  readRequest(fields: Fields): RequestHead | Refusal;
  /** The metadata among a request's fields: without what belongs to HTTP and to the protocol. May be a shared list. */
  requestMetadata(fields: Fields): Fields;
  /** Why calls of this method cannot be made as the request says, as the whole answer; undefined when they can. */
  refuseMethod(method: Method, request: RequestHead): Refusal | undefined;
  /** The whole answer to a request whose `compression` is none of `supported` (names without identity, best first). */
  refuseCompression(request: RequestHead, supported: readonly string[]): Refusal;
  /** The whole answer to a request for a path at which there is no method. */
  refusePath(because: string, codec: string): Refusal;
  /** The whole answer to a request that ends with this status before any handler. */
  refuse(status: Status, codec: string): Refusal;
  /** Sends the head, with the handler's headers. Only where it goes first. */
  sendHead(answer: Answer): void;
  /** Answers a call with one message, whose head has not gone, and ends it. `prefix` and `bytes` are as in `Exchange.sendData`. */
  respond(answer: Answer, prefix: Uint8Array, bytes: Uint8Array, compressed: boolean, status: Status): void;
  /** Ends a call with this status, after its messages; `headSent`: the head has gone. */
  sendStatus(answer: Answer, status: Status, headSent: boolean): void;
  /** Stands between the exchange and the call, where what goes over the wire is the body in another form. */
  adapt?(exchange: Exchange, accept: (exchange: Exchange) => ExchangeEvents): ExchangeEvents;
}

/** What tells protocols apart that share content types: fields that only one of them has, as bits. */
export const Mark = {
  /** It says the version of Connect that it speaks. */
  connect: 1,
  /** It has a field of Triple's own: group or version of the service, a time-out by one of Triple's names, the version of the protocol. */
  triple: 2,
} as const;

/** The answer to a call, as a protocol writes it. */
export interface Answer {
  readonly exchange: Exchange;
  /** The name of the codec. */
  readonly codec: string;
  /** The name of the compression that was agreed, `"identity"` for none. */
  readonly compression: string;
  /** The handler's response headers; asked for once, when they go. */
  readonly headers: Fields;
  /** The request's metadata. */
  readonly requestFields: Fields;
}

export interface RequestHead {
  readonly kind: "request";
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly codec: string;
  /** The time left for the call in ms (0: already over), or Infinity when none was given. */
  readonly timeoutMs: number;
  /** The compression of the request's messages, `"identity"` for none. */
  readonly compression: string;
  /** The raw list of compressions that the peer accepts, undefined when it sent none: parsed only when one is wanted. */
  readonly acceptCompression: string | undefined;
  /** All fields as they came, a list that may be used again after the call; `requestMetadata` takes the metadata out when a handler asks. */
  readonly fields: Fields;
  /** The request's message, where the head holds it: then its body must be empty. */
  readonly message: Uint8Array | undefined;
  /** The query of the path, which a request that came as GET has; undefined for POST. */
  readonly query: string | undefined;
}

/** A request that is refused before any handler: the whole answer. */
export interface Refusal {
  readonly kind: "refusal";
  readonly fields: Fields;
  /** Empty: the answer is the head alone. */
  readonly body: Uint8Array;
  /** For the log. */
  readonly because: string;
}
