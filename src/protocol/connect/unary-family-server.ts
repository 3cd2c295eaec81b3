import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { type Answer, Mark, type ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { metadataFields } from "../metadata-fields.js";
import { wholeBody } from "../whole-body.js";
import type { CodeSpelling } from "./code.js";
import { errorJson } from "./error-json.js";
import { unaryCodec } from "./media-type.js";
import { JSON_TYPE, refuseContentType, refusePath, refuseStatus, unknownCompression } from "./refusals.js";
import { type PostDialect, readPost } from "./request-reader.js";
import { ResponseHeads } from "./response-heads.js";

const UNARY: PostDialect = {
  codecOf: unaryCodec,
  contentTypes: ["application/proto", "application/json"],
  encoding: FieldKind.contentEncoding,
  acceptEncoding: FieldKind.acceptEncoding,
};

/** The heads of good responses. */
export const responseHeads: ResponseHeads = new ResponseHeads("application/", "content-encoding");

/** Unary calls that are plain HTTP and come as POST, the server's side, with errors spelled like this. */
export function unaryFamilyServer(name: string, codes: CodeSpelling): ServerProtocol {
  return {
    name,
    body: wholeBody,
    needsTrailers: false,
    statusInBody: false,
    headGoesFirst: false,
    undecodable: "invalid_argument",
    ownsContentType: false,
    accepts: (_httpMethod, contentType, marks) => marks !== Mark.triple && unaryCodec(contentType) !== undefined,
    readRequest: (fields) => readPost(UNARY, fields),
    requestMetadata: metadataFields,
    refuseMethod: (method, { codec }) =>
      method.kind === "unary"
        ? undefined
        : refuseContentType(`application/${codec}`, ["application/connect+proto", "application/connect+json"]),
    refuseCompression: (request, supported) =>
      refuseStatus(unknownCompression(request, supported), codes, [
        new Field("accept-encoding", supported.join(", "), false, FieldKind.acceptEncoding),
      ]),
    refusePath,
    refuse: (status) => refuseStatus(status, codes),
    sendHead() {},
    respond(answer, _prefix, bytes, compressed, status) {
      const { exchange } = answer;
      const head = responseHeads.head(answer.codec, compressed ? answer.compression : "identity");
      exchange.sendHead(head, ownFields(answer, status), false);
      exchange.sendData(NOTHING, bytes, true);
    },
    sendStatus: (answer, status) => sendStatus(codes, answer, status),
  };
}

/** An error: in JSON, whatever the codec. */
function sendStatus(codes: CodeSpelling, answer: Answer, status: Status): void {
  // a good end without a message is none
  const said = status.code === CodeNumber.ok ? statusOf(CodeNumber.internal, "the handler gave no response", status.trailers) : status;
  const { exchange } = answer;
  exchange.sendHead(errorHead(codes.httpStatusOf(said.code)), ownFields(answer, said), false);
  exchange.sendData(NOTHING, encodeUtf8(JSON.stringify(errorJson(said, codes))), true);
}

/** What is the call's own in a head: the handler's headers, and its trailers by their names there. */
function ownFields({ headers }: Answer, { trailers }: Status): Fields {
  return trailers.length === 0 ? headers : [...headers, ...trailerFields(trailers)];
}

/** Trailers, as they stand in the head of a unary response. */
export function trailerFields(trailers: Fields): Fields {
  if (trailers.length === 0) return NO_FIELDS;
  return trailers.map(({ name, value, sensitive }) => new Field(`trailer-${name}`, value, sensitive));
}

const errorHeads = new Map<string, Fields>();

/** The same list each time; bounded by the statuses that codes have. */
function errorHead(httpStatus: string): Fields {
  let head = errorHeads.get(httpStatus);
  if (head === undefined) errorHeads.set(httpStatus, (head = [new Field(":status", httpStatus, false, FieldKind.status), JSON_TYPE]));
  return head;
}

const NOTHING: Uint8Array = new Uint8Array(0);
