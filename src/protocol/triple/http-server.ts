import { FieldKind, type Fields } from "../../base/field.js";
import { Mark, type Refusal, type RequestHead, type ServerProtocol } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { statusOf } from "../../rpc/status.js";
import { refuseContentType } from "../connect/refusals.js";
import { unaryFamilyServer } from "../connect/unary-family-server.js";
import { connectUnaryServer } from "../connect/unary-server.js";
import { argumentCodec } from "./argument-codec.js";
import { TRIPLE_CODES } from "./code.js";
import { PROTOCOL_VERSION } from "./http-client.js";
import { withLeastTimeout } from "./timeouts.js";

const unary = unaryFamilyServer("triple", TRIPLE_CODES);

/** Streams have the form of gRPC. */
const STREAM_TYPES = ["application/grpc+proto", "application/grpc+json"];

/** Unary calls of Triple as plain HTTP, the server's side: what is marked as Triple's, with any content-type that is not gRPC's. */
export const tripleHttpServer: ServerProtocol = {
  ...unary,
  accepts: (_httpMethod, _contentType, marks) => marks === Mark.triple,
  readRequest,
  refuseMethod: (method, { codec }) => (method.kind === "unary" ? undefined : refuseContentType(`application/${codec}`, STREAM_TYPES)),
  adaptCodec: argumentCodec,
};

/** JSON that says neither Connect nor Triple, as people write it for curl: answered as Connect does, and arrays of arguments are taken. */
export const plainJsonServer: ServerProtocol = {
  ...connectUnaryServer,
  accepts: (httpMethod, contentType, marks) =>
    marks === 0 && connectUnaryServer.accepts(httpMethod, contentType, marks) && /json/i.test(contentType),
  adaptCodec: argumentCodec,
};

function readRequest(fields: Fields): RequestHead | Refusal {
  const request = unary.readRequest(fields);
  if (request.kind === "refusal") return request;
  for (const { kind, name, value } of fields) {
    if (kind !== FieldKind.tripleProtocolVersion || name !== "triple-protocol-version" || value === PROTOCOL_VERSION) continue;
    const because = `triple-protocol-version is ${JSON.stringify(value.slice(0, 100))}; it must be "${PROTOCOL_VERSION}"`;
    return unary.refuse(statusOf(CodeNumber.invalid_argument, because), request.codec);
  }
  return withLeastTimeout(unary, request);
}
