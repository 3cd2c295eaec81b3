import { type DescMessage, fromJsonString, type MessageShape, type Registry, toJsonString } from "@bufbuild/protobuf";
import { decodeUtf8Strictly, encodeUtf8 } from "../base/utf8.js";
import type { Codec } from "./codec.js";

/**
 * The JSON form of Protocol Buffers (ProtoJSON), as UTF-8 text, by protobuf-es. What the schema does not name is skipped: a peer with a newer
 * one must not break us. `registry`: the message types that a `google.protobuf.Any` may hold; without it, messages with one cannot be written.
 */
export function jsonCodecWith(registry: Registry | undefined): Codec {
  const known = registry === undefined ? {} : { registry };
  const read = { ...known, ignoreUnknownFields: true };
  return {
    name: "json",
    encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
      return encodeUtf8(toJsonString(schema, message, known));
    },
    decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
      return fromJsonString(schema, decodeUtf8Strictly(bytes), read);
    },
  };
}

/** JSON without types for `google.protobuf.Any`. */
export const jsonCodec: Codec = /* @__PURE__ */ jsonCodecWith(undefined);
