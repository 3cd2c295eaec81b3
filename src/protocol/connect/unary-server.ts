import type { ServerProtocol } from "../../exchange/server-protocol.js";
import { CONNECT_CODES } from "./code.js";
import { unaryFamilyServer } from "./unary-family-server.js";

/** Unary calls of Connect that come as POST, the server's side. */
export const connectUnaryServer: ServerProtocol = unaryFamilyServer("connect", CONNECT_CODES);
