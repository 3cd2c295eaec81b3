import { Mark, type ServerProtocol } from "../../exchange/server-protocol.js";
import { grpcServer } from "../grpc/server-protocol.js";
import { withLeastTimeout } from "./timeouts.js";
import { wrapperRefusingCodec } from "./wrapper-codec.js";

/** Triple in the form of gRPC, the server's side: gRPC, whose time-out may have another name. */
export const tripleGrpcServer: ServerProtocol = {
  ...grpcServer,
  name: "triple",
  accepts: (httpMethod, contentType, marks) => marks === Mark.triple && grpcServer.accepts(httpMethod, contentType, marks),
  readRequest(fields) {
    const request = grpcServer.readRequest(fields);
    return request.kind === "refusal" ? request : withLeastTimeout(grpcServer, request);
  },
  adaptCodec: wrapperRefusingCodec,
};

/** gRPC as dubbo-go and Dubbo Java write it where nothing else tells them from others: the same, but for wrappers. */
export const unmarkedGrpcServer: ServerProtocol = {
  ...grpcServer,
  accepts: (_httpMethod, contentType) => contentType === "application/grpc+proto",
  adaptCodec: wrapperRefusingCodec,
};
