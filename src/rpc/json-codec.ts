import { type DescMessage, fromJsonString, type JsonReadOptions, type MessageShape, toJsonString } from "@bufbuild/protobuf";
import { decodeUtf8Strictly, encodeUtf8 } from "../base/utf8.js";
import type { Codec } from "./codec.js";

/** A peer with a newer schema must not break us: what the schema does not name is skipped. */
const READ: Partial<JsonReadOptions> = { ignoreUnknownFields: true };

/** The JSON form of Protocol Buffers (ProtoJSON), as UTF-8 text, by protobuf-es. Unknown fields are skipped. */
export const jsonCodec: Codec = {
  name: "json",
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
    return encodeUtf8(toJsonString(schema, message));
  },
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
    return fromJsonString(schema, decodeUtf8Strictly(bytes), READ);
  },
};
