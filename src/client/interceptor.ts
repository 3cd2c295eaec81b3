import type { AbortSignalLike } from "../base/abort-signal.js";
import type { ClientCall } from "../call/client-call.js";
import { type InterceptedCall, InterceptedCallBase, type Interceptor } from "../call/interceptor.js";
import type { ContextValues } from "../rpc/context-values.js";
import { Metadata } from "../rpc/metadata.js";

/** An interceptor of a client. */
export type ClientInterceptor = Interceptor<ClientInterceptedCall>;

/** A call as the interceptors of a client see it. */
export class ClientInterceptedCall extends InterceptedCallBase implements InterceptedCall {
  declare protected readonly inner: ClientCall;
  readonly requestHeaders: Metadata;
  readonly values: ContextValues;
  private signalMade: AbortSignalLike | undefined = undefined;

  constructor(call: ClientCall, values: ContextValues) {
    super(call);
    this.requestHeaders = Metadata.fromFields(call.metadata);
    this.values = values;
  }

  get signal(): AbortSignalLike {
    if (this.signalMade === undefined) {
      const controller = new AbortController();
      this.signalMade = controller.signal as AbortSignalLike;
      const call = this.inner;
      void call.outcome.then(() => {
        const error = call.error();
        if (error !== undefined) controller.abort(error);
      });
    }
    return this.signalMade;
  }

  /** The response headers; rejects when the call ends badly before they come. */
  get responseHeaders(): Promise<Metadata> {
    return this.inner.headers;
  }

  /** Ends the call from this side. */
  cancel(reason?: unknown): void {
    this.inner.cancel(reason);
  }
}
