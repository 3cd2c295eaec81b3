import type { ClientProtocol } from "../../exchange/client-protocol.js";
import type { Method } from "../../rpc/method.js";
import { connectStreamClient } from "./stream-client.js";
import { connectUnaryClient } from "./unary-client.js";

/** Connect, the client's side: which form calls of a method have. `get`: methods that are safe go as GET. */
export function connectClient(codec: string, get: boolean): (method: Method) => ClientProtocol {
  const unary = connectUnaryClient(codec, get);
  const stream = connectStreamClient(codec);
  return (method) => (method.kind === "unary" ? unary : stream);
}
