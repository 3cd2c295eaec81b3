import { ErrorCode } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import type { ExchangeEnd } from "../exchange/exchange.js";
import { FetchExchange, type FetchHost } from "./fetch-exchange.js";
import { responseHead } from "./fetch-fields.js";

/** A `Request` that is answered with a `Response`. */
export class FetchServerExchange extends FetchExchange {
  /** Settles with the head of the answer; never rejects. */
  readonly response: Promise<Response>;
  readonly #request: Request;
  #resolve!: (response: Response) => void;
  readonly #onAbort = (): void => this.onBodyRefused();

  constructor(host: FetchHost, request: Request) {
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
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    // there is no way to break off an answer that has not begun
    if (!this.begun) this.#resolve(new Response(null, { status: code === ErrorCode.REFUSED_STREAM ? 503 : 500 }));
  }
}
