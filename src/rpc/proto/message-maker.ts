import { create, type DescMessage } from "@bufbuild/protobuf";
import type { AnyMessage } from "./plain-type.js";

/** What an empty message has as the value of a property. */
const Initial = { same: 0, list: 1, map: 2, oneof: 3 } as const;

/** What makes empty messages of the type, each with lists, maps and oneofs of its own: those that `create` makes. */
export function messageMaker(schema: DescMessage): () => AnyMessage {
  const empty = create(schema) as unknown as AnyMessage;
  // a type with defaults on a prototype
  if (Object.getPrototypeOf(empty) !== Object.prototype) return () => create(schema) as unknown as AnyMessage;
  const initial = new Map<string, number>();
  for (const { localName } of schema.oneofs) initial.set(localName, Initial.oneof);
  for (const { localName, fieldKind } of schema.fields) {
    if (fieldKind === "list" || fieldKind === "map") initial.set(localName, Initial[fieldKind]);
  }
  const properties = Object.entries(empty).map(([name, value]) => ({ name, value, kind: initial.get(name) ?? Initial.same }));
  // A constructor, because V8 learns from the first of its objects how many properties to leave room for; of a copied object (`{ ...empty }`)
  // it does not, and a property more, as a message that is in another, takes it a microsecond.
  function Empty(this: AnyMessage): void {
    for (let i = 0; i < properties.length; i++) {
      const { name, value, kind } = properties[i] as (typeof properties)[0];
      if (kind === Initial.same) this[name] = value;
      else if (kind === Initial.list) this[name] = [];
      else this[name] = kind === Initial.map ? {} : { case: undefined };
    }
  }
  Empty.prototype = Object.prototype;
  return () => new (Empty as unknown as new () => AnyMessage)();
}
