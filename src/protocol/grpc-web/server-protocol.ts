import type { Answer, ServerProtocol } from "../../exchange/server-protocol.js";
import type { Status } from "../../rpc/status.js";
import { grpcFamilyServer } from "../grpc/grpc-family-server.js";
import type { MediaType } from "../grpc/media-type.js";
import { ResponseHeads } from "../grpc/response-heads.js";
import { writeStatus } from "../grpc/status.js";
import { GRPC_WEB, GRPC_WEB_TEXT } from "./media-types.js";
import { acceptTextExchange } from "./text-exchange.js";
import { trailersEnvelope } from "./trailer-block.js";

/** gRPC-Web with binary bodies, the server's side. */
export const grpcWebServer: ServerProtocol = webServer("grpc-web", GRPC_WEB);

/** gRPC-Web with bodies in base64 (`application/grpc-web-text`). */
export const grpcWebTextServer: ServerProtocol = { ...webServer("grpc-web-text", GRPC_WEB_TEXT), adapt: acceptTextExchange };

function webServer(name: string, media: MediaType): ServerProtocol {
  const heads = new ResponseHeads(media);
  return grpcFamilyServer({
    name,
    media,
    heads,
    statusIn: "body",
    respond(answer, prefix, bytes, _compressed, status) {
      answer.exchange.sendHead(heads.head(answer.codec, answer.compression), answer.headers, false);
      answer.exchange.sendData(prefix, bytes, false);
      sendTrailers(answer, status);
    },
    sendTrailers,
  });
}

function sendTrailers({ exchange }: Answer, status: Status): void {
  const { prepared, extra } = writeStatus(status);
  exchange.sendData(NOTHING, trailersEnvelope(prepared, extra), true);
}

const NOTHING: Uint8Array = new Uint8Array(0);
