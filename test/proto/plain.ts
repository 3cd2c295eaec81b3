import { clone, createFileRegistry, type DescField, type DescFile, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { type DescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

const JSON_TYPES = ["google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"];

/**
 * The messages of a file without their groups and without what protobuf-es keeps as JSON. A codec that leaves types with such fields to
 * protobuf-es shows with these what it does itself: what is left out is an unknown field to them, and comes out again.
 */
export function plainCopy(file: DescFile): FileRegistry {
  const proto = clone(FileDescriptorProtoSchema, file.proto);
  strip(proto.messageType, file.messages);
  return createFileRegistry(proto, (name) => file.dependencies.find((dependency) => dependency.proto.name === name));
}

function strip(protos: DescriptorProto[], messages: readonly DescMessage[]): void {
  const byName = new Map(messages.map((message) => [message.name, message]));
  for (const proto of protos) {
    const message = byName.get(proto.name);
    // the entries of a map are none of the messages
    if (message === undefined) continue;
    const plain = new Set(message.fields.filter(isPlain).map((field) => field.number));
    proto.field = proto.field.filter((field) => plain.has(field.number));
    strip(proto.nestedType, message.nestedMessages);
  }
}

function isPlain(field: DescField): boolean {
  if (field.message === undefined || field.fieldKind === "map") return true;
  return !field.delimitedEncoding && !JSON_TYPES.includes(field.message.typeName);
}
