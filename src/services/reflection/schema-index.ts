import { type DescEnum, type DescExtension, type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** What can be asked of the files that declare some services and of all that these import: by file, by symbol, by extension. */
export class SchemaIndex {
  /** The names of the services, sorted. */
  readonly services: readonly string[];
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** By the name of the extended message, then by number. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #encoded = new Map<DescFile, Uint8Array>();

  /** `files`: further ones, for extensions and for what only a `google.protobuf.Any` holds. */
  constructor(services: readonly DescService[], files: readonly DescFile[]) {
    this.services = [...new Set(services.map(({ typeName }) => typeName))].sort();
    for (const file of [...services.map((service) => service.file), ...files]) this.#addFile(file);
  }

  file(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /** The file that declares a message, enum, extension or service, or a field, oneof, value or method of one; by its full name. */
  fileOfSymbol(name: string): DescFile | undefined {
    return this.#symbols.get(name);
  }

  fileOfExtension(extendee: string, number: number): DescFile | undefined {
    return this.#extensions.get(extendee)?.get(number);
  }

  /** The numbers of the known extensions of a message, in order. */
  extensionNumbers(extendee: string): number[] {
    return [...(this.#extensions.get(extendee)?.keys() ?? [])].sort((one, other) => one - other);
  }

  /** The file as a `google.protobuf.FileDescriptorProto`. */
  encoded(file: DescFile): Uint8Array {
    let bytes = this.#encoded.get(file);
    if (bytes === undefined) this.#encoded.set(file, (bytes = toBinary(FileDescriptorProtoSchema, file.proto)));
    return bytes;
  }

  #addFile(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    for (const type of nestedTypes(file)) {
      for (const name of symbolsOf(type)) this.#symbols.set(name, file);
      if (type.kind === "extension") this.#addExtension(type);
    }
    for (const dependency of file.dependencies) this.#addFile(dependency);
  }

  #addExtension({ extendee, number, file }: DescExtension): void {
    let numbers = this.#extensions.get(extendee.typeName);
    if (numbers === undefined) this.#extensions.set(extendee.typeName, (numbers = new Map()));
    numbers.set(number, file);
  }
}

/** The full names of a type and of its parts. */
function symbolsOf(type: DescMessage | DescEnum | DescExtension | DescService): string[] {
  const { typeName } = type;
  switch (type.kind) {
    case "message":
      return [typeName, ...[...type.fields, ...type.oneofs].map(({ name }) => `${typeName}.${name}`)];
    case "enum": {
      // values are named beside their enum, not below it
      const scope = typeName.slice(0, typeName.length - type.name.length);
      return [typeName, ...type.values.map(({ name }) => `${scope}${name}`)];
    }
    case "service":
      return [typeName, ...type.methods.map(({ name }) => `${typeName}.${name}`)];
    case "extension":
      return [typeName];
  }
}
