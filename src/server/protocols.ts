import type { ServerProtocol } from "../exchange/server-protocol.js";
import { connectServers } from "../protocol/connect/index.js";
import { grpcServer } from "../protocol/grpc/index.js";
import { grpcWebServer, grpcWebTextServer } from "../protocol/grpc-web/index.js";
import { plainJsonServer, tripleGrpcServer, tripleHttpServer, unmarkedGrpcServer } from "../protocol/triple/index.js";

/** All that a server speaks on its port: the first that accepts a request has it. The first of all refuses what is none of them. */
export const serverProtocols: readonly ServerProtocol[] = [
  tripleGrpcServer,
  unmarkedGrpcServer,
  grpcServer,
  grpcWebServer,
  grpcWebTextServer,
  plainJsonServer,
  ...connectServers,
  tripleHttpServer,
];
