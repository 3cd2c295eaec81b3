import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import type { Random } from "./random.js";
import { randomBytes, randomScalar, randomString } from "./random-scalar.js";

type Fields = Record<string, unknown>;

const MAX_DEPTH = 4;
/** Names of entries that mean something to an object, and such that an object puts before others. */
const KEYS = ["__proto__", "constructor", "toString", "", "1", "0", "é"];

/** A message of any type, of which each field is set with a probability, within it with less. */
export function randomMessage<Desc extends DescMessage>(schema: Desc, random: Random, density: number, depth = 0): Message {
  const message: Message = create(schema);
  const fields = message as unknown as Fields;
  for (const member of schema.members) {
    if (!random.chance(isRequired(member) ? 1 : density)) continue;
    if (member.kind === "oneof") {
      const field = random.pick(member.fields);
      if (field.message === undefined || depth < MAX_DEPTH) fields[member.localName] = { case: field.localName, value: single(field) };
    } else if (member.fieldKind === "list") {
      const length = random.chance(0.1) && member.message === undefined ? 60 : random.below(4);
      fields[member.localName] = Array.from({ length: depth < MAX_DEPTH ? length : 0 }, () => single(member));
    } else if (member.fieldKind === "map") {
      const map = {};
      for (let left = depth < MAX_DEPTH ? random.below(4) : 0; left > 0; left--)
        setOwn(map, randomKey(member.mapKey, random), single(member));
      fields[member.localName] = map;
    } else if (member.message === undefined || isRequired(member) || depth < MAX_DEPTH) {
      fields[member.localName] = single(member);
    }
  }
  if (random.chance(0.2)) message.$unknown = Array.from({ length: random.below(4) }, () => randomUnknown(schema, random));
  return message;

  /** A value of the field: one of several where it is a list or a map. */
  function single(field: DescField): unknown {
    if (field.enum !== undefined) return randomEnum(field.enum, random);
    if (field.message === undefined) {
      const value = randomScalar(field.scalar, random);
      return field.fieldKind !== "map" && field.longAsString ? String(value) : value;
    }
    if (isJson(field, field.message)) return randomJson(random, depth);
    const unwrapped = field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(field.message);
    if (unwrapped) return randomScalar((field.message.fields[0] as DescField).scalar as ScalarType, random);
    return randomMessage(field.message, random, density * 0.3, depth + 1);
  }
}

/** google.protobuf.Feature.FieldPresence. */
const LEGACY_REQUIRED = 3;

function isRequired(member: DescMessage["members"][number]): boolean {
  return member.kind === "field" && member.presence === LEGACY_REQUIRED;
}

/** protobuf-es keeps google.protobuf.Struct as JSON, except within a google.protobuf.Value. */
function isJson(field: DescField, message: DescMessage): boolean {
  return message.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value";
}

function randomJson(random: Random, depth: number): JsonObject {
  const json = {};
  for (let left = random.below(4); left > 0; left--) {
    setOwn(json, randomKey(ScalarType.STRING, random), randomJsonValue(random, depth + 1));
  }
  return json;
}

function randomJsonValue(random: Random, depth: number): JsonValue {
  const kind = random.below(depth < MAX_DEPTH ? 6 : 4);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return randomScalar(ScalarType.DOUBLE, random) as number;
  if (kind === 3) return randomString(random);
  if (kind === 4) return randomJson(random, depth);
  return Array.from({ length: random.below(4) }, () => randomJsonValue(random, depth + 1));
}

/** Of an open enum also a number that it has no name for; of a closed one seldom, for a decoder takes it for an unknown field. */
function randomEnum(type: DescEnum, random: Random): number {
  return random.chance(type.open ? 0.3 : 0.05) ? random.pick([1_000, -2, 2 ** 31 - 1, -(2 ** 31)]) : random.pick(type.values).number;
}

function randomKey(type: ScalarType, random: Random): string {
  return type === ScalarType.STRING && random.chance(0.4) ? random.pick(KEYS) : String(randomScalar(type, random));
}

/** What stands behind the tag of a field that the type does not have, as a decoder keeps it. */
function randomUnknown(schema: DescMessage, random: Random): NonNullable<Message["$unknown"]>[number] {
  let no = 0;
  do no = random.pick([1, 9, 15, 16, 2_047, 2_048, 9_999, 536_870_911]);
  while (schema.fields.some((field) => field.number === no));
  switch (random.below(5)) {
    case 0:
      return { no, wireType: WireType.Varint, data: Uint8Array.of(0xff, 0x01) };
    case 1:
      return { no, wireType: WireType.Bit64, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    case 2:
      return { no, wireType: WireType.Bit32, data: Uint8Array.of(1, 2, 3, 4) };
    case 3: {
      const value = randomBytes(random).subarray(0, 100);
      return { no, wireType: WireType.LengthDelimited, data: Uint8Array.of(value.length, ...value) };
    }
    default:
      return { no, wireType: WireType.StartGroup, data: Uint8Array.of(0x08, 0x05, ...endGroup(no)) };
  }
}

function endGroup(no: number): number[] {
  const tag: number[] = [];
  let rest = ((no << 3) | WireType.EndGroup) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) tag.push((rest & 0x7f) | 0x80);
  return [...tag, rest];
}

/** An assignment would take `__proto__` for the prototype. */
function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
