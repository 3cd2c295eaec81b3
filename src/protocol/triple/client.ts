import type { ClientProtocol } from "../../exchange/client-protocol.js";
import type { Method } from "../../rpc/method.js";
import { grpcClient } from "../grpc/client-protocol.js";
import { tripleHttpClient } from "./http-client.js";

/** Triple in the form of gRPC, the client's side. */
const tripleGrpcClient: ClientProtocol = { ...grpcClient, name: "triple" };

/** Triple, the client's side: streams have the form of gRPC, unary calls that or plain HTTP. */
export function tripleClient(codec: string, unary: "grpc" | "http"): (method: Method) => ClientProtocol {
  if (unary === "grpc") return () => tripleGrpcClient;
  const http = tripleHttpClient(codec);
  return (method) => (method.kind === "unary" ? http : tripleGrpcClient);
}
