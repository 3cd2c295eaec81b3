import { type DescField, type DescMessage, protoInt64, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { leave } from "./leave.js";
import { type AnyMessage, IMPLICIT, isPlain, isUnwrapped, LEGACY_REQUIRED, type UnknownField } from "./plain-type.js";
import { tagOf, wireTypeOf } from "./wire-type.js";
import { begin, end, finish, raw, restart, scalarWriters, varint32, type WriteValue } from "./wire-writer.js";

/** Writes one field of a message, where it is set. */
type WriteField = (message: AnyMessage) => void;

/** One message type: what writes each of its fields, by number. */
interface MessageEncoder {
  /** False: only protobuf-es can write all that a message of the type can hold. */
  readonly plain: boolean;
  readonly typeName: string;
  readonly fields: WriteField[];
}

const encoders = new WeakMap<DescMessage, MessageEncoder>();
let busy = false;

/**
 * The message in protobuf's binary form, in bytes that nobody else holds: those that protobuf-es would write. Undefined for what is left to it:
 * a type that is not plain, a message that it would refuse too, and one that is encoded while another is (by a getter of that one).
 */
export function tryEncode(schema: DescMessage, message: AnyMessage): Uint8Array | undefined {
  const encoder = encoderOf(schema);
  if (busy || !encoder.plain) return undefined;
  busy = true;
  try {
    writeFields(encoder, message);
    return finish();
  } catch {
    restart();
    return undefined;
  } finally {
    busy = false;
  }
}

function writeFields(encoder: MessageEncoder, message: AnyMessage): void {
  if (message.$typeName !== encoder.typeName) leave();
  const { fields } = encoder;
  // not for of: an iterator costs as much as a field
  for (let i = 0; i < fields.length; i++) (fields[i] as WriteField)(message);
  const unknown = message.$unknown;
  for (let i = 0; unknown !== undefined && i < unknown.length; i++) {
    const { no, wireType, data } = unknown[i] as UnknownField;
    varint32(tagOf(no, wireType));
    raw(data);
  }
}

function encoderOf(schema: DescMessage): MessageEncoder {
  const known = encoders.get(schema);
  if (known !== undefined) return known;
  const encoder: MessageEncoder = { typeName: schema.typeName, plain: isPlain(schema), fields: [] };
  // before its fields, which may be of the same type
  encoders.set(schema, encoder);
  for (const field of [...schema.fields].sort((a, b) => a.number - b.number)) encoder.fields.push(fieldWriter(field));
  return encoder;
}

function fieldWriter(field: DescField): WriteField {
  if (field.fieldKind === "list") return listWriter(field);
  if (field.fieldKind === "map") return mapWriter(field);
  const name = field.localName;
  const write = valueWriter(field, field.number);
  if (field.oneof !== undefined) {
    const oneofName = field.oneof.localName;
    return (message) => {
      const oneof = message[oneofName] as { case?: string; value?: unknown };
      if (oneof.case === name) write(oneof.value);
    };
  }
  if (field.presence === IMPLICIT) return implicitWriter(field, write);
  const required = field.presence === LEGACY_REQUIRED;
  return (message) => {
    const value = message[name];
    // defaults stand on the prototype
    if (value !== undefined && Object.hasOwn(message, name)) write(value);
    else if (required) leave();
  };
}

/** Of a field with implicit presence: what writes it unless it is zero, which is told within, since a call for it would cost as much again. */
function implicitWriter(field: DescField, write: WriteValue): WriteField {
  const name = field.localName;
  if (field.fieldKind === "enum") {
    const zero = field.enum.values[0]?.number;
    return (message) => {
      const value = message[name];
      if (value !== zero) write(value);
    };
  }
  switch (field.scalar) {
    case ScalarType.BOOL:
      return (message) => {
        const value = message[name];
        if (value !== false) write(value);
      };
    case ScalarType.STRING:
      return (message) => {
        const value = message[name];
        if (value !== "") write(value);
      };
    case ScalarType.BYTES:
      return (message) => {
        const value = message[name];
        if (!(value instanceof Uint8Array && value.length === 0)) write(value);
      };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (message) => {
        const value = message[name];
        // -0 is written
        if (!Object.is(value, 0)) write(value);
      };
    default:
      return (message) => {
        const value = message[name];
        // biome-ignore lint/suspicious/noDoubleEquals: 0, 0n and "0" are all zero
        if (value != 0) write(value);
      };
  }
}

/** What writes a value of the field, one of several where it is a list or map, under the number `no`. */
function valueWriter(field: DescField, no: number): WriteValue {
  if (field.message !== undefined) return messageWriter(field, field.message, no);
  const type = field.scalar ?? ScalarType.INT32;
  const tag = tagOf(no, wireTypeOf(type));
  const write = scalarWriters[type];
  return (value) => {
    varint32(tag);
    write(value);
  };
}

function messageWriter(field: DescField, schema: DescMessage, no: number): WriteValue {
  const tag = tagOf(no, WireType.LengthDelimited);
  const encoder = encoderOf(schema);
  const write = (message: unknown) => {
    const start = begin(tag);
    writeFields(encoder, message as AnyMessage);
    end(start);
  };
  if (!isUnwrapped(field)) return write;
  const $typeName = schema.typeName;
  return (value) => write({ $typeName, value });
}

function listWriter(field: DescField & { fieldKind: "list" }): WriteField {
  const name = field.localName;
  if (!field.packed) {
    const write = valueWriter(field, field.number);
    return (message) => {
      const items = message[name] as unknown[];
      for (let i = 0; i < items.length; i++) write(items[i]);
    };
  }
  const tag = tagOf(field.number, WireType.LengthDelimited);
  const write = scalarWriters[field.scalar ?? ScalarType.INT32];
  return (message) => {
    const items = message[name] as unknown[];
    if (items.length === 0) return;
    const start = begin(tag);
    for (let i = 0; i < items.length; i++) write(items[i]);
    end(start);
  };
}

function mapWriter(field: DescField & { fieldKind: "map" }): WriteField {
  const name = field.localName;
  const tag = tagOf(field.number, WireType.LengthDelimited);
  const keyTag = tagOf(1, wireTypeOf(field.mapKey));
  const writeKey = scalarWriters[field.mapKey];
  const keyOf = keyReader(field.mapKey);
  const writeValue = valueWriter(field, 2);
  return (message) => {
    const entries = message[name] as Record<string, unknown>;
    for (const key of Object.keys(entries)) {
      const start = begin(tag);
      varint32(keyTag);
      writeKey(keyOf(key));
      writeValue(entries[key]);
      end(start);
    }
  };
}

/** A key is a string, as every name of an object: what it stands for. */
function keyReader(type: ScalarType): (key: string) => unknown {
  switch (type) {
    case ScalarType.STRING:
      return (key) => key;
    case ScalarType.BOOL:
      return (key) => (key === "true" ? true : key === "false" ? false : key);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return (key) => protoInt64.parse(key);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return (key) => protoInt64.uParse(key);
    default:
      // biome-ignore lint/correctness/useParseIntRadix: protobuf-es gives none
      return (key) => Number.parseInt(key);
  }
}
