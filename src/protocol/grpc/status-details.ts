import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeBase64, encodeBase64 } from "../../base/base64.js";
import type { ErrorDetail } from "../../rpc/status.js";

/*
 * `grpc-status-details-bin`: a google.rpc.Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3 },
 * with google.protobuf.Any { string type_url = 1; bytes value = 2 }. Two messages of two kinds of field: read and written here, so
 * that neither schema has to be loaded.
 */

/** What `grpc-status-details-bin` says. */
export interface StatusDetails {
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

const TYPE_URL_PREFIX = "type.googleapis.com/";

/** The value of `grpc-status-details-bin`. */
export function encodeStatusDetails(code: number, message: string, details: readonly ErrorDetail[]): string {
  const writer = new BinaryWriter();
  if (code !== 0) writer.tag(1, WireType.Varint).int32(code);
  if (message !== "") writer.tag(2, WireType.LengthDelimited).string(message);
  for (const { type, value } of details) {
    writer.tag(3, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(TYPE_URL_PREFIX + type);
    if (value.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(value);
    writer.join();
  }
  return encodeBase64(writer.finish());
}

/** Reads `grpc-status-details-bin`; undefined when it is malformed. */
export function decodeStatusDetails(value: string): StatusDetails | undefined {
  const bytes = decodeBase64(value);
  if (bytes === undefined) return undefined;
  try {
    return readStatus(bytes);
  } catch {
    return undefined;
  }
}

function readStatus(bytes: Uint8Array): StatusDetails {
  const reader = new BinaryReader(bytes);
  const details: ErrorDetail[] = [];
  let code = 0;
  let message = "";
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.Varint) code = reader.int32();
    else if (field === 2 && wireType === WireType.LengthDelimited) message = reader.string();
    else if (field === 3 && wireType === WireType.LengthDelimited) details.push(readAny(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return { code, message, details };
}

function readAny(bytes: Uint8Array): ErrorDetail {
  const reader = new BinaryReader(bytes);
  let typeUrl = "";
  let value: Uint8Array = NO_BYTES;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) typeUrl = reader.string();
    else if (field === 2 && wireType === WireType.LengthDelimited) value = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value };
}

const NO_BYTES = new Uint8Array(0);
