import { ErrorCode } from "../base/error-code.js";
import { type Fields, NO_FIELDS } from "../base/field.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";

/** How long the peer of a refused request may go on sending it. */
const LINGER_MS = 5_000;

const NOTHING = new Uint8Array(0);

/**
 * A request that is answered before any handler: a wrong path, a wrong content-type. The answer goes out at once; the rest of the
 * request is dropped, and cut off with RST_STREAM(NO_ERROR) (RFC 9113 §8.1) when more of it comes, or when its end does not.
 */
export class RefusedExchange implements ExchangeEvents, TimerTarget {
  private readonly exchange: Exchange;
  private readonly runtime: Runtime;
  private readonly timer: Timer = new Timer(this);

  constructor(exchange: Exchange, runtime: Runtime) {
    this.exchange = exchange;
    this.runtime = runtime;
  }

  /** `requestEnded`: the request has no body. */
  answer(fields: Fields, body: Uint8Array, requestEnded: boolean): void {
    if (!requestEnded) this.runtime.timers.start(this.timer, this.runtime.now() + LINGER_MS);
    this.exchange.settled();
    this.exchange.sendHead(NO_FIELDS, fields, body.length === 0);
    if (body.length > 0) this.exchange.sendData(NOTHING, body, true);
  }

  onData(_chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    this.exchange.consume(end - start);
    if (!fin) this.exchange.reset(ErrorCode.NO_ERROR);
  }

  onTimer(): void {
    this.exchange.reset(ErrorCode.NO_ERROR);
  }

  onEnd(): void {
    this.runtime.timers.stop(this.timer);
  }

  onHead(): void {}
  onTrailers(): void {}
  onWritable(): void {}
  onDraining(): void {}
}
