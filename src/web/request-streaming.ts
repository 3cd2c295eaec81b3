import type { ClientInterceptor } from "../client/interceptor.js";
import { RpcError } from "../rpc/rpc-error.js";

let found: boolean | undefined;

/** Whether fetch can send a body while it is being made ("half" duplex, Fetch Standard §5.4). Found out once. */
export function streamsRequests(): boolean {
  found ??= detect();
  return found;
}

/** Who knows streams asks for `duplex`; who does not makes text of the stream, with a content-type. */
function detect(): boolean {
  let asked = false;
  const init = {
    method: "POST",
    body: new ReadableStream(),
    get duplex(): "half" {
      asked = true;
      return "half";
    },
  };
  try {
    return !new Request("http://localhost/", init).headers.has("content-type") && asked;
  } catch {
    return false;
  }
}

const REFUSED =
  "the fetch of this platform cannot send a stream of requests; use a method with one request, or a browser that streams requests " +
  "(over HTTP/2), or from Node connect() of sluice/node";

/** Ends the calls of methods that stream requests, where fetch cannot. */
export const refuseRequestStreams: ClientInterceptor = (call, next) => {
  if (call.method.clientStreams) throw new RpcError("unimplemented", REFUSED);
  return next();
};
