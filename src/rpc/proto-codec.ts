import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { Codec } from "./codec.js";
import { encodeWithLargeBytes, largeBytesField } from "./large-bytes.js";

/** The binary encoding of Protocol Buffers, by protobuf-es. Unknown fields are kept. */
export const protoCodec: Codec = {
  name: "proto",
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
    const large = largeBytesField(schema, message);
    return large === undefined ? toBinary(schema, message) : encodeWithLargeBytes(schema, message, large);
  },
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
    return fromBinary(schema, bytes);
  },
};
