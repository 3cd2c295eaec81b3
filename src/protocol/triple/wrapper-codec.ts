import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Codec } from "../../rpc/codec.js";

/*
 * Without a proto file, Dubbo wraps the arguments of a call: a message { string serializeType = 1; repeated bytes args = 2; repeated string
 * argTypes = 3 } comes in the place of the method's own, with the same content-type. Read as that, it would be nonsense, or worse: some of it
 * would fit.
 */

/** How Dubbo's implementations serialise arguments. */
const SERIALIZATIONS: ReadonlySet<string> = new Set(["hessian2", "hessian4", "msgpack", "fastjson", "fastjson2", "json", "protobuf"]);
/** Names of types as Java has them: `java.lang.String`, `int`, `[B`. */
const JAVA_TYPE = /^[[\w$.;/]+$/;

const wary = new WeakMap<Codec, Codec>();

/** The codec that refuses a wrapper by its name, where the codec is protobuf's binary form: the same one each time. */
export function wrapperRefusingCodec(codec: Codec): Codec {
  if (codec.name !== "proto") return codec;
  let made = wary.get(codec);
  if (made === undefined) {
    made = {
      name: codec.name,
      encode: (schema, message) => codec.encode(schema, message),
      decode(schema, bytes, owned) {
        const serialization = bytes[0] === FIRST_TAG ? serializationOf(bytes) : undefined;
        if (serialization === undefined) return codec.decode(schema, bytes, owned);
        throw new Error(
          `it wraps arguments that are serialised with ${serialization}, as Dubbo does for methods without a proto file; call the method with the messages of the proto file (in dubbo-go and Dubbo Java: a client that is generated from it)`,
        );
      },
    };
    wary.set(codec, made);
  }
  return made;
}

const FIRST_TAG = (1 << 3) | WireType.LengthDelimited;

/** How the arguments of a wrapper are serialised; undefined for any other message. */
export function serializationOf(bytes: Uint8Array): string | undefined {
  let serialization: string | undefined;
  let args = 0;
  let types = 0;
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (wireType !== WireType.LengthDelimited) return undefined;
      if (field === 1 && serialization === undefined && SERIALIZATIONS.has((serialization = reader.string()))) continue;
      if (field === 2) {
        reader.skip(wireType);
        args++;
      } else if (field === 3 && JAVA_TYPE.test(reader.string())) types++;
      else return undefined;
    }
  } catch {
    return undefined;
  }
  // without arguments there is nothing to know it by
  return args > 0 && args === types ? serialization : undefined;
}
