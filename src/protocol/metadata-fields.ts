import { type Field, FieldKind, type Fields, NO_FIELDS } from "../base/field.js";
import { isBinaryValue } from "../rpc/binary-value.js";
import { CodeNumber } from "../rpc/code.js";
import { type Status, statusOf } from "../rpc/status.js";

/**
 * The metadata among the fields of a head or of trailers: what belongs neither to HTTP nor to gRPC. `user-agent` stays, for handlers
 * want to know it. The list may be shared: it is never changed.
 */
export function metadataFields(fields: Fields): Fields {
  let count = 0;
  let only: Field | undefined;
  for (const field of fields) {
    if (!isMetadata(field.kind)) continue;
    count++;
    only = field;
  }
  if (only === undefined) return NO_FIELDS;
  if (count === 1) return listOf(only);
  return fields.filter((field) => isMetadata(field.kind));
}

/**
 * How a call ends whose response has a header or trailer named `…-bin` that is not base64: `internal`, in every protocol (as in grpc-go), and a
 * good end too, for nobody would miss a value that was left out. Undefined when all are well.
 */
export function malformedMetadata(what: "header" | "trailer", fields: Fields, trailers: Fields = NO_FIELDS): Status | undefined {
  for (const { kind, name, value } of fields) {
    if (kind !== FieldKind.binary || isBinaryValue(value)) continue;
    return statusOf(CodeNumber.internal, `the ${what} "${name}" is not base64`, trailers);
  }
  return undefined;
}

/** Whether fields of this kind are metadata. */
export function isMetadata(kind: number): boolean {
  return kind === FieldKind.plain || kind >= FieldKind.userAgent;
}

/*
 * Most calls of a peer bring its user-agent and nothing else, as one shared field: the list of it is made once. The last one is
 * remembered, which pins one field.
 */
let last: Fields = NO_FIELDS;

function listOf(field: Field): Fields {
  if (field.kind !== FieldKind.userAgent) return [field];
  if (last[0] !== field) last = [field];
  return last;
}
