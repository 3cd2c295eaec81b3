import { RpcError } from "sluice";

/**
 * The interop cases let a request say whether it must have come compressed (`expect_compressed`). Only the message's envelope knows,
 * so the check is made where both are seen: at the interceptor.
 */
export async function compressionProbe(call, next) {
  call.mapReceive((request, info) => {
    const expected = request.expectCompressed?.value;
    if (expected !== undefined && expected !== info.compressed) {
      throw new RpcError("invalid_argument", `the request was to come ${expected ? "compressed" : "uncompressed"} and did not`);
    }
    return request;
  });
  return next();
}
