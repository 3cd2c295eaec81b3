import type { DescMessage, MessageShape } from "@bufbuild/protobuf";

/** Turns messages into bytes and back. Stateless. */
export interface Codec {
  /** As it stands in content types: `"proto"`, `"json"`. */
  readonly name: string;
  /** The message as bytes that nobody else holds. Throws what the serialiser throws. */
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array;
  /** Throws what the parser throws. The message may hold views of `bytes`. */
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc>;
}
