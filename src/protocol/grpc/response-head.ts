import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { Status } from "../../rpc/status.js";
import { contentTypeOfCodec } from "./content-type.js";
import { type FieldParts, statusExtra, statusField } from "./status.js";

/** The head of a response without the handler's metadata: the same list each time for the same arguments. */
export function responseHead(codec: string, compression: string): Fields {
  if (codec === "proto" && compression === "identity") return PLAIN;
  const byCompression = inner(heads, codec);
  let head = byCompression.get(compression);
  if (head === undefined) {
    head = [STATUS_200, contentTypeField(codec)];
    if (compression !== "identity") head = [...head, new Field("grpc-encoding", compression, false, FieldKind.grpcEncoding)];
    byCompression.set(compression, head);
  }
  return head;
}

/** Head and `grpc-status` in one, the same list each time for the same arguments; only for codes that have a name. */
function trailersOnlyHead(codec: string, code: number): Fields {
  const byCode = inner(endings, codec);
  let head = byCode.get(code);
  if (head === undefined) {
    head = [STATUS_200, contentTypeField(codec), statusField(code)];
    byCode.set(code, head);
  }
  return head;
}

/** Head and status in one, for a call that ends before it sent anything. */
export function trailersOnly(status: Status, codec: string): FieldParts {
  const named = status.code <= 16;
  if (named) return { prepared: trailersOnlyHead(codec, status.code), extra: statusExtra(status, false) };
  return { prepared: responseHead(codec, "identity"), extra: statusExtra(status, true) };
}

export function contentTypeField(codec: string): Field {
  return new Field("content-type", contentTypeOfCodec(codec), false, FieldKind.contentType);
}

const STATUS_200 = new Field(":status", "200", false, FieldKind.status);
const PLAIN: Fields = [STATUS_200, contentTypeField("proto")];

/* Bounded: codecs and compressions are those that this side has, codes are those with a name. */
const heads = new Map<string, Map<string, Fields>>();
const endings = new Map<string, Map<number, Fields>>();

function inner<Key>(outer: Map<string, Map<Key, Fields>>, codec: string): Map<Key, Fields> {
  let found = outer.get(codec);
  if (found === undefined) {
    found = new Map();
    outer.set(codec, found);
  }
  return found;
}
