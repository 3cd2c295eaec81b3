import type { Fields } from "../base/field.js";
import type { ExchangeEnd, ExchangeEvents } from "../exchange/exchange.js";
import { FetchExchange, type FetchHost } from "./fetch-exchange.js";
import { requestHead, responseFields } from "./fetch-fields.js";
import type { FetchFunction } from "./platform.js";
import { whyUnreachable } from "./unreachable.js";

/** Where requests go, and how. */
export interface FetchTarget {
  /** What stands before every path, without a slash at its end: `https://example.org/api`. */
  readonly base: string;
  readonly fetch: FetchFunction;
  /** What every request is made with. */
  readonly init: Readonly<Record<string, unknown>>;
}

/** One request by fetch, and its response. Resetting it aborts the fetch. */
export class FetchClientExchange extends FetchExchange {
  readonly #target: FetchTarget;
  readonly #abort: AbortController = new AbortController();
  #url = "";
  /** The body is a stream. */
  #streams = false;

  constructor(host: FetchHost, target: FetchTarget, events: ExchangeEvents) {
    super(host, events);
    this.#target = target;
  }

  protected override begin(head: Fields, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined): void {
    const { base, fetch, init } = this.#target;
    const { method, path, headers } = requestHead(head);
    this.#url = base + path;
    this.#streams = body instanceof ReadableStream;
    const request = { ...init, method, headers, signal: this.#abort.signal, ...bodyOf(body) };
    try {
      fetch(this.#url, request).then(
        (response) => this.#respond(response),
        (error) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #respond(response: Response): void {
    const { body } = response;
    if (this.ended) {
      // it came too late
      body?.cancel().then(undefined, () => {});
      return;
    }
    const end = body === null || response.headers.get("content-length") === "0";
    this.events?.onHead(responseFields(response), end);
    if (this.ended) return;
    if (!end) this.receive(body);
    else {
      body?.cancel().then(undefined, () => {});
      this.endedWithHead();
    }
  }

  #fail(error: unknown): void {
    if (!this.ended) this.lose("network", whyUnreachable(this.#url, error, this.#streams));
  }

  override onBodyFailed(error: unknown): void {
    this.#fail(error);
  }

  /** The platform reads no more of the request: what comes of it, a response or an error, is told by the fetch. */
  override onBodyRefused(): void {}

  /** A response that is whole has no use for the rest of its request. */
  protected override get localOver(): boolean {
    return this.endAsked;
  }

  protected override get unsent(): boolean {
    return !this.begun;
  }

  protected override release({ kind }: ExchangeEnd): void {
    if (kind !== "complete" || !this.localGone) this.#abort.abort();
  }
}

function bodyOf(body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined): object {
  if (body === undefined) return {};
  return body instanceof ReadableStream ? { body, duplex: "half" } : { body };
}
