// Messages that are none, in each field of many types: the codec writes or refuses what protobuf-es writes or refuses, and is as before after it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { DurationSchema, EmptySchema as WktEmptySchema } from "@bufbuild/protobuf/wkt";
import { protoCodec } from "sluice";
import { type Payload, PayloadSchema } from "../../gen/bench_pb.js";
import { TestAllTypesEdition2023Schema } from "../../gen/google/protobuf/test_messages_edition2023_pb.js";
import { TestAllTypesProto2Schema } from "../../gen/google/protobuf/test_messages_proto2_pb.js";
import { TestAllTypesProto3Schema } from "../../gen/google/protobuf/test_messages_proto3_pb.js";
import * as kinds from "../../gen/kinds_pb.js";
import { compareEncode } from "./compare.js";
import { ODD_KEYS, oddValues, oneOfEachKind, PLACES, set } from "./odd-values.js";
import { Random } from "./random.js";
import { randomMessage } from "./random-message.js";
import { PLAIN_PROTO2, PLAIN_PROTO3 } from "./subjects.js";

const SCHEMAS: readonly DescMessage[] = [
  PayloadSchema,
  kinds.LongsSchema,
  kinds.EnumsSchema,
  kinds.RequiredSchema,
  kinds.NamesSchema,
  kinds.KnownSchema,
  kinds.TreeSchema,
  kinds.ChainSchema,
  TestAllTypesProto2Schema,
  TestAllTypesProto3Schema,
  TestAllTypesEdition2023Schema,
  PLAIN_PROTO2,
  PLAIN_PROTO3,
];

for (const [index, schema] of SCHEMAS.entries()) {
  const kind = index < SCHEMAS.length - 2 ? "" : " without groups and JSON";
  test(`${schema.typeName}${kind}: odd values of every field are encoded or refused as by protobuf-es`, () => {
    const results = { taken: 0, refused: 0 };
    const fields = oneOfEachKind(schema);
    for (const field of fields) {
      for (const place of PLACES) {
        for (const [what, value] of oddValues()) {
          // what is written before and after it has to be written whole, or not at all
          const message = randomMessage(schema, new Random(21), 0.02);
          place(message, field, value);
          const bytes = compareEncode(schema, message, () => `${String(field)} with ${what}`);
          results[bytes === undefined ? "refused" : "taken"]++;
        }
      }
      assertOrdinary();
    }
    assert.ok(results.taken > fields.length && results.refused > fields.length, JSON.stringify(results));
  });
}

test("odd keys of maps are encoded or refused as by protobuf-es", () => {
  const results = { taken: 0, refused: 0 };
  for (const schema of SCHEMAS) {
    for (const field of schema.fields) {
      if (field.fieldKind !== "map") continue;
      for (const key of ODD_KEYS) {
        const value = field.message === undefined ? 1 : create(field.message);
        const message = create(schema);
        set(message, field.localName, { [key]: field.scalar === 12 ? new Uint8Array(1) : field.scalar === 9 ? "v" : value });
        const bytes = compareEncode(schema, message, () => `${String(field)} with ${JSON.stringify(key)}`);
        results[bytes === undefined ? "refused" : "taken"]++;
      }
    }
  }
  assertOrdinary();
  assert.deepEqual(results, { taken: 1_088, refused: 438 });
});

const payload = (): Payload => create(PayloadSchema, { id: 1, name: "n", nums: [1n], tags: { a: "b" }, child: { id: 2 } });
const required = (): Message =>
  create(kinds.RequiredSchema, { id: 1, name: "", data: new Uint8Array(0), level: kinds.Level.LOW, inner: { id: 1 }, group: { id: 2 } });

/** Whole messages that are not as they should be. */
const ODD: readonly [what: string, schema: DescMessage, make: () => unknown][] = [
  ["undefined", PayloadSchema, () => undefined],
  ["null", PayloadSchema, () => null],
  ["a string", PayloadSchema, () => "text"],
  ["an empty object", PayloadSchema, () => ({})],
  ["$typeName alone", PayloadSchema, () => ({ $typeName: "bench.v1.Payload" })],
  ["a message of another type", PayloadSchema, () => create(DurationSchema, { seconds: 1n })],
  [
    "a message of another type with the same fields",
    kinds.ChainSchema,
    () => ({ ...create(kinds.ChainSchema, { id: 1 }), $typeName: "x.Chain" }),
  ],
  ["any message for a type without fields", kinds.EmptySchema, () => create(DurationSchema, { seconds: 1n })],
  ["nothing for a type without fields", WktEmptySchema, () => ({})],
  ["unknown fields for a type without fields", kinds.EmptySchema, () => ({ $unknown: [{ no: 1, wireType: 0, data: Uint8Array.of(1) }] })],
  ["a message without a prototype", PayloadSchema, () => Object.assign(Object.create(null), payload())],
  ["a message with more than its fields", PayloadSchema, () => Object.assign(payload(), { more: 1, toString: 1 })],
  ["a message whose fields are another's", PayloadSchema, () => Object.create(payload())],
  ["a proxy of a message", PayloadSchema, () => new Proxy(payload(), {})],
  ["explicit fields of a prototype", kinds.LongsSchema, () => Object.create(create(kinds.LongsSchema, { int64: "5", bigint: 6n }))],
  [
    "a proto2 message without its prototype",
    TestAllTypesProto2Schema,
    () => ({ ...create(TestAllTypesProto2Schema, { optionalInt32: 1 }) }),
  ],
  ["unknown fields that are null", PayloadSchema, () => Object.assign(payload(), { $unknown: null })],
  ["unknown fields that are none", PayloadSchema, () => Object.assign(payload(), { $unknown: [] })],
  ["an unknown field without data", PayloadSchema, () => Object.assign(payload(), { $unknown: [{ no: 9, wireType: 2 }] })],
  [
    "an unknown field with a list for data",
    PayloadSchema,
    () => Object.assign(payload(), { $unknown: [{ no: 9, wireType: 2, data: [1, 65] }] }),
  ],
  [
    "an unknown field without a number",
    PayloadSchema,
    () => Object.assign(payload(), { $unknown: [{ wireType: 0, data: Uint8Array.of(1) }] }),
  ],
  ["an unknown field that is null", PayloadSchema, () => Object.assign(payload(), { $unknown: [null] })],
  ["a hole among unknown fields", PayloadSchema, () => Object.assign(payload(), { $unknown: new Array(1) })],
  [
    "unknown fields that are like a list",
    PayloadSchema,
    () => Object.assign(payload(), { $unknown: { length: 1, 0: { no: 9, wireType: 0, data: [1] } } }),
  ],
  [
    "unknown fields that can only be iterated",
    PayloadSchema,
    () => Object.assign(payload(), { $unknown: new Set([{ no: 9, wireType: 0, data: [1] }]) }),
  ],
  ["a foreign message within", PayloadSchema, () => Object.assign(payload(), { child: create(DurationSchema) })],
  [
    "a foreign message two levels within",
    PayloadSchema,
    () => Object.assign(payload(), { child: Object.assign(payload(), { child: create(DurationSchema) }) }),
  ],
  ["a wrong value after large bytes", PayloadSchema, () => Object.assign(payload(), { body: new Uint8Array(9_000), nums: [1n, "x"] })],
  [
    "a wrong value in a child after large bytes",
    PayloadSchema,
    () => Object.assign(payload(), { body: new Uint8Array(9_000), child: { ...payload(), id: 1.5 } }),
  ],
  ["a wrong value in an entry of a map", PayloadSchema, () => Object.assign(payload(), { tags: { a: "b", c: Symbol("d") } })],
  ...["id", "name", "data", "level", "inner", "group"].flatMap((name): [string, DescMessage, () => unknown][] => [
    [`a message without its required ${name}`, kinds.RequiredSchema, () => deleteField(required(), name)],
    [`a message whose required ${name} is undefined`, kinds.RequiredSchema, () => Object.assign(required(), { [name]: undefined })],
  ]),
  [
    "a required field missing within",
    kinds.RequiredSchema,
    () => Object.assign(required(), { inners: [create(kinds.Required_InnerSchema)] }),
  ],
  [
    "a required field missing within a group",
    kinds.RequiredSchema,
    () => Object.assign(required(), { group: create(kinds.Required_InnerSchema) }),
  ],
];

test("messages that are none are encoded or refused as by protobuf-es, and the next one is whole", () => {
  const results = { taken: 0, refused: 0 };
  for (const [what, schema, make] of ODD) {
    const bytes = compareEncode(schema, make() as Message, () => what);
    results[bytes === undefined ? "refused" : "taken"]++;
    assertOrdinary();
    assert.ok(compareEncode(kinds.RequiredSchema, required(), () => "a message with all that is required") !== undefined);
  }
  assert.deepEqual(results, { taken: 15, refused: 29 });
});

function deleteField(message: object, name: string): object {
  Reflect.deleteProperty(message, name);
  return message;
}

function assertOrdinary(): void {
  const message = payload();
  assert.deepEqual(protoCodec.encode(PayloadSchema, message), toBinary(PayloadSchema, message));
}
