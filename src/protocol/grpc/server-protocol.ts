import { type Field, FieldKind, type Fields } from "../../base/field.js";
import { isBinaryValue } from "../../rpc/binary-value.js";
import type { FieldParts, Refusal, RequestHead, ServerProtocol } from "../../rpc/protocol.js";
import type { Status } from "../../rpc/status.js";
import { grpcBody } from "./body.js";
import { codecOfContentType, GRPC_CODECS } from "./content-type.js";
import { metadataFields } from "./metadata-fields.js";
import { refuseCompression, refuseContentType, refuseField, refuseHttpMethod, refusePath } from "./refusal.js";
import { responseHead, trailersOnlyHead } from "./response-head.js";
import { statusExtra, writeStatus } from "./status.js";
import { MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

/** gRPC over HTTP/2, the server's side. */
export const grpcServer: ServerProtocol = {
  name: "grpc",
  body: grpcBody,
  accepts: (contentType: string): boolean => codecOfContentType(contentType) !== undefined,
  readRequest,
  requestMetadata: metadataFields,
  refuseCompression,
  responseHead,
  trailers: writeStatus,
  trailersOnly,
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
  return { kind: "request", path, codec, timeoutMs, compression, acceptCompression, fields };
}

/** `/service/method`, neither of them empty. Whether there is such a method is the router's question. */
function isMethodPath(path: string): boolean {
  if (path.charCodeAt(0) !== 0x2f) return false;
  const slash = path.indexOf("/", 1);
  return slash > 1 && slash < path.length - 1;
}

function trailersOnly(status: Status, codec: string): FieldParts {
  const named = status.code <= 16;
  if (named) return { prepared: trailersOnlyHead(codec, status.code), extra: statusExtra(status, false) };
  return { prepared: responseHead(codec, "identity"), extra: statusExtra(status, true) };
}
