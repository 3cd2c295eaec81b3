import type { ServerProtocol } from "../../exchange/server-protocol.js";
import { grpcFamilyServer } from "./grpc-family-server.js";
import { GRPC } from "./media-type.js";
import { ResponseHeads } from "./response-heads.js";
import { writeStatus } from "./status.js";

/** The heads of gRPC's responses. */
export const grpcHeads: ResponseHeads = new ResponseHeads(GRPC);

/** gRPC over HTTP/2, the server's side. */
export const grpcServer: ServerProtocol = grpcFamilyServer({
  name: "grpc",
  media: GRPC,
  heads: grpcHeads,
  statusIn: "trailers",
  respond(answer, prefix, bytes, _compressed, status) {
    const trailers = writeStatus(status);
    const head = grpcHeads.head(answer.codec, answer.compression);
    answer.exchange.respond(head, answer.headers, prefix, bytes, trailers.prepared, trailers.extra);
  },
  sendTrailers({ exchange }, status) {
    const { prepared, extra } = writeStatus(status);
    exchange.sendTrailers(prepared, extra);
  },
});
