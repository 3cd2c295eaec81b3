import type { Answer, ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { statusOf } from "../../rpc/status.js";
import { metadataFields } from "../metadata-fields.js";
import { grpcBody } from "./body.js";
import { GRPC } from "./media-type.js";
import { Refusals } from "./refusals.js";
import { readRequest } from "./request-reader.js";
import { ResponseHeads } from "./response-heads.js";
import { writeStatus } from "./status.js";

/** The heads of gRPC's responses. */
export const grpcHeads: ResponseHeads = new ResponseHeads(GRPC);
const refusals = new Refusals(GRPC, grpcHeads);

/** gRPC over HTTP/2, the server's side. */
export const grpcServer: ServerProtocol = {
  name: "grpc",
  body: grpcBody,
  needsTrailers: true,
  statusInBody: false,
  headGoesFirst: true,
  undecodable: "internal",
  ownsContentType: true,
  accepts: (_httpMethod, contentType) => GRPC.codecOf(contentType) !== undefined,
  readRequest: (fields) => readRequest(GRPC, refusals, fields),
  requestMetadata: metadataFields,
  refuseMethod: () => undefined,
  refuseCompression: (request, supported) => refusals.compression(request, supported),
  refusePath: (because, codec) => refusals.call(statusOf(CodeNumber.unimplemented, because), codec),
  refuse: (status, codec) => refusals.call(status, codec),
  sendHead,
  respond(answer, prefix, bytes, _compressed, status) {
    const trailers = writeStatus(status);
    const head = grpcHeads.head(answer.codec, answer.compression);
    answer.exchange.respond(head, answer.headers, prefix, bytes, trailers.prepared, trailers.extra);
  },
  sendStatus(answer, status, headSent) {
    const { exchange } = answer;
    if (!headSent) {
      const { headers } = answer;
      if (headers.length === 0) {
        const { prepared, extra } = grpcHeads.trailersOnly(status, answer.codec);
        exchange.sendHead(prepared, extra, true);
        return;
      }
      exchange.sendHead(grpcHeads.head(answer.codec, answer.compression), headers, false);
    }
    const { prepared, extra } = writeStatus(status);
    exchange.sendTrailers(prepared, extra);
  },
};

function sendHead(answer: Answer): void {
  answer.exchange.sendHead(grpcHeads.head(answer.codec, answer.compression), answer.headers, false);
}
