import type { Interceptor, StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";

type Next = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/** `call` with the interceptors of connect-es around it, the first outermost. */
export function withInterceptors(
  call: (request: UnaryRequest) => Promise<UnaryResponse>,
  interceptors: readonly Interceptor[],
): (request: UnaryRequest) => Promise<UnaryResponse>;
export function withInterceptors(
  call: (request: StreamRequest) => Promise<StreamResponse>,
  interceptors: readonly Interceptor[],
): (request: StreamRequest) => Promise<StreamResponse>;
export function withInterceptors(call: unknown, interceptors: readonly Interceptor[]): unknown {
  return interceptors.reduceRight<Next>((next, interceptor) => interceptor(next), call as Next);
}
