import type { DescField, DescMessage } from "@bufbuild/protobuf";

/** A message of any type as the codec sees it: its fields by their local names. */
export type AnyMessage = { $typeName: string; $unknown?: UnknownField[] } & Record<string, unknown>;

/** A field that the type does not know, as protobuf-es keeps it: `data` is what follows the tag. */
export interface UnknownField {
  no: number;
  wireType: number;
  data: Uint8Array;
}

/** `FieldPresence` of google.protobuf.FeatureSet: the field is set when it is not zero. */
export const IMPLICIT = 2;
/** The same: a message without it is not encoded. */
export const LEGACY_REQUIRED = 3;

const WRAPPER = /^google\.protobuf\.(?:U?Int(?:32|64)|Double|Float|Bool|String|Bytes)Value$/;

/**
 * Whether all that messages of the type can hold is written and read here. The rest is left to protobuf-es: groups, which are a way to
 * write messages that few use, and google.protobuf.Struct, which it keeps as JSON.
 */
export function isPlain(schema: DescMessage, seen: Set<DescMessage> = new Set()): boolean {
  if (seen.has(schema)) return true;
  seen.add(schema);
  return schema.fields.every((field) => {
    if (field.message === undefined) return true;
    if (field.message.typeName === "google.protobuf.Struct") return false;
    if (field.fieldKind !== "map" && field.delimitedEncoding) return false;
    return isPlain(field.message, seen);
  });
}

/** Whether the field is of a type of google/protobuf/wrappers.proto that protobuf-es unwraps: its value is the one within. */
export function isUnwrapped(field: DescField): boolean {
  return field.fieldKind === "message" && field.oneof === undefined && WRAPPER.test(field.message.typeName);
}
