import { ScalarType } from "@bufbuild/protobuf";
import { writeBytes, writer } from "./shared-writer.js";

/** Writes one value. Throws what protobuf-es's writer throws of one that is not of its type. */
export type WriteValue = (value: unknown) => void;

/*
 * Two tables, and each names every type, so that a value costs one call that cannot be inlined and not two.
 */

/** What writes values of a type, each with the tag before it. */
export function taggedWriter(type: ScalarType, tag: number): WriteValue {
  switch (type) {
    case ScalarType.DOUBLE:
      return (value) => writer.uint32(tag).double(value as number);
    case ScalarType.FLOAT:
      return (value) => writer.uint32(tag).float(value as number);
    case ScalarType.INT64:
      return (value) => writer.uint32(tag).int64(value as bigint);
    case ScalarType.UINT64:
      return (value) => writer.uint32(tag).uint64(value as bigint);
    case ScalarType.INT32:
      return (value) => writer.uint32(tag).int32(value as number);
    case ScalarType.FIXED64:
      return (value) => writer.uint32(tag).fixed64(value as bigint);
    case ScalarType.FIXED32:
      return (value) => writer.uint32(tag).fixed32(value as number);
    case ScalarType.BOOL:
      return (value) => writer.uint32(tag).bool(value as boolean);
    case ScalarType.STRING:
      return (value) => writer.uint32(tag).string(value as string);
    case ScalarType.BYTES:
      return (value) => {
        writer.uint32(tag);
        writeBytes(value as Uint8Array);
      };
    case ScalarType.UINT32:
      return (value) => writer.uint32(tag).uint32(value as number);
    case ScalarType.SFIXED32:
      return (value) => writer.uint32(tag).sfixed32(value as number);
    case ScalarType.SFIXED64:
      return (value) => writer.uint32(tag).sfixed64(value as bigint);
    case ScalarType.SINT32:
      return (value) => writer.uint32(tag).sint32(value as number);
    case ScalarType.SINT64:
      return (value) => writer.uint32(tag).sint64(value as bigint);
  }
}

/** What writes values of a type one behind the other, for types that can be packed. */
export function packedWriter(type: Exclude<ScalarType, ScalarType.STRING | ScalarType.BYTES>): WriteValue {
  switch (type) {
    case ScalarType.DOUBLE:
      return (value) => writer.double(value as number);
    case ScalarType.FLOAT:
      return (value) => writer.float(value as number);
    case ScalarType.INT64:
      return (value) => writer.int64(value as bigint);
    case ScalarType.UINT64:
      return (value) => writer.uint64(value as bigint);
    case ScalarType.INT32:
      return (value) => writer.int32(value as number);
    case ScalarType.FIXED64:
      return (value) => writer.fixed64(value as bigint);
    case ScalarType.FIXED32:
      return (value) => writer.fixed32(value as number);
    case ScalarType.BOOL:
      return (value) => writer.bool(value as boolean);
    case ScalarType.UINT32:
      return (value) => writer.uint32(value as number);
    case ScalarType.SFIXED32:
      return (value) => writer.sfixed32(value as number);
    case ScalarType.SFIXED64:
      return (value) => writer.sfixed64(value as bigint);
    case ScalarType.SINT32:
      return (value) => writer.sint32(value as number);
    case ScalarType.SINT64:
      return (value) => writer.sint64(value as bigint);
  }
}
