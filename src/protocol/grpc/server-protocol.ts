import { type Field, FieldKind, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead, ServerProtocol } from "../../exchange/server-protocol.js";
import { isBinaryValue } from "../../rpc/binary-value.js";
import { metadataFields } from "../metadata-fields.js";
import { respond, sendHead, sendStatus } from "./answer.js";
import { grpcBody } from "./body.js";
import { codecOfContentType, GRPC_CODECS } from "./content-type.js";
import { refuseCall, refuseCompression, refuseContentType, refuseField, refuseHttpMethod, refusePath } from "./refusal.js";
import { MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

/** gRPC over HTTP/2, the server's side. */
export const grpcServer: ServerProtocol = {
  name: "grpc",
  body: grpcBody,
  needsTrailers: true,
  statusInBody: false,
  headGoesFirst: true,
  accepts: (_httpMethod, contentType) => codecOfContentType(contentType) !== undefined,
  readRequest,
  requestMetadata: metadataFields,
  refuseMethod: () => undefined,
  refuseCompression,
  refuse: refuseCall,
  sendHead,
  respond,
  sendStatus,
};

/** One pass; nothing is decoded that nobody asked for. Of a field that comes twice, the last counts. */
function readRequest(fields: Fields): RequestHead | Refusal {
  let method = "";
  let path = "";
  let contentType: string | undefined;
  let timeout: Field | undefined;
  let compression = "identity";
  let acceptCompression: string | undefined;
  let malformed: Field | undefined;
  for (const field of fields) {
    switch (field.kind) {
      case FieldKind.method:
        method = field.value;
        break;
      case FieldKind.path:
        path = field.value;
        break;
      case FieldKind.contentType:
        contentType = field.value;
        break;
      case FieldKind.grpcTimeout:
        timeout = field;
        break;
      case FieldKind.grpcEncoding:
        compression = field.value;
        break;
      case FieldKind.grpcAcceptEncoding:
        acceptCompression = acceptCompression === undefined ? field.value : `${acceptCompression},${field.value}`;
        break;
      case FieldKind.binary:
        if (!isBinaryValue(field.value)) malformed = field;
        break;
      default:
    }
  }
  if (method !== "POST") return refuseHttpMethod(method);
  const codec = contentType === undefined ? undefined : codecOfContentType(contentType);
  if (codec === undefined || !GRPC_CODECS.includes(codec)) return refuseContentType(contentType);
  if (malformed !== undefined) return refuseField(malformed, "base64");
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseTimeout(timeout.value);
  if (timeoutMs === MALFORMED_TIMEOUT) return refuseField(timeout as Field, "1 to 8 digits and a unit, one of H M S m u n");
  if (!isMethodPath(path)) return refusePath(path);
  return { kind: "request", path, codec, timeoutMs, compression, acceptCompression, fields, message: undefined };
}

/** `/service/method`, neither of them empty. Whether there is such a method is the router's question. */
function isMethodPath(path: string): boolean {
  if (path.charCodeAt(0) !== 0x2f) return false;
  const slash = path.indexOf("/", 1);
  return slash > 1 && slash < path.length - 1;
}
