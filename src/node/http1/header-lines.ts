import { Field, FieldKind, type Fields } from "../../base/field.js";

/** Fields that came before: a client says the same again and again, and what was worked out for them need not be worked out again. */
const known = new Map<string, Map<string, Field>>();
const MAX_NAMES = 200;
const MAX_VALUES = 20;
const MAX_LENGTH = 100;

/** Adds the fields of node:http's flat list of names and values, with names in lower case; without those that belong to the connection. */
export function addFields(rawHeaders: readonly string[], fields: Field[]): void {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const field = fieldOf(rawHeaders[i] as string, rawHeaders[i + 1] as string);
    if (field.kind !== FieldKind.connectionSpecific && field.kind !== FieldKind.host) fields.push(field);
  }
}

function fieldOf(name: string, value: string): Field {
  if (value.length > MAX_LENGTH) return new Field(name.toLowerCase(), value);
  let values = known.get(name);
  if (values === undefined) {
    values = new Map();
    if (known.size < MAX_NAMES) known.set(name, values);
  }
  let field = values.get(value);
  if (field === undefined) {
    field = new Field(name.toLowerCase(), value);
    if (values.size < MAX_VALUES) values.set(value, field);
  }
  return field;
}

/** Fields as node:http takes them: a flat list of names and values. Left out is what each version of HTTP says in its own way. */
export function headerLines(prepared: Fields, extra: Fields): string[] {
  const lines: string[] = [];
  for (const { name, value, kind } of prepared) if (!isOwn(kind)) lines.push(name, value);
  for (const { name, value, kind } of extra) if (!isOwn(kind)) lines.push(name, value);
  return lines;
}

function isOwn(kind: number): boolean {
  return (
    (kind >= FieldKind.method && kind <= FieldKind.unknownPseudo) ||
    kind === FieldKind.connectionSpecific ||
    kind === FieldKind.te ||
    kind === FieldKind.host
  );
}
