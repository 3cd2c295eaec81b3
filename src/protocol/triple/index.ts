export { tripleClient } from "./client.js";
export { tripleGrpcServer, unmarkedGrpcServer } from "./grpc-server.js";
export { plainJsonServer, tripleHttpServer } from "./http-server.js";
