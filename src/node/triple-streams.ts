import type { ClientInterceptor } from "../client/interceptor.js";
import { RpcError } from "../rpc/rpc-error.js";

const REFUSED = "streams of Triple have the form of gRPC, whose trailers need HTTP/2; leave httpVersion out, or use a method that is unary";

/** Ends the calls of methods that stream, where Triple is spoken over HTTP/1.1. */
export const refuseTripleStreams: ClientInterceptor = (call, next) => {
  if (call.method.kind !== "unary") throw new RpcError("unimplemented", REFUSED);
  return next();
};
