import { badOption } from "../base/usage-error.js";
import type { ClientProtocol } from "../exchange/client-protocol.js";
import { connectClient } from "../protocol/connect/index.js";
import { grpcClient } from "../protocol/grpc/index.js";
import { grpcWebClient, grpcWebTextClient } from "../protocol/grpc-web/index.js";
import { tripleClient } from "../protocol/triple/index.js";
import type { Method } from "../rpc/method.js";

/** What a client can speak. */
export type ProtocolName = "grpc" | "grpc-web" | "grpc-web-text" | "connect" | "triple";

/** The form of unary calls of Triple: that of gRPC, or plain HTTP. */
export type TripleUnary = "grpc" | "http";

/** How a protocol is spoken that leaves a choice. */
export interface ProtocolOptions {
  /** The name of the codec. */
  readonly codec: string;
  /** Connect asks with GET for what the methods that are safe give. Default false. */
  readonly httpGet?: boolean | undefined;
  /** Default `"grpc"`. */
  readonly tripleUnary?: TripleUnary | undefined;
}

/** What is spoken for calls of a method. Throws `UsageError` for a name that is none, and for an option that is another protocol's. */
export function clientProtocolNamed(name: ProtocolName, options: ProtocolOptions): (method: Method) => ClientProtocol {
  const { codec, httpGet = false, tripleUnary } = options;
  if (httpGet && name !== "connect") badOption("httpGet", httpGet, `false with the protocol "${name}": only "connect" has GET`);
  if (tripleUnary !== undefined && name !== "triple") badOption("tripleUnary", tripleUnary, `left out with the protocol "${name}"`);
  switch (name) {
    case "grpc":
      return () => grpcClient;
    case "grpc-web":
      return () => grpcWebClient;
    case "grpc-web-text":
      return () => grpcWebTextClient;
    case "connect":
      return connectClient(codec, httpGet);
    case "triple":
      return tripleClient(codec, tripleForm(tripleUnary));
    default:
      return badOption("protocol", name, '"grpc", "grpc-web", "grpc-web-text", "connect" or "triple"');
  }
}

function tripleForm(unary: TripleUnary = "grpc"): TripleUnary {
  return unary === "grpc" || unary === "http" ? unary : badOption("tripleUnary", unary, '"grpc" or "http"');
}
