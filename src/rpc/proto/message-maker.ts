import { create, type DescMessage } from "@bufbuild/protobuf";
import type { Fields } from "./plain-type.js";

/** What makes empty messages of the type, each with lists, maps and oneofs of its own: those that `create` makes. */
export function messageMaker(schema: DescMessage): () => Fields {
  const empty = create(schema) as unknown as Fields;
  // a type with defaults on a prototype
  if (Object.getPrototypeOf(empty) !== Object.prototype) return () => create(schema) as unknown as Fields;
  const lists = new Set(schema.fields.filter((field) => field.fieldKind === "list").map((field) => field.localName));
  const maps = new Set(schema.fields.filter((field) => field.fieldKind === "map").map((field) => field.localName));
  const oneofs = new Set(schema.oneofs.map((oneof) => oneof.localName));
  const properties = Object.entries(empty).map(([name, value]) => {
    if (lists.has(name)) return { name, value, make: () => [] };
    if (maps.has(name)) return { name, value, make: () => ({}) };
    return { name, value, make: oneofs.has(name) ? () => ({ case: undefined }) : undefined };
  });
  // A constructor, because V8 learns from the first of its objects how many properties to leave room for; of a copied object (`{ ...empty }`)
  // it does not, and a property more, as a message that is in another, takes it a microsecond.
  function Empty(this: Fields): void {
    for (let i = 0; i < properties.length; i++) {
      const { name, value, make } = properties[i] as (typeof properties)[0];
      this[name] = make === undefined ? value : make();
    }
  }
  Empty.prototype = Object.prototype;
  return () => new (Empty as unknown as new () => Fields)();
}
