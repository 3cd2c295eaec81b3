import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { leave } from "./leave.js";
import { messageMaker } from "./message-maker.js";
import { type AnyMessage, isPlain, isUnwrapped, type UnknownField } from "./plain-type.js";
import { close, delimited, open, position, type ReadValue, scalarReader, skip, tag } from "./wire-reader.js";
import { tagOf, wireTypeOf } from "./wire-type.js";

/** How many messages may be within each other, as protobuf-es has it by default. */
const MAX_DEPTH = 100;

/** Reads the value of a field into a message that `depth` messages are around, itself counted. */
type ReadField = (message: AnyMessage, depth: number) => void;

/** One message type: what reads its fields, by what stands before them. */
interface MessageDecoder {
  /** False: only protobuf-es can read all that a message of the type can hold. */
  readonly plain: boolean;
  readonly make: () => AnyMessage;
  readonly fields: Map<number, ReadField>;
  readonly numbers: ReadonlySet<number>;
}

const decoders = new WeakMap<DescMessage, MessageDecoder>();

/**
 * The message of protobuf's binary form: what protobuf-es would make of it. `owned`: it may hold views of the bytes.
 * Undefined for what is left to it: a type that is not plain, and bytes that are malformed, or written in a way that nobody writes.
 */
export function tryDecode(schema: DescMessage, bytes: Uint8Array, owned: boolean): AnyMessage | undefined {
  const decoder = decoderOf(schema);
  if (!decoder.plain || !(bytes instanceof Uint8Array)) return undefined;
  open(bytes, owned);
  try {
    const message = decoder.make();
    readFields(decoder, message, bytes.length, 1);
    return message;
  } catch {
    return undefined;
  } finally {
    close();
  }
}

function readFields(decoder: MessageDecoder, message: AnyMessage, end: number, depth: number): void {
  if (depth > MAX_DEPTH) leave();
  let unknown: UnknownField[] | undefined;
  while (position() < end) {
    const before = tag();
    const read = decoder.fields.get(before);
    if (read !== undefined) {
      read(message, depth);
    } else {
      unknown ??= message.$unknown ?? [];
      unknown.push(readUnknown(decoder, before >>> 3, before & 7));
    }
  }
  if (position() !== end) leave();
  if (unknown !== undefined) message.$unknown = unknown;
}

function readUnknown(decoder: MessageDecoder, no: number, wireType: number): UnknownField {
  // of a known field only what is written in another way than it should be comes here
  if (no === 0 || decoder.numbers.has(no)) leave();
  return { no, wireType, data: skip(wireType) };
}

function decoderOf(schema: DescMessage): MessageDecoder {
  const known = decoders.get(schema);
  if (known !== undefined) return known;
  const numbers = new Set(schema.fields.map((field) => field.number));
  const decoder: MessageDecoder = { plain: isPlain(schema), make: messageMaker(schema), fields: new Map(), numbers };
  // before its fields, which may be of the same type
  decoders.set(schema, decoder);
  for (const field of schema.fields) addField(decoder.fields, field);
  return decoder;
}

function addField(fields: Map<number, ReadField>, field: DescField): void {
  const { number } = field;
  const name = field.localName;
  if (field.fieldKind === "map") {
    fields.set(tagOf(number, WireType.LengthDelimited), mapReader(field));
  } else if (field.message !== undefined) {
    fields.set(tagOf(number, WireType.LengthDelimited), messageReader(field, field.message));
  } else {
    const read = valueReader(field);
    const wireType = wireTypeOf(field.scalar ?? ScalarType.INT32);
    if (field.fieldKind === "list") {
      // packed or one by one, whatever the type says
      if (wireType !== WireType.LengthDelimited) fields.set(tagOf(number, WireType.LengthDelimited), packedReader(name, read));
      fields.set(tagOf(number, wireType), (message) => (message[name] as unknown[]).push(read()));
    } else {
      fields.set(tagOf(number, wireType), setter(field, read));
    }
  }
}

/** What reads a value that is no message: one of several where the field is a list or map. */
function valueReader(field: DescField): ReadValue {
  if (field.scalar !== undefined) {
    const longAsString = field.fieldKind !== "map" && field.longAsString;
    return scalarReader(field.scalar, field.utf8Validation, longAsString);
  }
  const read = scalarReader(ScalarType.INT32, false, false);
  if (field.fieldKind !== "enum" || field.enum.open) return read;
  const numbers = new Set<unknown>(field.enum.values.map((value) => value.number));
  return () => {
    const number = read();
    // kept as an unknown field
    if (!numbers.has(number)) leave();
    return number;
  };
}

function setter(field: DescField & { fieldKind: "scalar" | "enum" }, read: ReadValue): ReadField {
  const name = field.localName;
  if (field.oneof === undefined) {
    return (message) => {
      message[name] = read();
    };
  }
  const oneofName = field.oneof.localName;
  return (message) => {
    message[oneofName] = { case: name, value: read() };
  };
}

function packedReader(name: string, read: ReadValue): ReadField {
  return (message) => {
    const items = message[name] as unknown[];
    const end = delimited();
    while (position() < end) items.push(read());
    if (position() !== end) leave();
  };
}

/** Of a message that comes in several pieces the later are read into the first. */
function messageReader(field: DescField & { fieldKind: "message" | "list" }, schema: DescMessage): ReadField {
  const name = field.localName;
  const decoder = decoderOf(schema);
  const read = (into: AnyMessage | undefined, depth: number) => {
    const child = into ?? decoder.make();
    readFields(decoder, child, delimited(), depth + 1);
    return child;
  };
  if (field.fieldKind === "list") return (message, depth) => (message[name] as unknown[]).push(read(undefined, depth));
  if (field.oneof !== undefined) {
    const oneofName = field.oneof.localName;
    return (message, depth) => {
      const oneof = message[oneofName] as { case?: string; value?: unknown };
      const value = read(oneof.case === name ? (oneof.value as AnyMessage) : undefined, depth);
      message[oneofName] = { case: name, value };
    };
  }
  if (isUnwrapped(field)) {
    const $typeName = schema.typeName;
    return (message, depth) => {
      const value = message[name];
      message[name] = read(value === undefined ? undefined : { $typeName, value }, depth)["value"];
    };
  }
  return (message, depth) => {
    message[name] = read(message[name] as AnyMessage | undefined, depth);
  };
}

function mapReader(field: DescField & { fieldKind: "map" }): ReadField {
  const name = field.localName;
  const readKey = scalarReader(field.mapKey, field.utf8Validation, false);
  const keyTag = tagOf(1, wireTypeOf(field.mapKey));
  const decoder = field.message && decoderOf(field.message);
  const readScalar = decoder === undefined ? valueReader(field) : leave;
  const valueTag = tagOf(2, decoder === undefined ? wireTypeOf(field.scalar ?? ScalarType.INT32) : WireType.LengthDelimited);
  return (message, depth) => {
    const end = delimited();
    // every entry is written so: key, value, nothing else
    if (tag() !== keyTag) leave();
    const key = String(readKey());
    if (key === "__proto__" || tag() !== valueTag) leave();
    let value: unknown;
    if (decoder === undefined) value = readScalar();
    else readFields(decoder, (value = decoder.make()) as AnyMessage, delimited(), depth + 1);
    if (position() !== end) leave();
    (message[name] as Record<string, unknown>)[key] = value;
  };
}
