import type { Answer, ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { grpcBody } from "../grpc/body.js";
import type { MediaType } from "../grpc/media-type.js";
import { Refusals } from "../grpc/refusals.js";
import { readRequest } from "../grpc/request-reader.js";
import { ResponseHeads } from "../grpc/response-heads.js";
import { writeStatus } from "../grpc/status.js";
import { metadataFields } from "../metadata-fields.js";
import { GRPC_WEB, GRPC_WEB_TEXT } from "./media-types.js";
import { acceptTextExchange } from "./text-exchange.js";
import { trailersEnvelope } from "./trailer-block.js";

/** gRPC-Web with binary bodies, the server's side. */
export const grpcWebServer: ServerProtocol = webServer("grpc-web", GRPC_WEB);

/** gRPC-Web with bodies in base64 (`application/grpc-web-text`). */
export const grpcWebTextServer: ServerProtocol = { ...webServer("grpc-web-text", GRPC_WEB_TEXT), adapt: acceptTextExchange };

function webServer(name: string, media: MediaType): ServerProtocol {
  const heads = new ResponseHeads(media);
  const refusals = new Refusals(media, heads);
  const sendHead = (answer: Answer): void => {
    answer.exchange.sendHead(heads.head(answer.codec, answer.compression), answer.headers, false);
  };
  return {
    name,
    body: grpcBody,
    needsTrailers: false,
    statusInBody: true,
    headGoesFirst: true,
    undecodable: "internal",
    ownsContentType: true,
    accepts: (_httpMethod, contentType) => media.codecOf(contentType) !== undefined,
    readRequest: (fields) => readRequest(media, refusals, fields),
    requestMetadata: metadataFields,
    refuseMethod: () => undefined,
    refuseCompression: (request, supported) => refusals.compression(request, supported),
    refusePath: (because, codec) => refusals.call(statusOf(CodeNumber.unimplemented, because), codec),
    refuse: (status, codec) => refusals.call(status, codec),
    sendHead,
    respond(answer, prefix, bytes, _compressed, status) {
      sendHead(answer);
      answer.exchange.sendData(prefix, bytes, false);
      sendTrailers(answer, status);
    },
    sendStatus(answer, status, headSent) {
      if (!headSent) {
        const { headers } = answer;
        if (headers.length === 0) {
          const { prepared, extra } = heads.trailersOnly(status, answer.codec);
          answer.exchange.sendHead(prepared, extra, true);
          return;
        }
        answer.exchange.sendHead(heads.head(answer.codec, answer.compression), headers, false);
      }
      sendTrailers(answer, status);
    },
  };
}

function sendTrailers({ exchange }: Answer, status: Status): void {
  const { prepared, extra } = writeStatus(status);
  exchange.sendData(NOTHING, trailersEnvelope(prepared, extra), true);
}

const NOTHING: Uint8Array = new Uint8Array(0);
