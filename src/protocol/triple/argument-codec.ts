import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeUtf8 } from "../../base/utf8.js";
import type { Codec } from "../../rpc/codec.js";

/*
 * In JSON, Dubbo writes the arguments of a method as an array. A method of a proto file has one: `[{"name": "Ada"}]` says the same as
 * `{"name": "Ada"}`. Written is always the message alone, for dubbo-go reads nothing else.
 */

const wrapped = new WeakMap<Codec, Codec>();

/** The codec that takes arrays of arguments too, where the codec is JSON: the same one each time. */
export function argumentCodec(codec: Codec): Codec {
  if (codec.name !== "json") return codec;
  let made = wrapped.get(codec);
  if (made === undefined) wrapped.set(codec, (made = new ArgumentCodec(codec)));
  return made;
}

class ArgumentCodec implements Codec {
  readonly name: string;
  private readonly message: Codec;

  constructor(message: Codec) {
    this.name = message.name;
    this.message = message;
  }

  encode<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Uint8Array {
    return this.message.encode(schema, message);
  }

  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
    const start = pastSpace(bytes, 0, 1);
    const end = pastSpace(bytes, bytes.length - 1, -1);
    if (bytes[start] !== OPENING || bytes[end] !== CLOSING || IS_ARRAY.has(schema.typeName)) return this.message.decode(schema, bytes);
    checkCount(bytes);
    return this.message.decode(schema, bytes.subarray(start + 1, end));
  }
}

/** Messages whose JSON is an array, or may be one. */
const IS_ARRAY: ReadonlySet<string> = new Set(["google.protobuf.ListValue", "google.protobuf.Value"]);

const OPENING = 0x5b;
const CLOSING = 0x5d;
const SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

function pastSpace(bytes: Uint8Array, from: number, step: 1 | -1): number {
  let at = from;
  while (SPACE.includes(bytes[at] as number)) at += step;
  return at;
}

function checkCount(bytes: Uint8Array): void {
  const parsed: unknown = JSON.parse(decodeUtf8(bytes));
  const { length } = parsed as unknown[];
  if (length !== 1) throw new Error(`the array of arguments has ${length}; a method has one`);
}
