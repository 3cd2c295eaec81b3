import { bodyStreaming } from "../harness/body-streams.mjs";

export const grpcWebStreaming = bodyStreaming("grpc-web-streaming", "gRPC-Web", "application/grpc-web+proto");
