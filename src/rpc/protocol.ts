import type { Fields } from "../base/field.js";
import type { Method } from "./method.js";
import type { Status } from "./status.js";

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

export interface ClientProtocol {
  readonly name: string;
  readonly body: BodyFormat;
  /** The fields that are the same for every call of the method; the caller keeps the list and sends it again and again. */
  requestHead(target: Target, method: Method, encoding: Encoding): Fields;
  /** The field that carries the time-out to the server (whole milliseconds, above 0). */
  timeoutField(timeoutMs: number): Fields[number];
  /** Reads the response's head. `end`: there is no body. */
  readHead(fields: Fields, end: boolean): ResponseHead;
  /** Reads the trailers. */
  readTrailers(fields: Fields): Status;
  /** The status of a call whose response ended without trailers. */
  readonly withoutTrailers: Status;
  /** What an exchange that was reset with this `ErrorCode` by the peer means. */
  readReset(code: number): number;
}

/** What the head of a response says. */
export interface ResponseHead {
  /** The compression of the messages that follow, `"identity"` for none. */
  readonly compression: string;
  /** The metadata, without the fields that are the protocol's own. */
  readonly metadata: Fields;
  /** The call has ended already: an error that replaces head and body, or an answer that is not of this protocol. */
  readonly status: Status | undefined;
}

export interface ServerProtocol {
  readonly name: string;
  readonly body: BodyFormat;
  /** Whether a request with this content-type is of this protocol. */
  accepts(contentType: string): boolean;
  /** Reads a request's head: what is asked, or how to refuse it. */
  readRequest(fields: Fields): RequestHead | Refusal;
  /** The metadata among a request's fields: without what belongs to HTTP and to the protocol. May be a shared list. */
  requestMetadata(fields: Fields): Fields;
  /** The whole answer to a request whose `compression` is none of `supported` (names without identity, best first). */
  refuseCompression(request: RequestHead, supported: readonly string[]): Refusal;
  /** The response's head without the handler's metadata, the same list each time for the same arguments. */
  responseHead(codec: string, compression: string): Fields;
  /** The trailers that say this status, in two parts: what is shared, and what is this call's own (the metadata included). */
  trailers(status: Status): FieldParts;
  /** Head and status in one, for a call that ends before it sent anything. */
  trailersOnly(status: Status, codec: string): FieldParts;
}

/** A field list in two parts: one that is shared and encoded once, one of this call. */
export interface FieldParts {
  readonly prepared: Fields;
  readonly extra: Fields;
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
}

/** A request that is refused before any handler: the whole answer. */
export interface Refusal {
  readonly kind: "refusal";
  readonly fields: Fields;
  /** For whoever does not speak the protocol: a sentence, where the HTTP status alone is an error. Empty otherwise. */
  readonly body: string;
  /** For the log. */
  readonly because: string;
}

/** How messages are laid out in a body. Stateless: what is incomplete is carried by the caller from one read to the next. */
export interface BodyFormat {
  /** The length of what `prefix` gives, the same for every message. */
  readonly prefixBytes: number;
  /** The bytes before a message of this length, in a scratch buffer that is valid until the next call. */
  prefix(length: number, compressed: boolean): Uint8Array;
  /**
   * Reads body bytes `chunk[start, end)` after the incomplete message left over by the previous read. Calls the sink for each whole
   * message, in order; returns what is incomplete now. After `onOversize`, or when the sink says stop, the rest is not read.
   */
  read(
    rest: PartialMessage | undefined,
    chunk: Uint8Array,
    start: number,
    end: number,
    maxBytes: number,
    sink: MessageSink,
  ): PartialMessage | undefined;
}

/** A message of which only a part has arrived. */
export interface PartialMessage {
  /** Bytes held so far, prefix included. */
  readonly held: number;
}

/** Takes the messages out of a body. */
export interface MessageSink {
  /**
   * A whole message. `bytes[start, end)` is a view of the chunk, valid only during the call, unless `owned`. Returns false to stop reading.
   * `wireBytes`: what the message took in the body, prefix included.
   */
  onMessage(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, wireBytes: number): boolean;
  /** A message announced more bytes than `maxBytes`. */
  onOversize(length: number): void;
  /** The body is not of this format. */
  onMalformed(because: string): void;
}
