import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";

/** Values of which each is wrong for most fields, and right, or taken, for some. Made anew each time: some are objects. */
export function oddValues(): readonly [what: string, value: unknown][] {
  return [
    ["undefined", undefined],
    ["null", null],
    ["1.5", 1.5],
    ["2^31", 2 ** 31],
    ["-2^31 - 1", -(2 ** 31) - 1],
    ["2^32", 2 ** 32],
    ["-1", -1],
    ["0", 0],
    ["-0", -0],
    ["NaN", Number.NaN],
    ["1e39", 1e39],
    ["2^53", 2 ** 53],
    ["0n", 0n],
    ["5n", 5n],
    ["-1n", -1n],
    ["2n^63", 2n ** 63n],
    ["-2n^63 - 1n", -(2n ** 63n) - 1n],
    ["2n^64", 2n ** 64n],
    ['""', ""],
    ['"0"', "0"],
    ['"-5"', "-5"],
    ['"1.5"', "1.5"],
    ['"99999999999999999999"', "99999999999999999999"],
    ['"x"', "x"],
    ['"NaN"', "NaN"],
    ['"0x10"', "0x10"],
    ['" 7 "', " 7 "],
    ["a text of 40", "x".repeat(40)],
    ["true", true],
    ["false", false],
    ["a symbol", Symbol("odd")],
    ["a function", () => 1],
    ["{}", {}],
    ["[]", []],
    ["[5]", [5]],
    ["a hole", new Array(1)],
    ["[undefined]", [undefined]],
    ["[null]", [null]],
    ["a list-like", { length: 2, 0: 1, 1: "b" }],
    ["no prototype", Object.create(null)],
    ["a Date", new Date(0)],
    ["a Map", new Map([["a", 1]])],
    ["bytes", Uint8Array.of(1, 2)],
    ["no bytes", new Uint8Array(0)],
    ["a Buffer", Buffer.from("ab")],
    ["an ArrayBuffer", new ArrayBuffer(2)],
    ["a DataView", new DataView(new ArrayBuffer(2))],
    ["16 bits each", Uint16Array.of(1, 300)],
    ["floats", Float64Array.of(1.5)],
    ["clamped", Uint8ClampedArray.of(1)],
    ["a boxed number", Object(5)],
    ["a boxed text", Object("text")],
    ["a foreign message", create(DurationSchema, { seconds: 1n })],
    ["$typeName alone", { $typeName: "google.protobuf.Duration" }],
    ["a oneof that is not set", { case: undefined }],
    ["a oneof of no field", { case: "nothing", value: 1 }],
    ["many", new Array(200).fill(1)],
  ];
}

/** Names of entries that are no keys for most types. */
export const ODD_KEYS: readonly string[] = [
  "",
  "x",
  "0",
  "1",
  "-1",
  "1.5",
  "1e3",
  " 2",
  "0x10",
  "true",
  "TRUE",
  "null",
  "2147483648",
  "18446744073709551616",
];

/** Puts a value where values of the field stand: into it, into a list, into a map, into its oneof. */
export const PLACES: readonly ((message: Message, field: DescField, value: unknown) => void)[] = [
  (message, field, value) => {
    set(message, (field.oneof ?? field).localName, field.oneof === undefined ? value : { case: field.localName, value });
  },
  (message, field, value) => {
    if (field.fieldKind === "list") set(message, field.localName, [value]);
    else if (field.fieldKind === "map") set(message, field.localName, { [keyOf(field)]: value });
    else if (field.oneof !== undefined) set(message, field.oneof.localName, value);
  },
];

/** A key that is one. */
function keyOf(field: DescField & { fieldKind: "map" }): string {
  // ScalarType.BOOL; the others can all be 1
  return field.mapKey === 8 ? "true" : "1";
}

export function set(message: object, name: string, value: unknown): void {
  (message as Record<string, unknown>)[name] = value;
}

/** The fields of a type less those that differ from another in name and number alone. */
export function oneOfEachKind(schema: DescMessage): DescField[] {
  return [...new Map(schema.fields.map((field) => [kindOf(field), field])).values()];
}

function kindOf(field: DescField): string {
  const { fieldKind, scalar, presence } = field;
  const list = field.fieldKind === "list" && field.packed;
  const map = field.fieldKind === "map" && field.mapKey;
  const group = field.message !== undefined && field.fieldKind !== "map" && field.delimitedEncoding;
  return [fieldKind, scalar, presence, list, map, group, field.enum, field.message, field.oneof].map(String).join();
}
