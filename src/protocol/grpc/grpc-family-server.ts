import type { Answer, ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { metadataFields } from "../metadata-fields.js";
import { grpcBody } from "./body.js";
import type { MediaType } from "./media-type.js";
import { Refusals } from "./refusals.js";
import { readRequest } from "./request-reader.js";
import type { ResponseHeads } from "./response-heads.js";

/** In what the protocols of gRPC's family differ. */
export interface GrpcVariant {
  readonly name: string;
  readonly media: MediaType;
  readonly heads: ResponseHeads;
  /** Where the status stands: in HTTP's trailers, or at the end of the body. */
  readonly statusIn: "trailers" | "body";
  readonly respond: ServerProtocol["respond"];
  /** Ends a response whose head has gone. */
  sendTrailers(answer: Answer, status: Status): void;
}

/** The server's side of a protocol of gRPC's family. */
export function grpcFamilyServer({ name, media, heads, statusIn, respond, sendTrailers }: GrpcVariant): ServerProtocol {
  const refusals = new Refusals(media, heads);
  return {
    name,
    body: grpcBody,
    needsTrailers: statusIn === "trailers",
    statusInBody: statusIn === "body",
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
    sendHead: (answer) => answer.exchange.sendHead(heads.head(answer.codec, answer.compression), answer.headers, false),
    respond,
    sendStatus(answer, status, headSent) {
      if (!headSent) {
        const { exchange, codec, compression, headers } = answer;
        if (headers.length === 0) {
          const { prepared, extra } = heads.trailersOnly(status, codec);
          exchange.sendHead(prepared, extra, true);
          return;
        }
        exchange.sendHead(heads.head(codec, compression), headers, false);
      }
      sendTrailers(answer, status);
    },
  };
}
