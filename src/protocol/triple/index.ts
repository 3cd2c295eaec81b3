export { tripleClient } from "./client.js";
export { tripleGrpcServer } from "./grpc-server.js";
export { plainJsonServer, tripleHttpServer } from "./http-server.js";
