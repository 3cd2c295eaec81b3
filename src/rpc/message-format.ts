import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import type { Codec } from "./codec.js";

/** One message type in one codec: what a call needs to read and write its messages. Made once by {@link messageFormat}. */
export interface MessageFormat {
  readonly schema: DescMessage;
  readonly codec: Codec;
}

const formats = new WeakMap<Codec, WeakMap<DescMessage, MessageFormat>>();

/** The format of a message type in a codec: always the same object for the same two. */
export function messageFormat(codec: Codec, schema: DescMessage): MessageFormat {
  let bySchema = formats.get(codec);
  if (bySchema === undefined) formats.set(codec, (bySchema = new WeakMap()));
  let format = bySchema.get(schema);
  if (format === undefined) {
    format = { schema, codec };
    bySchema.set(schema, format);
  }
  return format;
}

/** Encodes a message, or the initial values of one. Throws what the serialiser throws. */
export function encodeMessage(format: MessageFormat, message: unknown): Uint8Array {
  const { schema } = format;
  const whole = (message as Message | undefined)?.$typeName === schema.typeName;
  return format.codec.encode(schema, whole ? (message as Message) : create(schema, message as MessageShape<DescMessage>));
}
