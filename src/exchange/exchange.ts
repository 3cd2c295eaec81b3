import type { Fields } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import type { Peer } from "../base/peer.js";

/**
 * The waist: one HTTP exchange (a request and its response), seen from one end. The shape is the same on both sides and for
 * every transport; a protocol is written against this and nothing else. Plain calls, explicit credit, no promise.
 *
 * Order of commands: `sendHead` once, `sendData` any number of times, then at most one end: `end` on the head or the last data,
 * or `sendTrailers`. `respond` is the three in one. Commands after the end, or after `reset`, or after `onEnd`, do nothing.
 */
export interface Exchange {
  readonly peer: Peer;
  /**
   * Bytes of body that the peer lets this exchange send now; 0 or less: what is sent waits for credit. Other exchanges of the connection
   * may stand in the way all the same. Meaningless after the end.
   */
  readonly sendWindow: number;
  /**
   * Both halves may flow at once, and trailers arrive. False for HTTP/1.1 and fetch: the response is to follow the request, and trailers are
   * not to be relied upon.
   */
  readonly fullDuplex: boolean;
  /** Sends the head. `prepared` is a shared list, encoded once per connection; `extra` is this call's own. */
  sendHead(prepared: Fields, extra: Fields, end: boolean): void;
  /**
   * Sends `prefix` then `bytes` as one piece of the body. `prefix` is copied during the call (a scratch buffer will do); `bytes`
   * belongs to the exchange from now on and must not change; with an empty prefix other exchanges may send the same
   * bytes, so that whoever receives them must be given others. Always accepted whole; returns false when the exchange is over its
   * high-water mark or the connection has had its share of this turn: then wait for `onWritable` before the next.
   */
  sendData(prefix: Uint8Array, bytes: Uint8Array, end: boolean): boolean;
  /** Sends the trailers and ends the local half. */
  sendTrailers(prepared: Fields, extra: Fields): void;
  /** Head, one piece of body and trailers at once: the fast path of a unary response. */
  respond(head: Fields, headExtra: Fields, prefix: Uint8Array, bytes: Uint8Array, trailers: Fields, trailersExtra: Fields): void;
  /**
   * Drops the data that was accepted and is not yet on the wire, so that the end can go at once. False: a piece has gone in part, and whatever
   * body followed it would be taken for its rest.
   */
  discardQueued(): boolean;
  /** Gives credit back for received body bytes that have been taken over or dropped. Uncredited bytes are credited when the exchange ends. */
  consume(bytes: number): void;
  /**
   * Ends the exchange with an `ErrorCode`: at once, dropping what is queued. One exception: NO_ERROR after the local half has ended
   * means "the response is whole, send no more", and lets what is queued go first. Idempotent. `onEnd` is called before it returns
   * (with the exception: when the queue has gone).
   */
  reset(code: number): void;
  /** Server side: the handler has settled, its concurrency slot may be given to the next. Does nothing on the client. */
  settled(): void;
}

/** What happens to an exchange. Calls must not throw. Any of them may be re-entered by a command's own consequences. */
export interface ExchangeEvents {
  /** The peer's head: on the client only, a server gets it when the exchange is accepted. Interim (1xx) responses are not reported. */
  onHead(fields: Fields, end: boolean): void;
  /** Body bytes `chunk[start, end)`, valid only during the call. `fin`: the peer's half ends with them. May be empty when `fin`. */
  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void;
  /** The peer's trailers; its half ends with them. */
  onTrailers(fields: Fields): void;
  /** After `sendData` returned false: there is room again. */
  onWritable(): void;
  /** The connection will end soon; the exchange may finish. At most once. */
  onDraining(): void;
  /** The exchange is over and holds nothing any more. Exactly once, last. */
  onEnd(end: ExchangeEnd): void;
}

/** Who ended an exchange, how, and what that means for the request. */
export interface ExchangeEnd {
  /** `complete`: both halves ended by themselves; `reset`: one side gave up; `lost`: the connection is gone. */
  readonly kind: "complete" | "reset" | "lost";
  readonly initiator: Initiator;
  /** The `ErrorCode` of the reset, or of the connection's end; NO_ERROR when complete. */
  readonly code: number;
  /** True: it is certain that no handler of the peer has seen this request (refused, above GOAWAY's last id, never sent). */
  readonly unprocessed: boolean;
  /** One sentence for people: `peer sent RST_STREAM(CANCEL)`. */
  readonly message: string;
}
