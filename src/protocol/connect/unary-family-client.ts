import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { type ClientProtocol, PLAIN_HEAD, type ResponseHead } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { NO_DETAILS, STATUS_OK, type Status, statusOf } from "../../rpc/status.js";
import { foreignStatus } from "../foreign-answer.js";
import { foreignHead } from "../foreign-head.js";
import { malformedMetadata, metadataFields } from "../metadata-fields.js";
import { codeOfReset } from "../reset-code.js";
import { errorBody, wholeBody } from "../whole-body.js";
import type { CodeSpelling } from "./code.js";
import { parseJson, readErrorJson } from "./error-json.js";
import { unaryCodec } from "./media-type.js";
import { acceptEncoding, pseudoFields, wrongType } from "./request-head.js";

/** What is read of an error: its details may be long. */
const ERROR_BODY = errorBody(1024 * 1024);

/** In what the protocols differ whose unary calls are plain HTTP. */
export interface UnaryClientVariant {
  readonly name: string;
  /** How people call it. */
  readonly title: string;
  readonly codes: CodeSpelling;
  /** What stands in every request. */
  readonly own: Fields;
  readonly timeoutFields: ClientProtocol["timeoutFields"];
}

/** Unary calls that are plain HTTP, the client's side, with messages in this codec. */
export function unaryFamilyClient(codec: string, variant: UnaryClientVariant): ClientProtocol {
  const contentType = `application/${codec}`;
  const { name, codes, own, timeoutFields } = variant;
  return {
    name,
    body: wholeBody,
    requestHead(target, method, { send, accept }) {
      const fields = [...pseudoFields("POST", target, method.path), ...own];
      fields.push(new Field("content-type", contentType, false, FieldKind.contentType));
      if (send !== "identity") fields.push(new Field("content-encoding", send, false, FieldKind.contentEncoding));
      if (accept.length > 0) fields.push(acceptEncoding(accept));
      return fields;
    },
    timeoutFields,
    readHead: (fields, end) => readHead(variant, contentType, fields, end),
    readTrailers: () => undefined,
    readClosing: (bytes, { said = UNSAID }) => readErrorJson(parseJson(bytes), said, codes.codeIn) ?? foreignStatus(said, bytes),
    readBodyEnd: ({ said }) => said ?? STATUS_OK,
    readReset: codeOfReset,
  };
}

const TRAILER = "trailer-";

function readHead(variant: UnaryClientVariant, expected: string, fields: Fields, end: boolean): ResponseHead {
  const { title, codes } = variant;
  let httpStatus = "";
  let contentType: string | undefined;
  let compression = "identity";
  let hasTrailers = false;
  for (const { kind, value, name } of fields) {
    if (kind === FieldKind.status) httpStatus = value;
    else if (kind === FieldKind.contentType) contentType = value;
    else if (kind === FieldKind.contentEncoding) compression = value;
    else if (name.startsWith(TRAILER)) hasTrailers = true;
  }
  const all = metadataFields(fields);
  const metadata = hasTrailers ? all.filter(({ name }) => !name.startsWith(TRAILER)) : all;
  const trailers = hasTrailers ? trailersAmong(all) : NO_FIELDS;
  const malformed = malformedMetadata("header", metadata) ?? malformedMetadata("trailer", trailers, trailers);
  if (httpStatus !== "200") return errorHead(variant, httpStatus, contentType, compression, metadata, trailers, malformed, end);
  const codec = contentType === undefined ? undefined : unaryCodec(contentType);
  if (codec === undefined) return foreignHead(title, httpStatus, contentType, metadata, end, codes.codeOfHttp);
  if (`application/${codec}` !== expected) return { ...PLAIN_HEAD, metadata, status: wrongType(contentType as string, expected) };
  if (malformed !== undefined) return { ...PLAIN_HEAD, metadata, status: malformed };
  const said: Status = trailers.length === 0 ? STATUS_OK : { code: CodeNumber.ok, message: "", details: NO_DETAILS, trailers };
  return { ...PLAIN_HEAD, compression, metadata, said };
}

/** An error, in JSON whatever the codec; its trailers stand in the head. */
function errorHead(
  { title, codes }: UnaryClientVariant,
  httpStatus: string,
  contentType: string | undefined,
  compression: string,
  metadata: Fields,
  trailers: Fields,
  malformed: Status | undefined,
  end: boolean,
): ResponseHead {
  if (httpStatus === "304") return { ...PLAIN_HEAD, metadata, status: { ...NOT_MODIFIED, trailers } };
  if (contentType === undefined || unaryCodec(contentType) !== "json" || end) {
    return foreignHead(title, httpStatus, contentType, metadata, end, codes.codeOfHttp);
  }
  if (malformed !== undefined) return { ...PLAIN_HEAD, metadata, status: malformed };
  const said = statusOf(codes.codeOfHttp(httpStatus), `the server answered with HTTP status ${httpStatus}`, trailers);
  return { compression, metadata, status: undefined, said, errorBody: ERROR_BODY };
}

const NOT_MODIFIED: Status = statusOf(CodeNumber.unknown, "the response has not been modified (HTTP status 304)");

function trailersAmong(fields: Fields): Fields {
  const trailers: Field[] = [];
  for (const { name, value, sensitive } of fields) {
    // without a name it is none
    if (name.startsWith(TRAILER) && name !== TRAILER) trailers.push(new Field(name.slice(TRAILER.length), value, sensitive));
  }
  return metadataFields(trailers);
}

const UNSAID: Status = statusOf(CodeNumber.unknown, "the server answered with an error");
