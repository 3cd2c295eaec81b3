import type { ClientProtocol } from "../../exchange/client-protocol.js";
import type { Method } from "../../rpc/method.js";
import { grpcClient } from "../grpc/client-protocol.js";
import { tripleHttpClient } from "./http-client.js";

/** Triple, the client's side: streams have the form of gRPC, unary calls that or plain HTTP. */
export function tripleClient(codec: string, unary: "grpc" | "http"): (method: Method) => ClientProtocol {
  const grpc: ClientProtocol = { ...grpcClient, name: "triple" };
  if (unary === "grpc") return () => grpc;
  const http = tripleHttpClient(codec);
  return (method) => (method.kind === "unary" ? http : grpc);
}
