import type { ClientProtocol } from "../exchange/client-protocol.js";
import { grpcWebClient, grpcWebTextClient } from "../protocol/grpc-web/index.js";
import type { Method } from "../rpc/method.js";

/** A protocol that a client may speak over fetch instead of Connect. */
export interface WebProtocol {
  readonly name: string;
  /** What is spoken for calls of a method. */
  readonly client: (method: Method) => ClientProtocol;
}

/** gRPC-Web, for `connect({ protocol })`. */
export const grpcWeb: WebProtocol = { name: "grpc-web", client: () => grpcWebClient };

/** gRPC-Web with bodies in base64, for what cannot pass bytes. */
export const grpcWebText: WebProtocol = { name: "grpc-web-text", client: () => grpcWebTextClient };
