import type { ServerProtocol } from "../../exchange/server-protocol.js";
import { connectGetServer } from "./get-server.js";
import { connectStreamServer } from "./stream-server.js";
import { connectUnaryServer } from "./unary-server.js";

/** Connect, the server's side: streams, and unary calls as POST and GET. */
export const connectServers: readonly ServerProtocol[] = [connectStreamServer, connectUnaryServer, connectGetServer];
