import type { ServerProtocol } from "../exchange/server-protocol.js";
import { connectServers } from "../protocol/connect/index.js";
import { grpcServer } from "../protocol/grpc/index.js";
import { grpcWebServer, grpcWebTextServer } from "../protocol/grpc-web/index.js";

/** All that a server speaks on its port. The first one refuses what is none of them. */
export const serverProtocols: readonly ServerProtocol[] = [grpcServer, grpcWebServer, grpcWebTextServer, ...connectServers];
