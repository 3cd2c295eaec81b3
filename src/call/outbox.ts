import type { Fields } from "../base/field.js";
import type { Exchange } from "../exchange/exchange.js";
import type { BodyFormat } from "../rpc/body-format.js";
import { prefixFor, wireBytes } from "./framing.js";
import { OUTBOX_BYTES } from "./limits.js";

/** One accepted message, encoded. */
interface AcceptedMessage {
  readonly bytes: Uint8Array;
  readonly framing: number;
}

/**
 * What a client has accepted from its application for one call, on its way to the exchange of the current attempt. It holds the messages
 * until the call is committed (the response begins, or they are too much), so that they can wait for a connection, and be sent once
 * more when an attempt turns out to have reached no handler.
 */
export class Outbox {
  private readonly body: BodyFormat;
  private readonly maxReplayBytes: number;
  private exchange: Exchange | undefined = undefined;
  /** It holds nothing any more. */
  private committed = false;
  /** The messages held: the first one apart, for most calls have no other. */
  private first: Uint8Array | undefined = undefined;
  private firstFraming = 0;
  private others: AcceptedMessage[] | undefined = undefined;
  private heldBytes = 0;
  /** The application has said its last message. */
  private ended = false;
  /** The whole request as a head, where it needs no body. */
  requestInHead: Fields | undefined = undefined;

  constructor(body: BodyFormat, maxReplayBytes: number) {
    this.body = body;
    this.maxReplayBytes = maxReplayBytes;
  }

  /** Whether the call can still be repeated. */
  get replayable(): boolean {
    return !this.committed;
  }

  /** Whether the exchange has been given everything. */
  get sentAll(): boolean {
    return this.ended && this.exchange !== undefined;
  }

  /** Accepts a message, framed as `Framing` says; `last`: the requests end with it. False: the next one must wait. */
  add(bytes: Uint8Array, framing: number, last: boolean): boolean {
    const { exchange } = this;
    this.ended = last;
    if (!this.committed) {
      this.hold(bytes, framing);
      if (exchange === undefined) return this.heldBytes < OUTBOX_BYTES;
      if (this.heldBytes > this.maxReplayBytes) this.commit();
    }
    return exchange?.sendData(prefixFor(this.body, bytes, framing), bytes, last) ?? false;
  }

  private hold(bytes: Uint8Array, framing: number): void {
    this.heldBytes += wireBytes(this.body, bytes, framing);
    if (this.first === undefined) {
      this.first = bytes;
      this.firstFraming = framing;
    } else if (this.others === undefined) {
      this.others = [{ bytes, framing }];
    } else {
      this.others.push({ bytes, framing });
    }
  }

  /** The request is this head, and has no body. */
  addHead(head: Fields): void {
    this.ended = true;
    this.requestInHead = head;
  }

  /** The requests are complete. */
  end(): void {
    this.ended = true;
    this.exchange?.sendData(NOTHING, NOTHING, true);
  }

  /** A new attempt: sends everything held on this exchange, whose head has gone. False: the next message must wait. */
  attach(exchange: Exchange): boolean {
    this.exchange = exchange;
    const { first, others } = this;
    let writable = true;
    // the attempt may end inside any of these commands; what is sent after that does nothing
    if (first === undefined) {
      if (this.ended && this.requestInHead === undefined) exchange.sendData(NOTHING, NOTHING, true);
    } else {
      writable = this.send(exchange, first, this.firstFraming, others === undefined);
    }
    if (others !== undefined) {
      for (let i = 0; i < others.length; i++) {
        const { bytes, framing } = others[i] as AcceptedMessage;
        writable = this.send(exchange, bytes, framing, i === others.length - 1);
      }
    }
    if (this.heldBytes > this.maxReplayBytes) this.commit();
    return writable;
  }

  private send(exchange: Exchange, bytes: Uint8Array, framing: number, last: boolean): boolean {
    return exchange.sendData(prefixFor(this.body, bytes, framing), bytes, this.ended && last);
  }

  /** The attempt is over. */
  detach(): void {
    this.exchange = undefined;
  }

  /** The call will not be repeated: what was sent need not be kept. */
  commit(): void {
    this.committed = true;
    this.first = undefined;
    this.others = undefined;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
