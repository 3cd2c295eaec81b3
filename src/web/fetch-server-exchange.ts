import { ErrorCode } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import type { Runtime } from "../base/runtime.js";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import type { ExchangeEnd } from "../exchange/exchange.js";
import { FetchExchange, type FetchHost } from "./fetch-exchange.js";
import { responseHead } from "./fetch-fields.js";

/** The handler that an exchange belongs to. */
export interface FetchServerHost extends FetchHost {
  readonly runtime: Runtime;
  /** How long the client may read nothing while a response waits. */
  readonly writeStallTimeoutMs: number;
}

/** A `Request` that is answered with a `Response`. */
export class FetchServerExchange extends FetchExchange<FetchServerHost> implements TimerTarget {
  /** Settles with the head of the answer; never rejects. */
  readonly response: Promise<Response>;
  readonly #request: Request;
  /** Runs while a response waits to be read. */
  readonly #stall: Timer = new Timer(this);
  #resolve!: (response: Response) => void;
  readonly #onAbort = (): void => this.onBodyRefused();

  constructor(host: FetchServerHost, request: Request) {
    super(host, undefined);
    this.#request = request;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    request.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Begins to read the request: whoever accepted the exchange is told of it from now on. */
  start(): void {
    if (this.ended) return;
    const { body } = this.#request;
    if (body === null) this.endedWithHead();
    else this.receive(body);
  }

  protected override begin(head: Fields, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined): void {
    const { status, headers } = responseHead(head);
    this.#resolve(new Response(body ?? null, { status, headers }));
  }

  protected override onWaiting(waiting: boolean): void {
    const { runtime, writeStallTimeoutMs } = this.host;
    if (!waiting) runtime.timers.stop(this.#stall);
    else if (!this.#stall.running && writeStallTimeoutMs !== Number.POSITIVE_INFINITY)
      runtime.timers.start(this.#stall, runtime.now() + writeStallTimeoutMs);
  }

  onTimer(): void {
    this.lose("engine", `the client read nothing for ${this.host.writeStallTimeoutMs} ms`);
  }

  /** The client has gone: it reads no more of the response, or the platform says so. */
  override onBodyRefused(): void {
    this.resetByPeer(ErrorCode.CANCEL, "the client has gone");
  }

  override onBodyFailed(): void {
    this.lose("network", "the request's body broke off");
  }

  protected override get localOver(): boolean {
    return this.localGone;
  }

  protected override get unsent(): boolean {
    return false;
  }

  protected override release({ code }: ExchangeEnd): void {
    this.host.runtime.timers.stop(this.#stall);
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    // there is no way to break off an answer that has not begun
    if (!this.begun) this.#resolve(new Response(null, { status: code === ErrorCode.REFUSED_STREAM ? 503 : 500 }));
  }
}
