import type { DescService } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createClient as createConnectClient,
  type Transport,
} from "@connectrpc/connect";

type StreamingMethod = (request: unknown, options: CallOptions) => AsyncIterable<unknown>;

/**
 * `createClient` of connect-es, but for one thing: whoever leaves a `for await` over responses (`break`, `return`, `throw`) cancels the call, and
 * the server hears it (contract C3). Clients of connect-es's own tell their transport nothing of it. Works with any `Transport`.
 */
export function createClient<Service extends DescService>(service: Service, transport: Transport): Client<Service> {
  const client: Record<string, unknown> = { ...createConnectClient(service, transport) };
  for (const { localName, methodKind } of service.methods) {
    if (methodKind !== "server_streaming" && methodKind !== "bidi_streaming") continue;
    const method = client[localName] as StreamingMethod;
    client[localName] = (request: unknown, options: CallOptions = {}) => new LeavableResponses(method, request, options);
  }
  return client as Client<Service>;
}

/** The responses of one call. Leaving them aborts its signal, for that is all that a client of connect-es lets through to its transport. */
class LeavableResponses implements AsyncIterableIterator<unknown> {
  private readonly responses: AsyncIterator<unknown>;
  private readonly leaving: AbortController;
  /** Stops listening to the signal that the user gave. */
  private readonly release: () => void;
  private left = false;

  constructor(method: StreamingMethod, request: unknown, options: CallOptions) {
    const leaving = new AbortController();
    this.leaving = leaving;
    this.release = relay(options.signal, leaving);
    // who drops the stream unread leaves no listener on a signal that lives on
    if (options.signal !== undefined) DROPPED.register(this, this.release, this);
    this.responses = method(request, { ...options, signal: leaving.signal })[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.left) return { value: undefined, done: true };
    try {
      const result = await this.responses.next();
      if (result.done !== true) return result;
    } catch (reason) {
      this.stop();
      throw reason;
    }
    this.stop();
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.left) {
      this.left = true;
      this.stop();
      this.leaving.abort(new ConnectError("the loop over the responses was left", Code.Canceled));
      // lets the transport's rejection come to somebody
      this.responses.next().then(undefined, () => {});
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private stop(): void {
    this.release();
    DROPPED.unregister(this);
  }
}

const DROPPED = new FinalizationRegistry<() => void>((release) => release());

/** Aborts with the signal. Returns what ends that. */
function relay(signal: AbortSignal | undefined, target: AbortController): () => void {
  const abort = (): void => target.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return () => signal?.removeEventListener("abort", abort);
}
