import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { Answer, Refusal, ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { envelopeFormat } from "../envelope.js";
import { metadataFields } from "../metadata-fields.js";
import { endStream } from "./end-stream.js";
import { isStream, streamCodec } from "./media-type.js";
import { refuseContentType, unknownCompression } from "./refusals.js";
import { type PostDialect, readPost } from "./request-reader.js";
import { ResponseHeads } from "./response-heads.js";

const STREAM: PostDialect = {
  codecOf: streamCodec,
  contentTypes: ["application/connect+proto", "application/connect+json"],
  encoding: FieldKind.connectContentEncoding,
  acceptEncoding: FieldKind.connectAcceptEncoding,
};

const heads = new ResponseHeads("application/connect+", "connect-content-encoding");

/** The streams of Connect, the server's side. The HTTP status is 200 whatever happens: the last envelope says how it ended. */
export const connectStreamServer: ServerProtocol = {
  name: "connect",
  body: envelopeFormat(),
  needsTrailers: false,
  statusInBody: true,
  headGoesFirst: true,
  undecodable: "invalid_argument",
  ownsContentType: true,
  accepts: (_httpMethod, contentType) => isStream(contentType),
  readRequest: (fields) => readPost(STREAM, fields),
  requestMetadata: metadataFields,
  refuseMethod: (method, { codec }) =>
    method.kind === "unary" ? refuseContentType(`application/connect+${codec}`, ["application/proto", "application/json"]) : undefined,
  refuseCompression: (request, supported) =>
    refuseStream(unknownCompression(request, supported), request.codec, [
      new Field("connect-accept-encoding", supported.join(", "), false, FieldKind.connectAcceptEncoding),
    ]),
  refusePath: (because, codec) => refuseStream(statusOf(CodeNumber.unimplemented, because), codec, []),
  refuse: (status, codec) => refuseStream(status, codec, []),
  sendHead,
  respond(answer, prefix, bytes, _compressed, status) {
    sendHead(answer);
    answer.exchange.sendData(prefix, bytes, false);
    answer.exchange.sendData(NOTHING, endStream(status), true);
  },
  sendStatus(answer, status, headSent) {
    if (!headSent) sendHead(answer);
    answer.exchange.sendData(NOTHING, endStream(status), true);
  },
};

function sendHead(answer: Answer): void {
  answer.exchange.sendHead(heads.head(answer.codec, answer.compression), answer.headers, false);
}

function refuseStream(status: Status, codec: string, more: Fields): Refusal {
  return { kind: "refusal", fields: [...heads.head(codec, "identity"), ...more], body: endStream(status), because: status.message };
}

const NOTHING: Uint8Array = new Uint8Array(0);
