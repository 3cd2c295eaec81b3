import type { ClientInterceptor } from "../client/interceptor.js";
import { RpcError } from "../rpc/rpc-error.js";

/** Why fetch cannot send a body to such an address while it is being made ("half" duplex, Fetch Standard §5.4); undefined where it can. */
export function whyNoRequestStreams(scheme: "http" | "https"): string | undefined {
  if (!streamsBodies()) return NOT_HERE;
  return scheme === "http" && inBrowser() ? NOT_IN_CLEARTEXT : undefined;
}

let found: boolean | undefined;

/** Whether fetch takes a body that is a stream. Found out once. */
function streamsBodies(): boolean {
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

/**
 * Browsers send a streamed body over no HTTP/1.1 (Fetch Standard, "HTTP-network fetch"), and speak HTTP/2 with TLS alone; other runtimes do
 * send it so. Pages and their workers are told whether they are a "secure context" (HTML Standard), and nobody else is.
 */
function inBrowser(): boolean {
  return "isSecureContext" in globalThis;
}

const INSTEAD = "use a method with one request, or from Node connect() of sluice/node";
const NOT_HERE = `the fetch of this platform cannot send a stream of requests: ${INSTEAD}, or a browser that can (Chromium, over HTTPS)`;
const NOT_IN_CLEARTEXT = `a browser sends a stream of requests over HTTP/2 alone, and so over HTTPS alone: call the server by https://, or ${INSTEAD}`;
/** For who turned it off. */
export const TURNED_OFF: string = `requestStreaming of connect() is false: ${INSTEAD}`;

/** Ends the calls of methods that stream requests, and says why. */
export function refuseRequestStreams(why: string): ClientInterceptor {
  return (call, next) => {
    if (call.method.clientStreams) throw new RpcError("unimplemented", why);
    return next();
  };
}
