import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Peer } from "../base/peer.js";
import { HandlerHeaders } from "../call/handler-headers.js";
import { type InterceptedCall, InterceptedCallBase } from "../call/interceptor.js";
import type { ServerCall } from "../call/server-call.js";
import { ContextValues } from "../rpc/context-values.js";
import { Metadata } from "../rpc/metadata.js";
import type { Outcome } from "../rpc/outcome.js";
import { RpcError } from "../rpc/rpc-error.js";

/** What a handler, and an interceptor of the server, knows of its call. Everything is made when first asked for. */
export class HandlerContext extends InterceptedCallBase implements InterceptedCall {
  declare protected readonly inner: ServerCall;
  private signalMade: AbortSignalLike | undefined = undefined;
  private drainingMade: AbortSignalLike | undefined = undefined;
  private requestHeadersMade: Metadata | undefined = undefined;
  private valuesMade: ContextValues | undefined = undefined;

  /**
   * Aborts as soon as the call is cut off, with an `RpcError` as its reason that says by whom and why: the client cancelled or is gone
   * (`cancelled`), the deadline (`deadline_exceeded`), a shutdown (`unavailable`). Does not abort when the call ends well.
   */
  get signal(): AbortSignalLike {
    if (this.signalMade === undefined) {
      const controller = new AbortController();
      this.signalMade = controller.signal as AbortSignalLike;
      const call = this.inner;
      call.whenEnded(() => {
        if (call.wasCutOff) controller.abort(call.error());
      });
    }
    return this.signalMade;
  }

  /** Aborts when the server, or this connection, begins to shut down: a long stream should come to its end. The call goes on. */
  get draining(): AbortSignalLike {
    if (this.drainingMade === undefined) {
      const controller = new AbortController();
      this.drainingMade = controller.signal as AbortSignalLike;
      this.inner.whenDraining(() => controller.abort(new RpcError("unavailable", "the server is shutting down")));
    }
    return this.drainingMade;
  }

  /** How the call ended, once it has; never rejects. */
  get done(): Promise<Outcome> {
    return this.inner.outcome;
  }

  get peer(): Peer {
    return this.inner.exchange.peer;
  }

  /** What the client speaks: `"grpc"`, `"grpc-web"`, `"grpc-web-text"`, `"connect"` or `"triple"`. */
  get protocol(): string {
    return this.inner.setup.protocol.name;
  }

  /** The group that the service was added with, and the client asks for; `""` for none. */
  get group(): string {
    return this.inner.setup.key.group;
  }

  /** The version that the service was added with, and the client asks for; `""` for none. */
  get version(): string {
    return this.inner.setup.key.version;
  }

  /** How the request came: with Connect, methods marked `NO_SIDE_EFFECTS` can be asked with GET. */
  get httpMethod(): "GET" | "POST" {
    return this.inner.query === undefined ? "POST" : "GET";
  }

  /** The query of a request that came as GET, without the question mark; empty otherwise. */
  get query(): string {
    return this.inner.query ?? "";
  }

  get requestHeaders(): Metadata {
    this.requestHeadersMade ??= Metadata.fromFields(this.inner.requestFields);
    return this.requestHeadersMade;
  }

  /** What to send before the first message. Changing it after the headers have gone throws `UsageError`. */
  get responseHeaders(): Metadata {
    const { inner } = this;
    inner.responseHeaders ??= inner.headSent ? new HandlerHeaders().seal() : new HandlerHeaders();
    return inner.responseHeaders;
  }

  /** What to send after the last message, with the status. */
  get responseTrailers(): Metadata {
    this.inner.responseTrailers ??= new Metadata();
    return this.inner.responseTrailers;
  }

  /** Sends the response headers now, rather than with the first message. */
  sendHeaders(): void {
    this.inner.sendHead();
  }

  /** Values from the interceptors. */
  get values(): ContextValues {
    this.valuesMade ??= new ContextValues();
    return this.valuesMade;
  }

  /** Whether the messages from here on are compressed, where a compression was agreed with the client. Default true. */
  get compress(): boolean {
    return this.inner.compress;
  }

  set compress(on: boolean) {
    this.inner.compress = on;
  }
}
