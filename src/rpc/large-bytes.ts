import { type DescField, type DescMessage, ScalarType, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** From here on a value is written apart: below, the general way costs less. */
const LARGE_BYTES = 8 * 1024;

const NOTHING = new Uint8Array(0);

const bytesFields = new WeakMap<DescMessage, readonly DescField[]>();
// a stream asks for the same type again and again
let lastSchema: DescMessage | undefined;
let lastFields: readonly DescField[] = [];

/** The field of the message, of type `bytes` and not repeated, whose value is large; undefined when there is none. */
export function largeBytesField(schema: DescMessage, message: object): DescField | undefined {
  const fields = schema === lastSchema ? lastFields : bytesFieldsOf(schema);
  for (const field of fields) {
    const value = fieldValue(message, field);
    if (value instanceof Uint8Array && value.length >= LARGE_BYTES) return field;
  }
  return undefined;
}

function bytesFieldsOf(schema: DescMessage): readonly DescField[] {
  let fields = bytesFields.get(schema);
  if (fields === undefined) {
    fields = schema.fields.filter(
      (field) => field.fieldKind === "scalar" && field.scalar === ScalarType.BYTES && field.oneof === undefined,
    );
    bytesFields.set(schema, fields);
  }
  lastSchema = schema;
  lastFields = fields;
  return fields;
}

/**
 * Encodes a message that holds a large value in `field`, writing that field last (a parser takes fields in any order): the general
 * writer would hold such a value in a buffer of up to twice its size and copy it out of there.
 */
export function encodeWithLargeBytes(schema: DescMessage, message: object, field: DescField): Uint8Array {
  const value = fieldValue(message, field) as Uint8Array;
  const rest = Object.assign(Object.create(Object.getPrototypeOf(message)), message, { [field.localName]: NOTHING });
  const before = toBinary(schema, rest);
  const tag = new BinaryWriter().tag(field.number, WireType.LengthDelimited).uint32(value.length).finish();
  const encoded = new Uint8Array(before.length + tag.length + value.length);
  encoded.set(before);
  encoded.set(tag, before.length);
  encoded.set(value, before.length + tag.length);
  return encoded;
}

function fieldValue(message: object, field: DescField): unknown {
  return (message as Record<string, unknown>)[field.localName];
}
