// Messages in messages: as deep as protobuf-es reads them, and no deeper; and far deeper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ListValueSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { protoCodec } from "sluice";
import { type Chain, ChainSchema, EmptySchema, KnownSchema, TreeSchema } from "../../gen/kinds_pb.js";
import { compareDecode, compareEncode } from "./compare.js";
import { inGroup, inMap, inMessage, type Level, nested, varint, within } from "./nesting.js";
import { outcomeOf } from "./outcome.js";

const DEPTHS = [1, 2, 24, 25, 26, 32, 33, 34, 48, 49, 50, 51, 97, 98, 99, 100, 101, 102, 10_000];
const ID = [0x08, 0x05];

const NESTINGS: readonly [what: string, schema: DescMessage, level: Level][] = [
  ["messages", ChainSchema, inMessage(2)],
  ["lists", ChainSchema, inMessage(3)],
  ["maps", ChainSchema, inMap(4)],
  ["oneofs", ChainSchema, inMessage(5)],
  ["messages and maps in turn", ChainSchema, within(inMessage(2), inMap(4))],
  ["groups that are not known", ChainSchema, inGroup(99)],
  ["messages that may be groups", TreeSchema, inMessage(2)],
  ["groups", TreeSchema, inGroup(3)],
  ["lists that may be groups", TreeSchema, inMessage(4)],
  ["lists of groups", TreeSchema, inGroup(5)],
  ["maps beside groups", TreeSchema, inMap(6)],
  ["oneofs beside groups", TreeSchema, inMessage(7)],
  ["groups in oneofs", TreeSchema, inGroup(8)],
  ["messages and groups in turn", TreeSchema, within(inMessage(2), inGroup(3))],
  ["groups in a message without fields", EmptySchema, inGroup(1)],
  ["values of JSON", ValueSchema, within(inMessage(6), inMessage(1))],
  ["lists of JSON", ListValueSchema, within(inMessage(1), inMessage(6))],
  ["objects of JSON", StructSchema, within(inMap(1), inMessage(5))],
];

for (const [what, schema, level] of NESTINGS) {
  test(`${what} in one another are decoded as deep as by protobuf-es`, () => {
    const results = DEPTHS.map((depth) => {
      const bytes = nested(depth, level, schema === ChainSchema || schema === TreeSchema ? ID : []);
      return compareDecode(schema, bytes, () => `${depth} ${what}`) !== undefined;
    });
    assert.equal(results[0], true, "one is decoded");
    assert.equal(results.at(-1), false, "ten thousand are not");
    assertOrdinary();
  });
}

test("groups that are not known have the depth that the messages around them leave, as with protobuf-es", () => {
  const results = { taken: 0, refused: 0 };
  for (const messages of [0, 1, 50, 97, 98, 99]) {
    for (const groups of [1, 49, 50, 51, 98, 99, 100, 101, 102].flatMap((sum) => [sum - messages, sum])) {
      if (groups < 1) continue;
      const unknown = [...nested(groups, inGroup(99))];
      const entry = [0x22, ...varint(unknown.length + 3), 0x0a, 1, 0x6b, ...unknown];
      for (const inner of [unknown, entry]) {
        const bytes = nested(messages, inMessage(2), inner);
        const decoded = compareDecode(ChainSchema, bytes, () => `${groups} groups in ${messages} messages`);
        results[decoded === undefined ? "refused" : "taken"]++;
      }
    }
  }
  assert.deepEqual(results, { taken: 64, refused: 114 });
});

test("an object of JSON in a field, ten thousand deep, is refused as by protobuf-es", () => {
  const inner = nested(10_000, within(inMap(1), inMessage(5)));
  for (const no of [1, 2, 13])
    assert.equal(
      compareDecode(KnownSchema, nested(1, inMessage(no), [...inner]), () => `${no}`),
      undefined,
    );
});

test("after a message that is too deep, or cut off deep within, the next one has its whole depth", () => {
  const deepest = nested(99, inMessage(2), ID);
  for (let i = 0; i < 50; i++) {
    for (const bad of [nested(200, inMessage(2)), deepest.subarray(0, deepest.length - 1), deepest.subarray(0, 60)]) {
      assert.throws(() => protoCodec.decode(ChainSchema, bad));
      assert.ok(compareDecode(ChainSchema, deepest, () => "the deepest") !== undefined);
    }
  }
});

test("a chain of a thousand messages is encoded as by protobuf-es", () => {
  for (const depth of [1, 50, 100, 101, 127, 500, 1_000]) {
    const bytes = compareEncode(ChainSchema, chain(depth), () => `${depth} deep`);
    assert.ok(bytes !== undefined && bytes.length > depth * 2);
  }
});

test("a chain too long for the stack is refused as by protobuf-es, and so is one that is a ring; the next message is encoded", () => {
  const ring = chain(3);
  (ring.next as Chain).next = ring;
  for (const message of [chain(200_000), ring]) {
    const expected = outcomeOf(() => toBinary(ChainSchema, message).length);
    const actual = outcomeOf(() => protoCodec.encode(ChainSchema, message).length);
    // what is around the sentence says where it was that the stack ended
    for (const outcome of [expected, actual])
      assert.match(String("error" in outcome && outcome.error), /Maximum call stack size exceeded$/);
    assertOrdinary();
  }
});

function chain(depth: number): Chain {
  let message = create(ChainSchema, { id: 1 });
  for (let left = depth; left > 0; left--) {
    const outer = create(ChainSchema, { id: left });
    outer.next = message;
    message = outer;
  }
  return message;
}

function assertOrdinary(): void {
  const message = create(ChainSchema, { id: 3, next: { id: 4 }, byName: { a: { id: 5 } } });
  const bytes = protoCodec.encode(ChainSchema, message);
  assert.deepEqual(bytes, toBinary(ChainSchema, message));
  assert.deepStrictEqual(protoCodec.decode(ChainSchema, bytes), fromBinary(ChainSchema, bytes));
}
