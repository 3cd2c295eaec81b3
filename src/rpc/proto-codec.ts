import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { keepable } from "../base/slab.js";
import type { Codec } from "./codec.js";
import { tryDecode } from "./proto/decoder.js";
import { tryEncode } from "./proto/encoder.js";
import type { AnyMessage } from "./proto/plain-type.js";

/**
 * The binary encoding of Protocol Buffers: what protobuf-es makes of messages and bytes, with its errors. Unknown fields are kept. What can
 * be told without it is not asked of it, for it takes several times as long.
 */
export const protoCodec: Codec = {
  name: "proto",
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
    return tryEncode(schema, message as unknown as AnyMessage) ?? toBinary(schema, message);
  },
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, owned = false): MessageShape<Desc> {
    const message = tryDecode(schema, bytes, owned) as unknown as MessageShape<Desc> | undefined;
    return message ?? fromBinary(schema, owned ? bytes : keepable(bytes, 0, bytes.length));
  },
};
