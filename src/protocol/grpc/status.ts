import { Field, FieldKind, type Fields, NO_FIELDS } from "../../base/field.js";
import { CODE_NAMES, CodeNumber } from "../../rpc/code.js";
import { type ErrorDetail, NO_DETAILS, STATUS_OK, type Status, statusOf } from "../../rpc/status.js";
import { malformedMetadata, metadataFields } from "../metadata-fields.js";
import { percentDecode, percentEncode } from "./percent-encoding.js";
import { decodeStatusDetails, encodeStatusDetails } from "./status-details.js";

/** A field list in two parts: one that is shared and encoded once, one of this call. */
export interface FieldParts {
  readonly prepared: Fields;
  readonly extra: Fields;
}

/** Reads the status out of trailers, or out of a head that is trailers too. */
export function readStatus(fields: Fields): Status {
  let code: string | undefined;
  let message: string | undefined;
  let details: string | undefined;
  let foreign = 0;
  for (const field of fields) {
    switch (field.kind) {
      case FieldKind.grpcStatus:
        code = field.value;
        break;
      case FieldKind.grpcMessage:
        message = field.value;
        break;
      case FieldKind.grpcStatusDetails:
        details = field.value;
        break;
      case FieldKind.status:
      case FieldKind.contentType:
        break;
      default:
        foreign++;
    }
  }
  if (code === "0" && foreign === 0) return STATUS_OK;
  const trailers = foreign === 0 ? NO_FIELDS : metadataFields(fields);
  const malformed = malformedMetadata("trailer", trailers, trailers);
  if (malformed !== undefined) return malformed;
  if (code === undefined) return statusOf(CodeNumber.unknown, "the trailers have no grpc-status", trailers);
  if (!CODE.test(code)) return statusOf(CodeNumber.unknown, `the trailers have the grpc-status ${JSON.stringify(code)}`, trailers);
  const number = Number(code);
  if (number === CodeNumber.ok) return { code: number, message: "", details: NO_DETAILS, trailers };
  return errorStatus(number, message, details, trailers);
}

/** The code is what `grpc-status` says. Details that are malformed are dropped: they must not hide the error that they belong to. */
function errorStatus(code: number, encoded: string | undefined, detailsBin: string | undefined, trailers: Fields): Status {
  const decoded = detailsBin === undefined ? undefined : decodeStatusDetails(detailsBin);
  const message = encoded === undefined ? (decoded?.message ?? "") : percentDecode(encoded);
  return { code, message, details: decoded?.details ?? NO_DETAILS, trailers };
}

/** Digits; numbers that gRPC has no name for pass through. */
const CODE = /^[0-9]{1,9}$/;

/** Trailers that say a status. */
export function writeStatus(status: Status): FieldParts {
  if (status === STATUS_OK) return OK_PARTS;
  const prepared = PREPARED[status.code];
  return { prepared: prepared ?? NO_FIELDS, extra: statusExtra(status, prepared === undefined) };
}

/** The fields of a status that are a call's own: message, details, metadata, and the code when it is not prepared. */
export function statusExtra(status: Status, withCode: boolean): Fields {
  const { code, message, details, trailers } = status;
  if (!withCode && message === "" && details.length === 0) return trailers;
  const extra: Field[] = [];
  if (withCode) extra.push(statusField(code));
  if (message !== "") extra.push(new Field("grpc-message", percentEncode(message), false, FieldKind.grpcMessage));
  if (details.length > 0) extra.push(detailsField(code, message, details));
  for (const field of trailers) extra.push(field);
  return extra;
}

/** `grpc-status` for a code's number. */
export function statusField(code: number): Field {
  return STATUS_FIELDS[code] ?? new Field("grpc-status", String(code), false, FieldKind.grpcStatus);
}

function detailsField(code: number, message: string, details: readonly ErrorDetail[]): Field {
  return new Field("grpc-status-details-bin", encodeStatusDetails(code, message, details), false, FieldKind.grpcStatusDetails);
}

/** One for each code that has a name, by number. */
const STATUS_FIELDS: readonly Field[] = /* @__PURE__ */ CODE_NAMES.map(
  (_name, code) => new Field("grpc-status", String(code), false, FieldKind.grpcStatus),
);

const PREPARED: readonly Fields[] = /* @__PURE__ */ STATUS_FIELDS.map((field) => Object.freeze([field]));

const OK_PARTS: FieldParts = /* @__PURE__ */ Object.freeze({ prepared: PREPARED[CodeNumber.ok] as Fields, extra: NO_FIELDS });
