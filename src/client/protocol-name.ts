import { badOption } from "../base/usage-error.js";
import type { ClientProtocol } from "../exchange/client-protocol.js";
import { connectClient } from "../protocol/connect/index.js";
import { grpcClient } from "../protocol/grpc/index.js";
import { grpcWebClient, grpcWebTextClient } from "../protocol/grpc-web/index.js";
import type { Method } from "../rpc/method.js";

/** What a client can speak. */
export type ProtocolName = "grpc" | "grpc-web" | "grpc-web-text" | "connect";

/**
 * What is spoken for calls of a method. `httpGet`: Connect asks with GET for what the methods that are safe give. Throws `UsageError` for a name
 * that is none.
 */
export function clientProtocolNamed(name: ProtocolName, codec: string, httpGet: boolean): (method: Method) => ClientProtocol {
  if (httpGet && name !== "connect") badOption("httpGet", httpGet, `false with the protocol "${name}": only "connect" has GET`);
  switch (name) {
    case "grpc":
      return () => grpcClient;
    case "grpc-web":
      return () => grpcWebClient;
    case "grpc-web-text":
      return () => grpcWebTextClient;
    case "connect":
      return connectClient(codec, httpGet);
    default:
      return badOption("protocol", name, '"grpc", "grpc-web", "grpc-web-text" or "connect"');
  }
}
