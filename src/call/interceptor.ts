import type { AbortSignalLike } from "../base/abort-signal.js";
import { UsageError } from "../base/usage-error.js";
import type { ContextValues } from "../rpc/context-values.js";
import type { Metadata } from "../rpc/metadata.js";
import type { Method } from "../rpc/method.js";
import type { Outcome } from "../rpc/outcome.js";
import { RpcError } from "../rpc/rpc-error.js";
import type { Call } from "./call.js";
import { MessageMaps, type ReceiveMap, type SendMap } from "./message-maps.js";

/**
 * Code around a call, the same for every kind and on both sides: it runs when the call begins, `next()` begins the rest and settles with
 * the outcome when the call has ended, whether or not anyone reads on. It cannot hold a call open.
 *
 * Throwing before `next()` ends the call with that error; throwing after it changes nothing and is logged. Returning without `next()`
 * ends the call with `internal`.
 */
export type Interceptor<Call extends InterceptedCall = InterceptedCall> = (call: Call, next: () => Promise<Outcome>) => unknown;

/** A call as interceptors see it. */
export interface InterceptedCall {
  readonly method: Method;
  /** The request's metadata. On the client it may be changed until `next()`. */
  readonly requestHeaders: Metadata;
  /** Values for other interceptors and the handler; nothing of them goes over the wire. */
  readonly values: ContextValues;
  /** Aborts when the call ends in any way but well. */
  readonly signal: AbortSignalLike;
  /** The time left for the call in ms, Infinity without a deadline. */
  timeRemainingMs(): number;
  /** Sees, and may replace, every message that this side sends. Throwing an `RpcError` ends the call with it. Only before `next()`. */
  mapSend(map: SendMap): void;
  /** Sees, and may replace, every message that this side receives. Throwing an `RpcError` ends the call with it. Only before `next()`. */
  mapReceive(map: ReceiveMap): void;
}

/** The part of {@link InterceptedCall} that both sides share. */
export abstract class InterceptedCallBase {
  protected readonly inner: Call;

  constructor(inner: Call) {
    this.inner = inner;
  }

  get method(): Method {
    return this.inner.setup.method;
  }

  timeRemainingMs(): number {
    return this.inner.timeRemainingMs();
  }

  mapSend(map: SendMap): void {
    this.inner.maps ??= new MessageMaps();
    this.inner.maps.addSend(map);
  }

  mapReceive(map: ReceiveMap): void {
    this.inner.maps ??= new MessageMaps();
    this.inner.maps.addReceive(map);
  }
}

/** Runs the interceptors, the first outermost, around `begin`. `onStrayError`: an interceptor threw after the call had begun. */
export function intercept<View extends InterceptedCall>(
  interceptors: readonly Interceptor<View>[],
  view: View,
  call: Call,
  begin: () => void,
  onStrayError: (error: unknown) => void,
): void {
  const enter = (index: number): void => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) {
      if (!call.ended) begin();
      return;
    }
    let entered = false;
    const next = (): Promise<Outcome> => {
      if (entered) throw new UsageError("an interceptor called next() twice");
      entered = true;
      enter(index + 1);
      return call.outcome;
    };
    const onError = (error: unknown) => (entered ? onStrayError(error) : call.faultFrom(error));
    const onDone = () => {
      if (!entered) call.faultFrom(new RpcError("internal", "an interceptor ended without calling next()"));
    };
    try {
      Promise.resolve(interceptor(view, next)).then(onDone, onError);
    } catch (error) {
      onError(error);
    }
  };
  enter(0);
}
