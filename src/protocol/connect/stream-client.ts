import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { type ClientProtocol, PLAIN_HEAD, type ResponseHead } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { envelopeFormat } from "../envelope.js";
import { foreignStatus } from "../foreign-answer.js";
import { foreignHead } from "../foreign-head.js";
import { malformedMetadata, metadataFields } from "../metadata-fields.js";
import { codeOfReset } from "../reset-code.js";
import { END_STREAM_FLAG, readEndStream } from "./end-stream.js";
import { isStream } from "./media-type.js";
import { pseudoFields, USER_AGENT, VERSION_1, wrongType } from "./request-head.js";
import { connectTimeoutFields } from "./timeout.js";

const WITHOUT_END: Status = statusOf(CodeNumber.internal, "the response ended without the end of its stream");

const body = envelopeFormat(END_STREAM_FLAG);

/** The streams of Connect, the client's side, with messages in this codec. */
export function connectStreamClient(codec: string): ClientProtocol {
  const contentType = `application/connect+${codec}`;
  return {
    name: "connect",
    body,
    requestHead(target, method, { send, accept }) {
      const fields = [...pseudoFields("POST", target, method.path), USER_AGENT, VERSION_1];
      fields.push(new Field("content-type", contentType, false, FieldKind.contentType));
      if (send !== "identity") fields.push(new Field("connect-content-encoding", send, false, FieldKind.connectContentEncoding));
      if (accept.length > 0) fields.push(new Field("connect-accept-encoding", accept.join(","), false, FieldKind.connectAcceptEncoding));
      return fields;
    },
    timeoutFields: connectTimeoutFields,
    readHead: (fields, end) => readHead(contentType, fields, end),
    readTrailers: () => undefined,
    readClosing: (bytes, { said, errorBody }) => (errorBody === undefined ? readEnd(bytes) : foreignStatus(said ?? WITHOUT_END, bytes)),
    readBodyEnd: ({ said }) => said ?? WITHOUT_END,
    readReset: codeOfReset,
  };
}

function readEnd(bytes: Uint8Array): Status {
  const status = readEndStream(bytes);
  return malformedMetadata("trailer", status.trailers, status.trailers) ?? status;
}

function readHead(expected: string, fields: Fields, end: boolean): ResponseHead {
  let httpStatus = "";
  let contentType: string | undefined;
  let compression = "identity";
  for (const { kind, value } of fields) {
    if (kind === FieldKind.status) httpStatus = value;
    else if (kind === FieldKind.contentType) contentType = value;
    else if (kind === FieldKind.connectContentEncoding) compression = value;
  }
  const metadata = metadataFields(fields);
  if (httpStatus !== "200" || contentType === undefined || !isStream(contentType)) {
    return foreignHead("a stream of Connect", httpStatus, contentType, metadata, end);
  }
  if (contentType !== expected && contentType.split(";")[0]?.trim().toLowerCase() !== expected) {
    return { ...PLAIN_HEAD, metadata, status: wrongType(contentType, expected) };
  }
  if (end) return { ...PLAIN_HEAD, metadata, status: WITHOUT_END };
  const malformed = malformedMetadata("header", metadata);
  if (malformed !== undefined) return { ...PLAIN_HEAD, metadata, status: malformed };
  if (metadata === NO_FIELDS && compression === "identity") return PLAIN_HEAD;
  return { ...PLAIN_HEAD, compression, metadata };
}
