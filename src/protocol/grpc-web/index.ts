export { grpcWebClient, grpcWebTextClient } from "./client-protocol.js";
export { grpcWebServer, grpcWebTextServer } from "./server-protocol.js";
