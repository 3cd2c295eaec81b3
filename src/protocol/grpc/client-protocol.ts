import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { type ClientProtocol, PLAIN_HEAD, type ResponseHead } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { foreignHead, foreignStatus } from "../foreign-answer.js";
import { malformedBinary, metadataFields } from "../metadata-fields.js";
import { grpcBody } from "./body.js";
import { codecOfContentType, GRPC_CODECS } from "./content-type.js";
import { requestHead } from "./request-head.js";
import { codeOfReset } from "./reset-code.js";
import { readStatus } from "./status.js";
import { formatTimeout } from "./timeout.js";

const WITHOUT_TRAILERS: Status = statusOf(CodeNumber.internal, "the response ended without trailers");

/** gRPC over HTTP/2, the client's side. */
export const grpcClient: ClientProtocol = {
  name: "grpc",
  body: grpcBody,
  requestHead,
  timeoutField: (timeoutMs: number): Field => new Field("grpc-timeout", formatTimeout(timeoutMs), false, FieldKind.grpcTimeout),
  readHead,
  readTrailers: readStatus,
  readClosing: (body, { said }) => foreignStatus(said ?? WITHOUT_TRAILERS, body),
  readBodyEnd: ({ said }) => said ?? WITHOUT_TRAILERS,
  readReset: codeOfReset,
};

/*
 * A server says the same head again and again, and such a list is one object as long as it does: the last one is remembered, with what
 * it means.
 */
let lastFields: Fields | undefined;
let lastHead: ResponseHead = PLAIN_HEAD;

function readHead(fields: Fields, end: boolean): ResponseHead {
  if (end) return parseHead(fields, true);
  if (fields !== lastFields) {
    lastHead = parseHead(fields, false);
    lastFields = fields;
  }
  return lastHead;
}

function parseHead(fields: Fields, end: boolean): ResponseHead {
  let httpStatus = "";
  let contentType: string | undefined;
  let compression = "identity";
  let hasStatus = false;
  let foreign = 0;
  for (const field of fields) {
    switch (field.kind) {
      case FieldKind.status:
        httpStatus = field.value;
        break;
      case FieldKind.contentType:
        contentType = field.value;
        break;
      case FieldKind.grpcEncoding:
        compression = field.value;
        break;
      case FieldKind.grpcStatus:
        hasStatus = true;
        break;
      default:
        foreign++;
    }
  }
  const codec = contentType === undefined ? undefined : codecOfContentType(contentType);
  // A status that replaces head and body: all fields are trailers. A proxy's error page does not become a good end by it.
  if (end && hasStatus && (codec !== undefined || contentType === undefined)) {
    const status = readStatus(fields);
    if (status.code !== CodeNumber.ok || httpStatus === "200") return ended(NO_FIELDS, status);
  }
  const metadata = foreign === 0 ? NO_FIELDS : metadataFields(fields);
  if (httpStatus !== "200" || codec === undefined) return foreignHead("gRPC", httpStatus, contentType, metadata, end);
  if (end) return ended(metadata, WITHOUT_TRAILERS);
  if (!GRPC_CODECS.includes(codec)) {
    return ended(metadata, statusOf(CodeNumber.internal, `the response has the content-type ${JSON.stringify(contentType)}`));
  }
  const malformed = malformedBinary(metadata);
  if (malformed !== undefined) return ended(metadata, statusOf(CodeNumber.internal, `the header "${malformed.name}" is not base64`));
  if (metadata === NO_FIELDS && compression === "identity") return PLAIN_HEAD;
  return { ...PLAIN_HEAD, compression, metadata };
}

function ended(metadata: Fields, status: Status): ResponseHead {
  return { ...PLAIN_HEAD, metadata, status };
}
