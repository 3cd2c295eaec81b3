import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { UsageError } from "../base/usage-error.js";
import { type BodyFormat, isEmptyEnvelope } from "./body-format.js";
import type { Codec } from "./codec.js";
import type { Compression } from "./compression.js";
import { protoCodec } from "./proto-codec.js";

/**
 * A message that is encoded once, to be sent on many streams: pass it to `send`, `trySend`, a unary call, or give it back from a handler,
 * wherever its type is sent. The bytes are made with {@link encode} and shared by all streams; what other codecs and compressions make of
 * them is made with the first stream that needs it, and kept. It never changes, and needs no end.
 */
export class Encoded<Desc extends DescMessage = DescMessage> {
  readonly schema: Desc;
  #bytes: Uint8Array;
  #message: MessageShape<Desc> | undefined = undefined;
  readonly #bodies: BodyBytes[] = [];

  /** @param bytes the message in protobuf's binary form; they must not change. */
  constructor(schema: Desc, bytes: Uint8Array) {
    this.schema = schema;
    this.#bytes = bytes;
  }

  /** The length of the message in protobuf's binary form. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** The message, decoded once and frozen: whoever wants another makes a new one. */
  get message(): MessageShape<Desc> {
    if (this.#message === undefined) {
      this.#message = fromBinary(this.schema, this.#bytes.slice());
      freeze(this.#message);
    }
    return this.#message;
  }

  /** The message as a piece of a body, prefix and all: the same bytes for the same arguments, which nobody may change. */
  inBody(body: BodyFormat, codec: Codec, compression: Compression | undefined): Uint8Array {
    for (const made of this.#bodies) {
      if (made.body === body && made.codec === codec && made.compression === compression) return made.bytes;
    }
    const encoded = codec === protoCodec ? this.#bytes : codec.encode(this.schema, fromBinary(this.schema, this.#bytes.slice()));
    const plain = compression === undefined || isEmptyEnvelope(body, encoded);
    const content = plain ? encoded : compression.compress(encoded);
    const prefix = body.prefix(content.length, !plain);
    const bytes = new Uint8Array(prefix.length + content.length);
    bytes.set(prefix);
    bytes.set(content, prefix.length);
    // held once, not twice
    if (content === this.#bytes) this.#bytes = bytes.subarray(prefix.length);
    this.#bodies.push({ body, codec, compression, bytes });
    return bytes;
  }
}

/** What a message is in the body of a stream. */
interface BodyBytes {
  readonly body: BodyFormat;
  readonly codec: Codec;
  readonly compression: Compression | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Encodes a message once, to be sent on many streams. Later changes of `message` have no effect. Throws `UsageError` when it is no message
 * of the type.
 */
export function encode<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): Encoded<Desc> {
  try {
    return new Encoded(schema, protoCodec.encode(schema, create(schema, message)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`encode() was given what is no message of type ${schema.typeName}: ${why}`);
  }
}

/** Freezes a message and those within it. `bytes` values cannot be frozen. */
function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
