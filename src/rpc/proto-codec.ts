import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { Codec } from "./codec.js";

/** The binary encoding of Protocol Buffers, by protobuf-es. Unknown fields are kept. */
export const protoCodec: Codec = {
  name: "proto",
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
    return toBinary(schema, message);
  },
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
    return fromBinary(schema, bytes);
  },
};
