import { ErrorCode } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import { integerOption } from "../../base/usage-error.js";
import type { ConnectionEnd } from "../../exchange/connection.js";
import { type MemoryExchange, type MemoryHost, MemoryMessage } from "./memory-exchange.js";

/** How a connection in memory behaves. */
export interface MemoryConnectionOptions {
  readonly runtime: Runtime;
  /** Exchanges that the server has open at once; a slot stays taken until the handler has settled. Default 250. */
  readonly maxConcurrentExchanges?: number;
  /** Bytes of one exchange that wait for the other end before `sendData` says wait. Default 64 KiB. */
  readonly highWaterBytes?: number;
  /** Bytes of one exchange that the other end may leave unread. Default 64 KiB. */
  readonly creditBytes?: number;
}

/** What passes between the two connections, beside the messages of exchanges. */
export const Control = { goaway: 10, goawayHeard: 11, closed: 12, lost: 13 } as const;

/** One message on its way. */
interface Delivery {
  readonly kind: number;
  readonly from: MemoryExchange | undefined;
  readonly fields: Fields | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly code: number;
  readonly fin: boolean;
  readonly text: string;
}

const PEER: Peer = Object.freeze({ address: "memory", encrypted: false });

/** What both ends have in common: the line to the other, the open exchanges, the ways to an end. */
export abstract class MemoryEnd implements MemoryHost {
  other: MemoryEnd | undefined = undefined;
  readonly highWaterBytes: number;
  readonly creditBytes: number;
  protected readonly exchanges: Set<MemoryExchange> = new Set();
  protected readonly maxExchanges: number;
  protected draining = false;
  protected closed = false;
  readonly #runtime: Runtime;
  #line: Delivery[] = [];
  #delivering = false;
  readonly #deliverTask = (): void => this.#deliver();

  constructor(options: MemoryConnectionOptions) {
    this.#runtime = options.runtime;
    this.maxExchanges = integerOption("maxConcurrentExchanges", options.maxConcurrentExchanges ?? 250, 1, 2 ** 31 - 1);
    this.highWaterBytes = integerOption("highWaterBytes", options.highWaterBytes ?? 65_536, 1, 2 ** 31 - 1);
    this.creditBytes = integerOption("creditBytes", options.creditBytes ?? 65_536, 1, 2 ** 31 - 1);
  }

  get peer(): Peer {
    return PEER;
  }

  get openExchanges(): number {
    return this.exchanges.size;
  }

  soon(task: () => void): void {
    this.#runtime.soon(task);
  }

  later(task: () => void): void {
    this.#runtime.later(task);
  }

  transmit(
    kind: number,
    from: MemoryExchange | undefined,
    fields: Fields | undefined,
    bytes: Uint8Array | undefined,
    code: number,
    fin: boolean,
    text = "",
  ): void {
    this.#line.push({ kind, from, fields, bytes, code, fin, text });
    if (this.#delivering) return;
    this.#delivering = true;
    this.#runtime.soon(this.#deliverTask);
  }

  destroy(message: string): void {
    if (this.closed) return;
    this.transmit(Control.lost, undefined, undefined, undefined, 0, false, message);
    this.close("application", ErrorCode.CANCEL, message);
  }

  /** An exchange was opened by the client. */
  protected abstract accept(from: MemoryExchange, head: Fields, end: boolean): void;
  protected abstract onControl(kind: number): void;
  protected abstract onClosed(end: ConnectionEnd): void;
  abstract released(exchange: MemoryExchange): void;

  /** Ends every exchange as lost, then the connection. */
  protected close(initiator: Initiator, code: number, message: string): void {
    if (this.closed) return;
    this.closed = true;
    this.draining = true;
    for (const exchange of [...this.exchanges]) {
      // what the peer has not accepted when it goes it never will; what we sent before we went it may still accept
      const unprocessed = exchange.other === undefined && (initiator === "peer" || !exchange.headSent);
      exchange.end({ kind: "lost", initiator, code, unprocessed, message });
    }
    this.#runtime.soon(() => this.onClosed({ initiator, code, message }));
  }

  protected control(kind: number): void {
    this.transmit(kind, undefined, undefined, undefined, 0, false);
  }

  protected tellDraining(): void {
    for (const exchange of [...this.exchanges]) exchange.events?.onDraining();
  }

  #deliver(): void {
    const line = this.#line;
    this.#line = [];
    this.#delivering = false;
    for (const delivery of line) this.other?.receive(delivery);
  }

  protected receive(delivery: Delivery): void {
    if (this.closed) return;
    const { kind, from, fields, bytes, code, fin } = delivery;
    if (kind === Control.lost) this.close("peer", ErrorCode.NO_ERROR, `peer closed the connection: ${delivery.text}`);
    else if (kind === Control.closed) this.close("peer", ErrorCode.NO_ERROR, "peer closed the connection");
    else if (from === undefined) this.onControl(kind);
    else if (kind === MemoryMessage.head && from.other === undefined) this.accept(from, fields as Fields, fin);
    else from.other?.receive(kind, fields, bytes, code, fin);
  }
}
