import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { Encoding, Target } from "../../exchange/client-protocol.js";
import type { Method } from "../../rpc/method.js";
import { VERSION } from "../../rpc/version.js";
import type { MediaType } from "./media-type.js";

/**
 * The fields of a request that are the same for every call of a method (gRPC over HTTP/2, "Request-Headers"). `own`: what stands in every request
 * of the media type.
 */
export function requestHead(media: MediaType, own: Fields, target: Target, method: Method, encoding: Encoding): Fields {
  const fields: Field[] = [
    POST,
    new Field(":scheme", target.scheme, false, FieldKind.scheme),
    new Field(":path", method.path, false, FieldKind.path),
    new Field(":authority", target.authority, false, FieldKind.authority),
    ...own,
    new Field("content-type", media.of(encoding.codec), false, FieldKind.contentType),
    USER_AGENT,
  ];
  if (encoding.send !== "identity") fields.push(new Field("grpc-encoding", encoding.send, false, FieldKind.grpcEncoding));
  if (encoding.accept.length > 0) fields.push(acceptEncodingField(encoding.accept));
  return fields;
}

/** `grpc-accept-encoding` for names of compressions, best first. */
export function acceptEncodingField(names: readonly string[]): Field {
  return new Field("grpc-accept-encoding", names.join(","), false, FieldKind.grpcAcceptEncoding);
}

const POST = /* @__PURE__ */ new Field(":method", "POST", false, FieldKind.method);
/** A proxy that does not forward trailers is to say so, instead of dropping them. */
export const TE_TRAILERS: Field = /* @__PURE__ */ new Field("te", "trailers", false, FieldKind.te);
const USER_AGENT = /* @__PURE__ */ new Field("user-agent", `grpc-node-sluice/${VERSION}`, false, FieldKind.userAgent);
