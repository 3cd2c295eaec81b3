import type { DescMessage, MessageShape } from "@bufbuild/protobuf";

/** Turns messages into bytes and back. Stateless. */
export interface Codec {
  /** As it stands in content types: `"proto"`, `"json"`. */
  readonly name: string;
  /** The message as bytes that nobody else holds; those around them, in the same memory, may be others'. Throws what the serialiser throws. */
  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array;
  /**
   * Throws what the parser throws. `owned`: the message may hold views of the bytes. Otherwise (the default) they are a small part of what
   * they are a view of, or will be written over, and it has copies of what it keeps.
   */
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, owned?: boolean): MessageShape<Desc>;
}
