import { type Field, FieldKind, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { isBinaryValue } from "../../rpc/binary-value.js";
import { GRPC_CODECS, type MediaType } from "./media-type.js";
import type { Refusals } from "./refusals.js";
import { MALFORMED_TIMEOUT, parseTimeout } from "./timeout.js";

/** Reads a request's head: one pass; nothing is decoded that nobody asked for. Of a field that comes twice, the last counts. */
export function readRequest(media: MediaType, refusals: Refusals, fields: Fields): RequestHead | Refusal {
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
  if (method !== "POST") return refusals.httpMethod(method);
  const codec = contentType === undefined ? undefined : media.codecOf(contentType);
  if (codec === undefined || !GRPC_CODECS.includes(codec)) return refusals.contentType(contentType);
  if (malformed !== undefined) return refusals.field(malformed, "base64");
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseTimeout(timeout.value);
  if (timeoutMs === MALFORMED_TIMEOUT) return refusals.field(timeout as Field, "1 to 8 digits and a unit, one of H M S m u n");
  if (!isMethodPath(path)) return refusals.path(path);
  return { kind: "request", path, codec, timeoutMs, compression, acceptCompression, fields, message: undefined, query: undefined };
}

/** `/service/method`, neither of them empty. Whether there is such a method is the router's question. */
function isMethodPath(path: string): boolean {
  if (path.charCodeAt(0) !== 0x2f) return false;
  const slash = path.indexOf("/", 1);
  return slash > 1 && slash < path.length - 1;
}
