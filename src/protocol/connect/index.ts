import type { ClientProtocol } from "../../exchange/client-protocol.js";
import type { ServerProtocol } from "../../exchange/server-protocol.js";
import type { Method } from "../../rpc/method.js";
import { connectGetServer } from "./get-server.js";
import { connectStreamClient } from "./stream-client.js";
import { connectStreamServer } from "./stream-server.js";
import { connectUnaryClient } from "./unary-client.js";
import { connectUnaryServer } from "./unary-server.js";

/** Connect, the client's side: which form calls of a method have. `get`: methods that are safe go as GET. */
export function connectClient(codec: string, get: boolean): (method: Method) => ClientProtocol {
  const unary = connectUnaryClient(codec, get);
  const stream = connectStreamClient(codec);
  return (method) => (method.kind === "unary" ? unary : stream);
}

/** Connect, the server's side: streams, and unary calls as POST and GET. */
export const connectServers: readonly ServerProtocol[] = [connectStreamServer, connectUnaryServer, connectGetServer];
