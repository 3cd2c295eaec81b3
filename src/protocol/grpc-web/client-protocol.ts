import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { ClientProtocol, ResponseHead } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { VERSION } from "../../rpc/version.js";
import { envelopeFormat } from "../envelope.js";
import { foreignStatus } from "../foreign-answer.js";
import { grpcTimeoutFields } from "../grpc/client-protocol.js";
import { HeadReader, WITHOUT_TRAILERS } from "../grpc/head-reader.js";
import type { MediaType } from "../grpc/media-type.js";
import { requestHead } from "../grpc/request-head.js";
import { readStatus } from "../grpc/status.js";
import { codeOfReset } from "../reset-code.js";
import { GRPC_WEB, GRPC_WEB_TEXT } from "./media-types.js";
import { textExchange } from "./text-exchange.js";
import { readTrailers, TRAILERS_FLAG } from "./trailer-block.js";

/** The body of either side: envelopes, the last of which holds the trailers. */
const webBody = /* @__PURE__ */ envelopeFormat(TRAILERS_FLAG);

const AGENT = /* @__PURE__ */ new Field("x-user-agent", `grpc-web-javascript-sluice/${VERSION}`, false, FieldKind.plain);

/** gRPC-Web with binary bodies, the client's side: over HTTP/1.1, HTTP/2 and fetch. */
export const grpcWebClient: ClientProtocol = /* @__PURE__ */ webClient("grpc-web", GRPC_WEB);

/** gRPC-Web with bodies in base64 (`application/grpc-web-text`), for proxies and servers that want it. */
export const grpcWebTextClient: ClientProtocol = /* @__PURE__ */ webClient("grpc-web-text", GRPC_WEB_TEXT, textExchange);

function webClient(name: string, media: MediaType, adapt?: NonNullable<ClientProtocol["adapt"]>): ClientProtocol {
  const heads = new HeadReader(media);
  const own: Fields = [new Field("accept", media.toString()), new Field("x-grpc-web", "1"), AGENT];
  return {
    name,
    body: webBody,
    requestHead: (target, method, encoding) => requestHead(media, own, target, method, encoding),
    timeoutFields: grpcTimeoutFields,
    readHead: (fields, end) => heads.read(fields, end),
    // HTTP's own trailers mean nothing here: the body has said the status, or it has not
    readTrailers: () => undefined,
    readClosing,
    readBodyEnd,
    readReset: codeOfReset,
    ...(adapt && { adapt }),
  };
}

function readClosing(bytes: Uint8Array, { said, errorBody }: ResponseHead): Status {
  if (errorBody !== undefined) return foreignStatus(said ?? WITHOUT_TRAILERS, bytes);
  // some servers put everything into the head, and send an empty last envelope all the same
  if (bytes.length === 0 && said !== undefined) return said;
  const trailers = readTrailers(bytes);
  return typeof trailers === "string" ? statusOf(CodeNumber.internal, `peer broke the protocol: ${trailers}`) : readStatus(trailers);
}

/** A status in the head counts where nothing follows it. */
function readBodyEnd({ said, errorBody }: ResponseHead, empty: boolean): Status {
  return (empty || errorBody !== undefined) && said !== undefined ? said : WITHOUT_TRAILERS;
}
